"""Concurrent edits of one draft: no one overwrites changes they have not seen, and nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions.drafts import editable, values_of, write
from mailflatrate.apps.campaigns.models import Campaign, CampaignVersion
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.base import clock

MOST_ASIDE = 20


@dataclass(frozen=True, slots=True)
class Window:
    """The window that saves; its save counter keeps a late request from undoing a newer one."""

    tab: str = ""
    turn: int = 0


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """The result of a save. `aside` is set if the text was stored beside the draft because another save came first."""

    campaign: Campaign
    aside: CampaignVersion | None = None


def save_draft(
    campaign_id: int,
    values: Mapping[str, Any],
    *,
    by: User,
    seen: int | None,
    window: Window = Window(),
    aside_id: int = 0,
    keeps_locks: bool = False,
) -> SavedDraft:
    """Store an edit based on the version `seen`, beside the draft if that changed since; None overwrites it.
    `aside_id` continues a version set aside before; `keeps_locks` binds `by`, too. Raises NotEditable, LockedPart,
    Campaign.DoesNotExist.
    """
    campaign = editable(campaign_id)
    own_window = bool(window.tab) and campaign.saved_tab == window.tab
    if own_window and window.turn < campaign.saved_turn:
        return SavedDraft(campaign)  # a request that was overtaken by a later one of the same window
    if all(getattr(campaign, name) == value for name, value in values.items()):
        return SavedDraft(campaign)
    if seen is not None and seen != campaign.version and not own_window:
        return SavedDraft(campaign, _set_aside(campaign, values, by, seen, aside_id))
    write(campaign, values, by, keeps_locks=keeps_locks)
    campaign.saved_tab, campaign.saved_turn = window.tab[:32], window.turn
    campaign.save(update_fields=["saved_tab", "saved_turn"])
    return SavedDraft(campaign)


def _set_aside(campaign: Campaign, values: Mapping[str, Any], by: User, seen: int, aside_id: int) -> CampaignVersion:
    now = clock.now()
    whole = {**values_of(campaign), **values}
    mine = CampaignVersion.objects.filter(campaign=campaign, aside=True, saved_by=by)
    begun = mine.filter(id=aside_id).first()
    if begun is not None:
        begun.values, begun.saved_at = whole, now
        begun.save(update_fields=["values", "saved_at"])
        return begun
    for old in mine.order_by("-id")[MOST_ASIDE - 1 :]:
        old.delete()
    return CampaignVersion.objects.create(
        campaign=campaign, number=seen, values=whole, aside=True, saved_by=by, begun_at=now, saved_at=now
    )


def take_version(campaign_id: int, version_id: int, *, by: User) -> Campaign:
    """The previous draft stays in the history. Raises NotEditable, LockedPart, CampaignVersion.DoesNotExist."""
    campaign = editable(campaign_id)
    version = CampaignVersion.objects.get(id=version_id, campaign=campaign)
    values = {"theme": "", **version.values}  # a version from before there were themes looked plain
    sender_id = values.get("sender_id")
    if sender_id is None or not SenderAddress.objects.filter(id=sender_id).exists():
        values["sender_id"] = None
    write(campaign, values, by, taken_from=version.number)
    if version.aside:
        version.delete()
    return campaign


def forget_aside(campaign_id: int, version_id: int, *, by: User) -> None:
    """Delete a version that this person had set aside; do nothing for any other version."""
    CampaignVersion.objects.filter(id=version_id, campaign_id=campaign_id, aside=True, saved_by=by).delete()
