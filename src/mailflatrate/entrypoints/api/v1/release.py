"""Letting mailings out, at once or at an hour, and holding them.

Whoever releases confirms the anti-spam policy for exactly this content: the field must say so, and the hash must be
that of the present content. The gate decides; its answer is stored either way.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.accounts.models import Scope
from mailflatrate.apps.campaigns import actions as campaigns
from mailflatrate.apps.campaigns.compiling import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.waves import Wave, waves_of
from mailflatrate.apps.delivery import actions as delivery
from mailflatrate.apps.delivery.maybe_sent import demand_person
from mailflatrate.apps.delivery.pacing import change_pace
from mailflatrate.apps.gate.actions import RELEASABLE, release_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.gate.second import ask_second
from mailflatrate.base import clock
from mailflatrate.entrypoints.api.v1.campaign_shapes import (
    CampaignDetail,
    CheckShown,
    PerHour,
    campaign_of,
    check,
    detail,
)
from mailflatrate.entrypoints.api.v1.door import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong
from mailflatrate.entrypoints.api.v1.shapes import Given, Id, Page
from mailflatrate.entrypoints.web.studio.campaigns.panel import panel
from mailflatrate.entrypoints.web.studio.campaigns.report import waves_to_come
from mailflatrate.rules.verdict import verdict_from_json

ROUTER = Router(tags=["Release and report"])
FARTHEST = timedelta(days=366)
Hash = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="`content_hash` of the campaign you reviewed",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
Moment = Annotated[AwareDatetime | None, Field(description="send time with an offset; null: now")]
OnOwnClocks = Annotated[
    bool,
    Field(
        description="send when the local time of each recipient reaches what `time_zone` of the campaign shows at `at`"
    ),
]


class Releasing(Given):
    """The word of whoever answers for it."""

    policy_confirmed: Annotated[
        bool,
        Field(
            description="true: I confirm that this campaign complies with the anti-spam policy, and I "
            "take responsibility for that (R-04)"
        ),
    ] = False
    content_hash: Hash
    at: Moment = None
    on_own_clocks: OnOwnClocks = False


class AskingRelease(Given):
    """Asking a colleague, where the account wants four eyes."""

    content_hash: Hash
    at: Moment = None
    on_own_clocks: OnOwnClocks = False
    note: Annotated[str, Field(max_length=2000)] = ""


class Pacing(Given):
    """The sending speed from now on."""

    per_hour: PerHour


class AtWhat(Given):
    """The time to show send waves for."""

    at: Annotated[
        AwareDatetime | None, Field(description="required for a draft; default: the time it was released for")
    ] = None


class WaveShown(Schema):
    """The recipients of one moment. `at` is null for those sent to immediately because their time has passed."""

    at: datetime | None
    people: int
    known: Annotated[int, Field(description="how many of them have a known time zone")]


class Released(Schema):
    """The result of the checks. `review`: our team reviews the campaign first (R-06)."""

    decision_id: int
    review: bool
    campaign: CampaignDetail
    checks: Annotated[list[CheckShown], Field(description="failed checks that don't block the release")]


def _at(given: Releasing | AskingRelease) -> datetime | None:
    """Return the send time. Raises Problem."""
    if given.on_own_clocks and given.at is None:
        raise wrong("on_own_clocks", _("needs `at`: the hour that everybody's clock is to read"))
    return _to_come(given.at)


def _to_come(moment: datetime | None) -> datetime | None:
    """Return a future time within a year. Raises Problem."""
    now = clock.now()
    if moment is None:
        return None
    if moment <= now:
        raise wrong("at", _("this moment has passed; leave it out to send now"))
    if moment > now + FARTHEST:
        raise wrong("at", _("more than a year away"))
    return moment


@endpoint(
    ROUTER, "post", "/campaigns/{campaign_id}/release", scope=Scope.CAMPAIGNS_RELEASE, answers=Released, status=202,
    repeatable=True,
)  # fmt: skip
def release(request: ApiRequest, campaign_id: Id, given: Releasing) -> Released | HttpResponse:
    """Let a mailing out, now or later. Needs the policy confirmed for exactly this content, and every blocking check
    passed; otherwise 422, with what is open. Where two people release (four eyes), a program asks instead."""
    campaign = campaign_of(campaign_id)
    at = _at(given)
    if campaign.state not in RELEASABLE:
        raise Problem(Code.STATE)
    demand_person(campaign)
    if not given.policy_confirmed:
        raise Problem(Code.NOT_CONFIRMED)
    _same_content(campaign, given.content_hash)
    caller = request.caller
    campaigns.tick_policy(campaign_id, by=caller.user, shown_hash=given.content_hash, where=caller.where)
    decision = release_campaign(campaign_id, by=caller.user, at=at, on_own_clocks=given.on_own_clocks)
    found = _checks(decision)
    if not decision.allowed:
        answer = Problem(Code.BLOCKED, more={"checks": [each.model_dump(mode="json") for each in found]}).answer()
        answer.stands = True  # type: ignore[attr-defined]  # the record of the refusal is kept
        return answer
    campaign = campaign_of(campaign_id)
    return Released(
        decision_id=decision.id, review=campaign.state == CampaignState.REVIEW, campaign=detail(campaign), checks=found
    )


def _same_content(campaign: Campaign, shown: str) -> None:
    if content_hash(campaign, newest_imprint()) != shown:
        raise Problem(Code.CONTENT_CHANGED)


def _checks(decision: GateDecision) -> list[CheckShown]:
    stored = {"rules_version": decision.rules_version, "findings": decision.findings}
    return [check(item) for item in panel(verdict_from_json(stored)).open]


@endpoint(
    ROUTER,
    "post",
    "/campaigns/{campaign_id}/ask-release",
    scope=Scope.CAMPAIGNS_RELEASE,
    answers=CampaignDetail,
    status=202,
)
def ask_release(request: ApiRequest, campaign_id: Id, given: AskingRelease) -> CampaignDetail:
    """Ask the colleagues for the release. For accounts that want four eyes: each who may give it gets a mail, and gives
    it on the page, with his own eyes; no program does that."""
    campaign = campaign_of(campaign_id)
    _same_content(campaign, given.content_hash)
    ask_second(
        campaign_id, by=request.caller.user, shown_hash=given.content_hash, at=_at(given),
        on_own_clocks=given.on_own_clocks, note=given.note.strip(),
    )  # fmt: skip
    return detail(campaign_of(campaign_id))


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/take-back", scope=Scope.CAMPAIGNS_RELEASE, answers=CampaignDetail)
def take_back(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Make a waiting mailing a draft again. It will not go out by itself."""
    return _do(campaign_id, campaigns.unschedule)


@endpoint(
    ROUTER,
    "post",
    "/campaigns/{campaign_id}/pause",
    scope=Scope.CAMPAIGNS_RELEASE,
    answers=CampaignDetail,
    protects=True,
)
def pause(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Stop a running mailing within a second. Nothing is lost; what is left waits."""
    return _do(campaign_id, delivery.pause_campaign)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/resume", scope=Scope.CAMPAIGNS_RELEASE, answers=CampaignDetail)
def resume(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Go on with what is left. Not where a rule of the service holds it (R-90) or it may already have
    been sent before a backup was restored: then a person looks first."""
    demand_person(campaign_of(campaign_id))
    return _do(campaign_id, delivery.resume_campaign)


@endpoint(
    ROUTER,
    "post",
    "/campaigns/{campaign_id}/cancel",
    scope=Scope.CAMPAIGNS_RELEASE,
    answers=CampaignDetail,
    protects=True,
)
def cancel(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """End a mailing for good. What has not left stays here."""
    return _do(campaign_id, delivery.cancel_campaign)


def _do(campaign_id: int, action: Any) -> CampaignDetail:
    campaign_of(campaign_id)
    action(campaign_id)
    return detail(campaign_of(campaign_id))


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/pace", scope=Scope.CAMPAIGNS_RELEASE, answers=CampaignDetail)
def pace(request: ApiRequest, campaign_id: Id, given: Pacing) -> CampaignDetail:
    """Another speed for a mailing that is under way. A draft's is a field of its own."""
    return _do(campaign_id, lambda one: change_pace(one, given.per_hour))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/waves", scope=Scope.READ, answers=Page[WaveShown])
def list_waves(request: ApiRequest, campaign_id: Id, which: Query[AtWhat]) -> Page[WaveShown]:
    """Who gets it when, by everybody's own clock. Of a draft for an hour that is asked about; of a released mailing
    what is still to come, nothing where it goes to all at one moment."""
    campaign = campaign_of(campaign_id)
    if campaign.state == CampaignState.DRAFT:
        found = waves_of(campaign, _hour(which.at), clock.now())
    else:
        found = waves_to_come(campaign)
    return Page[WaveShown](items=[_wave(each) for each in found])


def _hour(at: datetime | None) -> datetime:
    moment = _to_come(at)
    if moment is None:
        raise Problem(Code.INVALID, more={"errors": [{"where": "query.at", "message": _("needed for a draft")}]})
    return moment


def _wave(wave: Wave) -> WaveShown:
    return WaveShown(at=wave.at, people=wave.people, known=wave.known)
