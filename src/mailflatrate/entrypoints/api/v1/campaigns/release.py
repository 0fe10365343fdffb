"""Release campaigns, now or at a set time, and pause or cancel them. Releasing confirms the anti-spam policy for
exactly this content, whose hash the request names. The gate decides; its decision is stored either way.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.local_time import waves_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions
from mailflatrate.apps.delivery.pacing import change_pace
from mailflatrate.apps.delivery.recovery.maybe_sent import demand_person
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.apps.gate.approval import request_approval
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import clock
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import (
    CampaignDetail,
    CheckResult,
    PerHour,
    check,
    detail,
)
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong
from mailflatrate.entrypoints.api.v1.schemas import Id, Page, RequestBodySchema
from mailflatrate.entrypoints.presenters.campaign_figures import waves_to_come
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.panel import panel_of_decision
from mailflatrate.rules.campaigns.campaign_states import RELEASABLE

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


AtBestHour = Annotated[
    bool,
    Field(
        description="send within the 24 hours from `at` (null: now), to each recipient at the hour of the day, in "
        "`time_zone` of the campaign, at which they confirmed; to those whose hour isn't known at `at`"
    ),
]


class CampaignReleaseRequest(RequestBodySchema):
    """The confirmation by the person who is responsible for the release."""

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
    at_best_hour: AtBestHour = False


class ApprovalRequest(RequestBodySchema):
    """A request for a colleague's approval, where the account requires it."""

    content_hash: Hash
    at: Moment = None
    on_own_clocks: OnOwnClocks = False
    at_best_hour: AtBestHour = False
    note: Annotated[str, Field(max_length=2000)] = ""


class PaceRequest(RequestBodySchema):
    """The sending speed from now on."""

    per_hour: PerHour


class WaveQuery(RequestBodySchema):
    """The planned time for which to show send waves."""

    at: Annotated[
        AwareDatetime | None, Field(description="required for a draft; default: the time it was released for")
    ] = None
    at_best_hour: Annotated[
        bool, Field(description="for a draft: waves by the hour at which recipients confirmed, not by time zone")
    ] = False


class WaveInfo(Schema):
    """The recipients of one send time.

    `at` is null for those who get the campaign immediately: the hour has passed in their time zone, or their best hour
    is now.
    """

    at: datetime | None
    people: int
    known: Annotated[int, Field(description="how many of them have a known time zone or hour; all, once it's sent")]


class ReleaseResult(Schema):
    """The result of the checks. `review`: our team reviews the campaign first (R-06)."""

    decision_id: int
    review: bool
    campaign: CampaignDetail
    checks: Annotated[list[CheckResult], Field(description="failed checks that don't block the release")]


def _at(given: CampaignReleaseRequest | ApprovalRequest) -> datetime | None:
    if given.on_own_clocks and given.at is None:
        raise wrong("on_own_clocks", _("needs “at”: the local time for each recipient"))
    return _to_come(given.at)


def _to_come(moment: datetime | None) -> datetime | None:
    """Return a future time within a year. Raises Problem."""
    now = clock.now()
    if moment is None:
        return None
    if moment <= now:
        raise wrong("at", _("this time has passed; leave it out to send now"))
    if moment > now + FARTHEST:
        raise wrong("at", _("more than a year away"))
    return moment


@endpoint(
    ROUTER,
    "post",
    "/campaigns/{campaign_id}/release",
    scope=KeyScope.CAMPAIGNS_RELEASE,
    answers=ReleaseResult,
    status=202,
    repeatable=True,
)
def release(request: ApiRequest, campaign_id: Id, given: CampaignReleaseRequest) -> ReleaseResult | HttpResponse:
    """Release a campaign, now or later. Needs the policy confirmed for exactly this content and every blocking check
    passed; otherwise 422, with the open checks. Where the account requires approval, request that instead.
    """
    campaign = find_campaign(campaign_id)
    at = _at(given)
    if campaign.state not in RELEASABLE:
        raise Problem(Code.STATE)
    demand_person(campaign)
    if not given.policy_confirmed:
        raise Problem(Code.NOT_CONFIRMED)
    _same_content(campaign, given.content_hash)
    caller = request.caller
    drafts.tick_policy(campaign_id, by=caller.user, shown_hash=given.content_hash, where=caller.where)
    decision = release_campaign(
        campaign_id, by=caller.user, at=at, on_own_clocks=given.on_own_clocks, at_best_hour=given.at_best_hour
    )
    checks = _checks(decision)
    if not decision.allowed:
        answer = Problem(
            Code.BLOCKED, more={"checks": [finding.model_dump(mode="json") for finding in checks]}
        ).answer()
        answer.stands = True  # type: ignore[attr-defined]  # the record of the refusal is kept
        return answer
    campaign = find_campaign(campaign_id)
    return ReleaseResult(
        decision_id=decision.id, review=campaign.state == CampaignState.REVIEW, campaign=detail(campaign), checks=checks
    )


def _same_content(campaign: Campaign, fingerprint: str) -> None:
    if content_hash(campaign, newest_imprint()) != fingerprint:
        raise Problem(Code.CONTENT_CHANGED)


def _checks(decision: GateDecision) -> list[CheckResult]:
    return [check(item) for item in panel_of_decision(decision).open]


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/ask-release", scope=KeyScope.CAMPAIGNS_RELEASE, status=202)
def ask_release(request: ApiRequest, campaign_id: Id, given: ApprovalRequest) -> CampaignDetail:
    """Ask colleagues to approve the release. For accounts that require approval: everyone who can approve gets an
    email and approves in person on the page; an API client can't.
    """
    campaign = find_campaign(campaign_id)
    _same_content(campaign, given.content_hash)
    request_approval(
        campaign_id,
        by=request.caller.user,
        shown_hash=given.content_hash,
        at=_at(given),
        on_own_clocks=given.on_own_clocks,
        at_best_hour=given.at_best_hour,
        note=given.note.strip(),
    )
    return detail(find_campaign(campaign_id))


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/take-back", scope=KeyScope.CAMPAIGNS_RELEASE)
def take_back(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Turn a waiting campaign back into a draft. It won't be sent automatically."""
    return _do(campaign_id, drafts.unschedule)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/pause", scope=KeyScope.CAMPAIGNS_RELEASE, protects=True)
def pause(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Pause a running campaign within a second. Nothing is lost; unsent messages wait."""
    return _do(campaign_id, campaigns_actions.pause_campaign)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/resume", scope=KeyScope.CAMPAIGNS_RELEASE)
def resume(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Resume a paused campaign. Not possible if a rule of the service holds it (R-90) or it may already have been sent
    before a backup was restored: a person has to check it first.
    """
    demand_person(find_campaign(campaign_id))
    return _do(campaign_id, campaigns_actions.resume_campaign)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/cancel", scope=KeyScope.CAMPAIGNS_RELEASE, protects=True)
def cancel(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Cancel a campaign permanently. Messages that have not left are not sent."""
    return _do(campaign_id, campaigns_actions.cancel_campaign)


def _do(campaign_id: int, action: Any) -> CampaignDetail:
    find_campaign(campaign_id)
    action(campaign_id)
    return detail(find_campaign(campaign_id))


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/pace", scope=KeyScope.CAMPAIGNS_RELEASE)
def pace(request: ApiRequest, campaign_id: Id, given: PaceRequest) -> CampaignDetail:
    """Change the pace of a running campaign. A draft has its own field for it."""
    return _do(campaign_id, lambda number: change_pace(number, given.per_hour))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/waves", scope=KeyScope.READ)
def list_waves(request: ApiRequest, campaign_id: Id, which: Query[WaveQuery]) -> Page[WaveInfo]:
    """List the waves of a campaign sent by local time or best hour.

    For a draft, the waves at the requested time; for a released campaign, those still to come, or none if everyone gets
    it at the same moment.
    """
    campaign = find_campaign(campaign_id)
    if campaign.state == CampaignState.DRAFT:
        campaign.at_best_hour = which.at_best_hour
        waves = waves_of(campaign, _hour(which.at), clock.now())
    else:
        waves = waves_to_come(campaign)
    return Page[WaveInfo](items=[WaveInfo.model_validate(wave) for wave in waves])


def _hour(at: datetime | None) -> datetime:
    moment = _to_come(at)
    if moment is None:
        raise Problem(Code.INVALID, more={"errors": [{"pointer": "query.at", "message": _("required for a draft")}]})
    return moment
