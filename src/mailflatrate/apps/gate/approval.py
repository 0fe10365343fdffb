"""Approval by a second person: one member requests a release, another checks, ticks the policy and releases."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import Circumstances
from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.queries import current_account, members_who_may
from mailflatrate.apps.accounts.rights import member_may, require
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.campaigns import states
from mailflatrate.apps.campaigns.actions import approval, drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, ReleaseAnswer, ReleaseRequest
from mailflatrate.apps.campaigns.queries import may_approve, newest_imprint, release_request
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import clock
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.verdict import Verdict
from mailflatrate.settings import load_settings

BY_THE_APPROVER = frozenset({"policy-acknowledged", "released-by-two"})


def is_askable(verdict: Verdict) -> bool:
    """Return whether everything but the second person's steps is done, so that approval can be requested."""
    return all(finding.key in BY_THE_APPROVER for finding in verdict.blocked_by)


def others_who_may_release(campaign: Campaign, asked_by: User) -> list[User]:
    """Return everyone who could release what `asked_by` requests, which excludes the requester and the last editor."""
    people = members_who_may(Permission.RELEASE, list_ids=campaign.named_list_ids)
    return [user for user in people if user.id not in (asked_by.id, campaign.edited_by_id)]


def request_approval(
    campaign_id: int,
    *,
    by: User,
    shown_hash: str,
    at: datetime | None = None,
    on_own_clocks: bool = False,
    at_best_hour: bool = False,
    note: str = "",
) -> ReleaseRequest:
    """Tells who may release it. `at`: when to send, in waves if so asked; None: right away. Raises CampaignError."""
    campaign, others = askable_draft(campaign_id, by=by, shown_hash=shown_hash)
    waiting = release_request(campaign.id)
    if waiting is not None and waiting.content_hash == shown_hash:
        raise CampaignError(_("%(person)s has already requested approval.") % {"person": waiting.asked_by})
    row = approval.record_request(
        campaign,
        shown_hash,
        by=by,
        note=note.strip(),
        wanted_at=at,
        on_own_clocks=on_own_clocks,
        at_best_hour=at_best_hour,
    )
    _tell(others, campaign, "approval_requested", by, note=row.note, page="approval/")
    return row


def askable_draft(campaign_id: int, *, by: User, shown_hash: str) -> tuple[Campaign, list[User]]:
    """With the colleagues who may approve. Raises CampaignError if `by` may release alone, no one else can approve,
    the draft changed since it was shown, or another check is open.
    """
    require(by, Permission.DRAFT)
    if not current_account().four_eyes and member_may(by, Permission.RELEASE):
        raise CampaignError(_("Approval isn't required, so you can release this campaign yourself."))
    campaign = _draft(campaign_id)
    _expect(campaign, shown_hash)
    if not is_askable(check_campaign(campaign.id)):
        raise CampaignError(_("Other checks are still open. Fix them first, then request approval."))
    others = others_who_may_release(campaign, by)
    if not others:
        raise CampaignError(_("No one else can approve it. Invite an editor under Settings, Team."))
    return campaign, others


def approve_and_release(campaign_id: int, *, by: User, shown_hash: str, where: Circumstances) -> GateDecision:
    """Tick and release, now or at the requested time; the decision says whether it is sent. Raises CampaignError if
    `by` requested or last edited it, if it was changed since, or if another check is open.
    """
    require(by, Permission.RELEASE)
    campaign, row = _asked(campaign_id)
    if not may_approve(campaign, row, by.id):
        raise CampaignError(_("You requested approval or made the last edit, so a colleague has to approve it."))
    _expect(campaign, shown_hash)
    if row.content_hash != shown_hash:
        raise CampaignError(_("The campaign changed after approval was requested. Request approval again."))
    if not is_askable(check_campaign(campaign.id)):
        raise CampaignError(_("A check has failed. Fix it, then request approval again."))
    drafts.tick_policy(campaign.id, by=by, shown_hash=shown_hash, where=where)
    approval.record_answer(row, ReleaseAnswer.RELEASED, by=by)
    at = row.wanted_at if row.wanted_at is not None and row.wanted_at > clock.now() else None
    on_own_clocks = row.on_own_clocks and at is not None
    decision = release_campaign(campaign.id, by=by, at=at, on_own_clocks=on_own_clocks, at_best_hour=row.at_best_hour)
    if row.asked_by.is_active:
        _tell([row.asked_by], campaign, "approved", by)
    return decision


def send_back(campaign_id: int, *, by: User, text: str) -> None:
    """Requesters withdraw theirs without a text. Raises CampaignError for no reason, or if nothing was requested."""
    campaign, row = _asked(campaign_id)
    if by.id != row.asked_by_id:
        require(by, Permission.RELEASE)
    if by.id != row.asked_by_id and not text.strip():
        raise CampaignError(_("Describe what should change. Your colleague will read it."))
    approval.record_answer(row, ReleaseAnswer.SENT_BACK, by=by, text=text.strip())
    if by.id != row.asked_by_id and row.asked_by.is_active:
        _tell([row.asked_by], campaign, "returned", by, note=row.text)


def _draft(campaign_id: int) -> Campaign:
    campaign = states.locked(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise CampaignError(_("This campaign is already being sent."))
    return campaign


def _asked(campaign_id: int) -> tuple[Campaign, ReleaseRequest]:
    campaign = _draft(campaign_id)
    row = release_request(campaign_id)
    if row is None:
        raise CampaignError(_("Approval is no longer requested for this campaign."))
    return campaign, row


def _expect(campaign: Campaign, shown_hash: str) -> None:
    if content_hash(campaign, newest_imprint()) != shown_hash:
        raise CampaignError(_("The campaign has changed since you opened this page. Review it again."))


def _tell(
    people: Iterable[User], campaign: Campaign, template: str, by: User, *, note: str = "", page: str = ""
) -> None:
    facts = {
        "campaign": campaign.name,
        "person": by,
        "note": Passage(note),
        "url": f"{load_settings().public_url}/studio/campaigns/{campaign.id}/{page}",
    }
    tell_people(NoticeKind.TEAM, people, f"gate/mail/{template}", facts)
