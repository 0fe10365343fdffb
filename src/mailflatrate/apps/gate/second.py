"""Four eyes: one person of the account asks for a release, another looks, ticks the policy and gives it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mailflatrate.apps.accounts.actions import Circumstances, tell_people
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.queries import current_account, writers
from mailflatrate.apps.campaigns import actions as campaigns
from mailflatrate.apps.campaigns.compiling import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, ReleaseAnswer, ReleaseRequest
from mailflatrate.apps.campaigns.queries import may_release_second, newest_imprint, release_request
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import clock
from mailflatrate.rules.verdict import Verdict
from mailflatrate.settings import load_settings

BY_THE_SECOND = frozenset({"policy-acknowledged", "released-by-two"})
"""Keys of the rules that the second person's release itself fulfils."""
ASKS = gettext_noop("%(person)s asks you to look at “%(mailing)s” and to release it.")
RELEASED = gettext_noop("%(person)s released “%(mailing)s”.")
ASKS_SUBJECT = gettext_noop("Please release “%(mailing)s”")
RELEASED_SUBJECT = gettext_noop("“%(mailing)s” is released")
BACK_SUBJECT = gettext_noop("“%(mailing)s” comes back to you")
BACK = gettext_noop("%(person)s sent “%(mailing)s” back to you. It is a draft as before.")


def is_askable(verdict: Verdict) -> bool:
    """Whether nothing stands in the way but what the second person does."""
    return all(finding.key in BY_THE_SECOND for finding in verdict.blocked_by)


def others_who_may_release(campaign: Campaign, asked_by: User) -> list[User]:
    """Everybody who could release what `asked_by` asks for: writers who neither asked nor changed it last."""
    return [user for user in writers() if user.id not in (asked_by.id, campaign.edited_by_id)]


def ask_second(
    campaign_id: int, *, by: User, shown_hash: str, at: datetime | None = None, on_own_clocks: bool = False,
    note: str = "",
) -> ReleaseRequest:  # fmt: skip
    """Ask the colleagues for the release of what `by` was shown; each who may give it gets a notice.

    `at` is when it is to go out, on everybody's own clock where that is wished; None: with the release.
    Raises CampaignError with the reason.
    """
    if not current_account().four_eyes:
        raise CampaignError(_("Four-eyes release is off: you release this mailing yourself."))
    campaign = _draft(campaign_id)
    _expect(campaign, shown_hash)
    waiting = release_request(campaign.id)
    if waiting is not None and waiting.content_hash == shown_hash:
        raise CampaignError(_("%(person)s has asked for the release already.") % {"person": waiting.asked_by})
    if not is_askable(check_campaign(campaign.id)):
        raise CampaignError(_("Other checks are still open. Mend them first, then ask."))
    others = others_who_may_release(campaign, by)
    if not others:
        raise CampaignError(_("Nobody else could release it. Invite an owner or editor under Settings, Team."))
    row = campaigns.record_request(
        campaign, shown_hash, by=by, note=note.strip(), wanted_at=at, on_own_clocks=on_own_clocks
    )
    _tell(others, campaign, ASKS_SUBJECT, ASKS, by, note=row.note, page="second/")
    return row


def release_as_second(campaign_id: int, *, by: User, shown_hash: str, where: Circumstances) -> GateDecision:
    """Tick the policy and release what a colleague asked for, now or at the time he asked for.

    The stored decision says whether it goes. Raises CampaignError with the reason when `by` asked or changed it last,
    when it was changed since the request, or another check is open.
    """
    campaign, row = _asked(campaign_id)
    if not may_release_second(campaign, row, by.id):
        raise CampaignError(_("Whoever asked, or changed the mailing last, does not release it. A colleague does."))
    _expect(campaign, shown_hash)
    if row.content_hash != shown_hash:
        raise CampaignError(_("The mailing was changed after the request. It has to be asked for again."))
    if not is_askable(check_campaign(campaign.id)):
        raise CampaignError(_("A check is open again. Mend it, then ask again."))
    campaigns.tick_policy(campaign.id, by=by, shown_hash=shown_hash, where=where)
    campaigns.record_answer(row, ReleaseAnswer.RELEASED, by=by)
    at = row.wanted_at if row.wanted_at is not None and row.wanted_at > clock.now() else None
    decision = release_campaign(campaign.id, by=by, at=at, on_own_clocks=row.on_own_clocks and at is not None)
    if row.asked_by.is_active:
        _tell([row.asked_by], campaign, RELEASED_SUBJECT, RELEASED, by)
    return decision


def send_back(campaign_id: int, *, by: User, text: str) -> None:
    """Answer a request with what is to be changed. Whoever asked takes it back himself this way, without words.

    Raises CampaignError where a colleague gives no reason, or nothing was asked.
    """
    campaign, row = _asked(campaign_id)
    if by.id != row.asked_by_id and not text.strip():
        raise CampaignError(_("Write what should be changed; your colleague reads it."))
    campaigns.record_answer(row, ReleaseAnswer.SENT_BACK, by=by, text=text.strip())
    if by.id != row.asked_by_id and row.asked_by.is_active:
        _tell([row.asked_by], campaign, BACK_SUBJECT, BACK, by, note=row.text)


def _draft(campaign_id: int) -> Campaign:
    campaign = campaigns.locked(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise CampaignError(_("This mailing is already on its way."))
    return campaign


def _asked(campaign_id: int) -> tuple[Campaign, ReleaseRequest]:
    campaign = _draft(campaign_id)
    row = release_request(campaign_id)
    if row is None:
        raise CampaignError(_("Nobody asks for the release of this mailing any more."))
    return campaign, row


def _expect(campaign: Campaign, shown_hash: str) -> None:
    if content_hash(campaign, newest_imprint()) != shown_hash:
        raise CampaignError(_("The mailing was changed since this page was opened. Please look at it again."))


def _tell(
    people: Iterable[User], campaign: Campaign, subject: str, words: str, by: User, *, note: str = "", page: str = ""
) -> None:
    """Write to people; `subject` and `words` name `mailing` and `person`, `note` is quoted as it was written."""
    facts = {"mailing": campaign.name, "person": by}
    url = f"{load_settings().public_url}/studio/campaigns/{campaign.id}/{page}"

    def letter(_user: User) -> tuple[str, str]:
        return _(subject) % facts, "\n\n".join(part for part in (_(words) % facts, note, url) if part) + "\n"

    tell_people(NoticeKind.TEAM, people, letter)
