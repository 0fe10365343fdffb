"""Locked designs: members without the right change only the slots (`mail.content.locked_parts`). A draft is compared
with what it says now, so all outside of its slots stays as someone with the right saved it.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.rights import member_may
from mailflatrate.apps.campaigns.content.convert import same_source, source_format
from mailflatrate.apps.campaigns.draft_fields import COVERED
from mailflatrate.apps.campaigns.errors import CampaignInputError, LockedPart
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate
from mailflatrate.apps.campaigns.shared_blocks import include_of, with_shared_blocks
from mailflatrate.mail.content.campaign import SourceFormat
from mailflatrate.mail.content.locked_parts import UnclearSlot, count_slots, keeps_locked_parts
from mailflatrate.rules.roles import Permission


def may_design(user: User | None) -> bool:
    return user is None or member_may(user, Permission.SETUP)


def require_design(user: User | None) -> None:
    if not may_design(user):
        raise LockedPart(_("This design is locked. Someone who may change the brand can unlock it."))


def refuse_locked_change(campaign: Campaign, values: Mapping[str, Any], by: User | None, *, keeps_locks: bool) -> None:
    """Raise LockedPart if the values would change a locked part of a draft. `keeps_locks`: whatever `by` may do."""
    if not campaign.is_locked or values.keys().isdisjoint(COVERED) or (not keeps_locks and may_design(by)):
        return
    after = copy(campaign)
    for name, value in values.items():
        setattr(after, name, value)
    before, written = _texts(campaign), _texts(after)
    old = {content for content, _text in before}
    new = {content for content, _text in written} - old
    plain = {text for _content, text in written} - {text for _content, text in before} - {""}
    account_id = campaign.account_id
    originals = [with_shared_blocks(content, account_id) for content in old] if new else []
    if (
        plain
        or not same_source(campaign.content_kind, after.content_kind)
        or not all(keeps_locked_parts(with_shared_blocks(content, account_id), originals) for content in new)
    ):
        raise LockedPart(
            _("Part of this design is locked. You can change the marked texts, images and rows; the rest stays.")
        )


def _texts(campaign: Campaign) -> list[tuple[str, str]]:
    further = [
        (version["content"], version.get("text_override", ""))
        for version in (*campaign.variants, *campaign.translations)
    ]
    return [(campaign.content, campaign.text_override), *further]


def refuse_without_slots(template: CampaignTemplate) -> None:
    """Raise CampaignInputError if a template can't be locked: another format, no slot, or one that isn't clear."""
    if source_format(template.content_kind) is not SourceFormat.MJML:
        raise CampaignInputError(_("Only designs made of blocks or MJML can be locked."))
    try:
        counts = [count_slots(content) for content in (template.content, *_contents(template.translations))]
    except UnclearSlot as slot:
        raise CampaignInputError(
            _("The part “%(tag)s” can't be marked for others. Check its tag.") % {"tag": str(slot)[:80]}
        ) from slot
    if not all(counts):
        raise CampaignInputError(
            _(
                "Mark at least one part that others may change: select it in the editor, under “Editable in a locked "
                "design”."
            )
        )


def _contents(further: list[dict[str, Any]]) -> list[str]:
    return [version["content"] for version in further]


def is_in_locked_design(block_id: int, uses: list[Campaign]) -> bool:
    templates = CampaignTemplate.objects.filter(is_locked=True, content__contains=include_of(block_id))
    return any(campaign.is_locked for campaign in uses) or templates.exists()
