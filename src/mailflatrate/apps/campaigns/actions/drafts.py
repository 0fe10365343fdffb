"""Campaigns before they are sent, up to the point where their content is frozen."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import Circumstances, acknowledge_policy
from mailflatrate.apps.accounts.models import AgreementKind, Occasion, User
from mailflatrate.apps.accounts.queries import current_version
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions.link_visits import request_visits
from mailflatrate.apps.campaigns.content.campaign_content import (
    calendar_events,
    compile_campaign,
    content_hash,
    printed_defaults,
    read_polls,
)
from mailflatrate.apps.campaigns.content.link_visits import evidence_of, has_links_to_visit
from mailflatrate.apps.campaigns.content.locks import refuse_locked_change, require_design
from mailflatrate.apps.campaigns.coupons import pools_in
from mailflatrate.apps.campaigns.draft_fields import DRAFT_FIELDS, UNSEEN, WITH_LINKS
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError, NotEditable
from mailflatrate.apps.campaigns.media import media_ids_in
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, CampaignVersion, Edition
from mailflatrate.apps.campaigns.seals import seal_of
from mailflatrate.apps.campaigns.shared_blocks import resolved
from mailflatrate.apps.campaigns.states import LockedCampaign, locked, move
from mailflatrate.apps.campaigns.translations import check_languages
from mailflatrate.apps.campaigns.variants import all_variants, as_variant
from mailflatrate.apps.campaigns.writing.writing_marks import copy_marks, suggested_parts
from mailflatrate.apps.domains.mailable import want_facts
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.segments.limits import refuse_beyond_limit
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.mail.address import AddressError, parse
from mailflatrate.mail.identifiers.mailing_id import new_mailing_id
from mailflatrate.rules.campaigns.campaign_states import AWAITING, EDITABLE, CampaignMover

MOST_VERSIONS = 100
ONE_GO, ONE_GO_AT_MOST = timedelta(minutes=3), timedelta(minutes=15)


def create_campaign(
    name: str,
    *,
    by: User | None,
    values: Mapping[str, Any] | None = None,
    follow_up: tuple[int, dict[str, str]] | None = None,
    is_locked: bool = False,
) -> Campaign:
    """`follow_up`: the campaign that it follows up, and the goal. `is_locked`: its design is a locked one's."""
    _only_writable(values or {})
    _within_limit(values or {})
    campaign = Campaign(account_id=tenancy.current_account_id(), name=name, mailing_id=new_mailing_id(), created_by=by)
    campaign.edited_by, campaign.is_locked = by, is_locked
    if follow_up is not None:
        campaign.follow_up_of, campaign.follow_up_goal = follow_up
    for field, value in (values or {}).items():
        setattr(campaign, field, value)
    check_languages(campaign)
    campaign.media_ids = _media_ids(campaign)
    campaign.save()
    _visit_later(campaign)
    record_version(campaign, by)
    return campaign


def update_campaign(
    campaign_id: int, values: Mapping[str, Any], *, by: User | None = None, keeps_locks: bool = False
) -> Campaign:
    """An edit after the tick needs a new one (R-04). `keeps_locks` binds `by`, too. Raises NotEditable, LockedPart."""
    _only_writable(values)
    return write(editable(campaign_id), values, by, keeps_locks=keeps_locks)


def editable(campaign_id: int) -> LockedCampaign:
    """Raises NotEditable once the campaign is no longer a draft."""
    campaign = locked(campaign_id)
    if campaign.state not in EDITABLE:
        raise NotEditable(_("This campaign is no longer a draft. Copy it to send something different."))
    return campaign


def write(
    campaign: LockedCampaign,
    values: Mapping[str, Any],
    by: User | None,
    *,
    taken_from: int | None = None,
    keeps_locks: bool = False,
) -> Campaign:
    """Store changed values and a version; nothing if none changed. `keeps_locks` binds `by`, too. Raises LockedPart."""
    changed = {name: value for name, value in values.items() if getattr(campaign, name) != value}
    if not changed:
        return campaign
    _within_limit(changed)
    refuse_locked_change(campaign, changed, by, keeps_locks=keeps_locks)
    for name, value in changed.items():
        setattr(campaign, name, value)
    check_languages(campaign)
    campaign.media_ids = _media_ids(campaign)
    campaign.version += 1
    campaign.updated_at = clock.now()
    if not UNSEEN.issuperset(changed):
        campaign.edited_by = by
    campaign.save(update_fields=[*changed, "media_ids", "version", "updated_at", "edited_by"])
    record_version(campaign, by, taken_from=taken_from)
    if not changed.keys().isdisjoint(WITH_LINKS):
        _visit_later(campaign)
    if changed.get("reply_to"):
        _look_up_later(changed["reply_to"])
    return campaign


def _within_limit(values: Mapping[str, Any]) -> None:
    """Refuse an audience that asks about lists a limited member doesn't see. Raises CampaignInputError."""
    excluded = [segment["conditions"] for segment in values.get("excluded_segments", ())]
    try:
        for conditions in [values.get("conditions", []), *excluded]:
            refuse_beyond_limit(conditions)
    except SegmentError as problem:
        raise CampaignInputError(str(problem)) from problem


def _media_ids(campaign: Campaign) -> list[int]:
    return media_ids_in("\n".join(variant.content for variant in all_variants(resolved(campaign))), campaign.account_id)


def _look_up_later(address: str) -> None:
    with suppress(AddressError):
        want_facts([parse(address).domain])


def _visit_later(campaign: Campaign) -> None:
    if has_links_to_visit(variant.content for variant in all_variants(resolved(campaign))):
        request_visits(campaign.id)


def values_of(campaign: Campaign) -> dict[str, Any]:
    return {name: getattr(campaign, name) for name in sorted(DRAFT_FIELDS)}


def record_version(campaign: Campaign, by: User | None, *, taken_from: int | None = None) -> None:
    """Consecutive saves by one person share a version, except the first and restored ones: people look for both."""
    now, suggested = clock.now(), suggested_parts(campaign)
    newest = CampaignVersion.objects.filter(campaign=campaign, aside=False).order_by("-number").first()
    goes_on = (
        newest is not None
        and taken_from is None
        and newest.taken_from is None
        and newest.number > 1
        and newest.saved_by_id == (by.id if by else None)
        and now - newest.saved_at < ONE_GO
        and now - newest.begun_at < ONE_GO_AT_MOST
    )
    if goes_on and newest is not None:
        newest.number, newest.values, newest.saved_at = campaign.version, values_of(campaign), now
        newest.suggested = suggested
        newest.save(update_fields=["number", "values", "saved_at", "suggested"])
        return
    CampaignVersion.objects.create(
        campaign=campaign,
        number=campaign.version,
        values=values_of(campaign),
        suggested=suggested,
        saved_by=by,
        begun_at=now,
        saved_at=now,
        taken_from=taken_from,
    )
    kept = CampaignVersion.objects.filter(campaign=campaign, aside=False).order_by("-number")
    old = list(kept.values_list("id", flat=True)[MOST_VERSIONS:])
    CampaignVersion.objects.filter(id__in=old).exclude(number=1).delete()


def copy_campaign(campaign_id: int, *, by: User | None) -> Campaign:
    """Create a draft with the same content and audience; the policy tick is not copied (R-04)."""
    original = Campaign.objects.get(id=campaign_id)
    values = {name: getattr(original, name) for name in DRAFT_FIELDS.keys() - {"name"}}
    copied = create_campaign(f"{original.name[:110]} (2)", by=by, values=values, is_locked=original.is_locked)
    copy_marks(original, copied)
    return copied


def unlock_campaign(campaign_id: int, *, by: User) -> Campaign:
    """Let everyone who writes campaigns change the whole design of a draft. Raises NotEditable, LockedPart."""
    require_design(by)
    campaign = editable(campaign_id)
    campaign.is_locked = False
    campaign.save(update_fields=["is_locked"])
    return campaign


def delete_draft(campaign_id: int) -> None:
    """Only hides what was tested or taken back: its mailing ID is out, and decisions stay. Raises NotEditable."""
    campaign = locked(campaign_id)
    if campaign.state not in EDITABLE:
        raise NotEditable(_("Only drafts can be deleted. Sent campaigns stay on record."))
    if campaign.editions.exists() or campaign.decisions.filter(allowed=True).exists():
        campaign.deleted_at, campaign.follow_up_of, campaign.review_asked_at = clock.now(), None, None
        campaign.save(update_fields=["deleted_at", "follow_up_of", "review_asked_at"])
        return
    with tenancy.unlimited(UnlimitedReason.DELETION):
        campaign.delete()


def tick_policy(campaign_id: int, *, by: User, shown_hash: str, where: Circumstances | None = None) -> Campaign:
    """Tick exactly this content (R-04); the record outlives edits. Raises CampaignError if it was edited meanwhile."""
    campaign = locked(campaign_id)
    present = content_hash(campaign, queries.newest_imprint())
    if shown_hash != present:
        raise CampaignError(_("The campaign has changed since you opened this page. Review it again."))
    campaign.policy_hash, campaign.policy_version = present, current_version(AgreementKind.POLICY)
    campaign.policy_ticked_at, campaign.policy_ticked_by = clock.now(), by
    acknowledge_policy(
        Occasion.CAMPAIGN, campaign.id, present, by=by, where=where or Circumstances(ip=None, user_agent="")
    )
    campaign.save(update_fields=["policy_hash", "policy_version", "policy_ticked_at", "policy_ticked_by"])
    return campaign


def make_edition(campaign: Campaign, variant: int = 0) -> Edition:
    """The hash covers all variants and languages (R-04). Raises SourceRefused; CampaignError without an imprint."""
    imprint = queries.newest_imprint()
    if imprint is None:
        raise CampaignError(
            _("The imprint is missing. Every campaign shows it in full. Add it under Settings, Imprint.")
        )
    attributes = queries.attribute_names()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('edition', 'id'))")
        edition_id = cursor.fetchone()[0]
    version = as_variant(campaign, variant)
    compiled = compile_campaign(version, imprint, edition_id=edition_id, attributes=attributes).sources
    newest = queries.newest_edition(campaign.id)
    edition = Edition(
        id=edition_id,
        account_id=campaign.account_id,
        campaign=campaign,
        number=newest.number + 1 if newest else 1,
        variant=variant,
        language=version.language,
        content_hash=content_hash(campaign, imprint),
        subject=compiled.subject,
        preheader=version.preheader,
        html=compiled.html,
        text=compiled.text,
        links=[asdict(link) for link in compiled.links],
        facts={
            "attributes": sorted(attributes),
            "own_hosts": sorted(compiled.own_hosts or ()),
            "defaults": printed_defaults(campaign),
            **({"events": list(events)} if (events := calendar_events(version)) else {}),
            **({"polls": [poll.as_json() for poll in polls]} if (polls := read_polls(version)) else {}),
            **({"coupons": pools} if (pools := pools_in((compiled.subject, compiled.html, compiled.text))) else {}),
            **({"visits": visits} if (visits := evidence_of(campaign.id)) else {}),
            **({"suggested": suggested} if (suggested := suggested_parts(campaign)) else {}),
        },
        imprint=imprint,
    )
    edition.seal = seal_of(edition)
    edition.save(force_insert=True)
    if resolved(campaign) is not campaign:
        # A shared row may show other pictures than when the draft was saved.
        campaign.media_ids = _media_ids(campaign)
        campaign.save(update_fields=["media_ids"])
    return edition


def unschedule(campaign_id: int) -> Campaign:
    """Return a campaign to draft for a member of the account. Raises CampaignError once it has started."""
    campaign = locked(campaign_id)
    return_to_draft(campaign, CampaignMover.MEMBER)
    return campaign


def return_to_draft(campaign: LockedCampaign, by: CampaignMover, *, reason: str = "") -> None:
    """Clear a released campaign's planned time, and make it a draft. Raises CampaignError once it has started."""
    if campaign.state not in AWAITING:
        raise CampaignError(_("Only a scheduled campaign can be returned to draft. Pause one that's being sent."))
    move(campaign, CampaignState.DRAFT, by, reason=reason, scheduled_at=None, local_at=None, review_asked_at=None)


def _only_writable(values: Mapping[str, Any]) -> None:
    unknown = set(values) - DRAFT_FIELDS.keys()
    if unknown:
        raise ValueError(f"fields that customers can't write: {sorted(unknown)}")
