"""Letting mailings out, holding them, and what became of them.

Whoever releases confirms the anti-spam policy for exactly this content: the field must say so, and the hash must be
that of the present content. The gate decides; its answer is stored either way.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import Http404, HttpResponse
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.accounts.models import Scope
from mailflatrate.apps.campaigns import actions as campaigns
from mailflatrate.apps.campaigns.compiling import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery import actions as delivery
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.queries import attempts_of
from mailflatrate.apps.delivery.recipients import Wanted, recipients
from mailflatrate.apps.gate.actions import RELEASABLE, release_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.gate.second import ask_second
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.tracking.queries import clicks_of
from mailflatrate.base import clock
from mailflatrate.entrypoints.api.v1.campaign_shapes import (
    CampaignDetail,
    CheckShown,
    campaign_of,
    check,
    detail,
    wrong,
)
from mailflatrate.entrypoints.api.v1.door import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.shapes import Given, Id, Page, Paged, before_id, page_of
from mailflatrate.entrypoints.web.studio.campaigns.outcomes import line_of
from mailflatrate.entrypoints.web.studio.campaigns.panel import panel
from mailflatrate.entrypoints.web.studio.campaigns.report import live_of, sent_edition
from mailflatrate.entrypoints.web.studio.figures import Rate
from mailflatrate.rules.verdict import verdict_from_json

ROUTER = Router(tags=["Release and report"])
FARTHEST = timedelta(days=366)
Hash = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="`content_hash` of the mailing you looked at",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
Moment = Annotated[AwareDatetime | None, Field(description="when, with an offset; null: now")]


class Releasing(Given):
    """The word of whoever answers for it."""

    policy_confirmed: Annotated[
        bool, Field(description="true: this mailing keeps to the anti-spam policy, and I answer for it (R-04)")
    ] = False
    content_hash: Hash
    at: Moment = None


class AskingRelease(Given):
    """Asking a colleague, where the account wants four eyes."""

    content_hash: Hash
    at: Moment = None
    note: Annotated[str, Field(max_length=2000)] = ""


class Released(Schema):
    """What the gate said. `review`: a person of the service looks at it first (R-06)."""

    decision_id: int
    review: bool
    campaign: CampaignDetail
    checks: Annotated[list[CheckShown], Field(description="what did not pass and does not stop it")]


class Share(Schema):
    """A share in percent with its limit; null while there is nothing to divide by."""

    events: int
    of: int
    percent: float | None
    limit_percent: float


class LinkShown(Schema):
    """How often a link was followed, by people and by machines."""

    number: int
    url: str
    people: int
    machines: int


class Report(Schema):
    """Where a mailing stands. Everybody on its lists is counted once: planned, or left out for a reason."""

    state: CampaignState
    planned: int
    pending: int
    delivered: int
    deferred: int
    bounced_hard: int
    bounced_soft: int
    bounced_other: int
    in_doubt: int
    cancelled: int
    withheld: Annotated[dict[str, int], Field(description="planned and stopped at the door, by reason")]
    left_out: Annotated[dict[str, int], Field(description="on the lists and not planned, by reason")]
    feedback: dict[FeedbackKind, int]
    complaints: Share
    hard_bounces: Share
    links: list[LinkShown]


class Outcome(Schema):
    """What became of one recipient. The address is empty once the person was erased."""

    id: int
    contact_id: int | None
    email: str
    state: DeliveryState
    detail: Annotated[str, Field(description="kind of bounce, or reason, in words")]
    reply: Annotated[str, Field(description="what the server said last")]
    attempts: int
    settled_at: datetime | None


class AttemptShown(Schema):
    """A try that did not end in acceptance."""

    number: int
    at: datetime
    stage: str
    reply_code: int | None
    reply_status: str
    reply_text: str
    host: str


class OutcomeDetail(Outcome):
    """One recipient with every try."""

    tries: list[AttemptShown]


class WhichOutcomes(Paged):
    """Which recipients."""

    state: DeliveryState | None = None
    search: Annotated[str, Field(max_length=254, description="part of the address")] = ""


class Decision(Schema):
    """One answer of the gate, with every check."""

    id: int
    allowed: bool
    decided_at: datetime
    decided_by: str
    rules_version: str
    content_hash: str
    checks: list[CheckShown]


def _at(moment: datetime | None) -> datetime | None:
    """A moment to come, within a year. Raises Problem."""
    now = clock.now()
    if moment is None:
        return None
    if moment <= now:
        raise wrong("at", "this moment has passed; leave it out to send now")
    if moment > now + FARTHEST:
        raise wrong("at", "more than a year away")
    return moment


@endpoint(
    ROUTER, "post", "/campaigns/{campaign_id}/release", scope=Scope.RELEASE, answers=Released, status=202,
    repeatable=True,
)  # fmt: skip
def release(request: ApiRequest, campaign_id: Id, given: Releasing) -> Released | HttpResponse:
    """Let a mailing out, now or later. Needs the policy confirmed for exactly this content, and every blocking check
    passed; otherwise 422, with what is open. Where two people release (four eyes), a program asks instead."""
    campaign = campaign_of(campaign_id)
    at = _at(given.at)
    if campaign.state not in RELEASABLE:
        raise Problem(Code.STATE)
    if not given.policy_confirmed:
        raise Problem(Code.NOT_CONFIRMED)
    _same_content(campaign, given.content_hash)
    caller = request.caller
    campaigns.tick_policy(campaign_id, by=caller.user, shown_hash=given.content_hash, where=caller.where)
    decision = release_campaign(campaign_id, by=caller.user, at=at)
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
    ROUTER, "post", "/campaigns/{campaign_id}/ask-release", scope=Scope.RELEASE, answers=CampaignDetail, status=202
)
def ask_release(request: ApiRequest, campaign_id: Id, given: AskingRelease) -> CampaignDetail:
    """Ask the colleagues for the release. For accounts that want four eyes: each who may give it gets a mail, and gives
    it on the page, with his own eyes; no program does that."""
    campaign = campaign_of(campaign_id)
    _same_content(campaign, given.content_hash)
    ask_second(
        campaign_id, by=request.caller.user, shown_hash=given.content_hash, at=_at(given.at), note=given.note.strip()
    )
    return detail(campaign_of(campaign_id))


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/take-back", scope=Scope.RELEASE, answers=CampaignDetail)
def take_back(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Make a waiting mailing a draft again. It will not go out by itself."""
    return _do(campaign_id, campaigns.unschedule)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/pause", scope=Scope.RELEASE, answers=CampaignDetail, protects=True)
def pause(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Stop a running mailing within a second. Nothing is lost; what is left waits."""
    return _do(campaign_id, delivery.pause_campaign)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/resume", scope=Scope.RELEASE, answers=CampaignDetail)
def resume(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Go on with what is left. Not where a rule of the service holds it: then a person looks first (R-90)."""
    return _do(campaign_id, delivery.resume_campaign)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/cancel", scope=Scope.RELEASE, answers=CampaignDetail, protects=True)
def cancel(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """End a mailing for good. What has not left stays here."""
    return _do(campaign_id, delivery.cancel_campaign)


def _do(campaign_id: int, action: Any) -> CampaignDetail:
    campaign_of(campaign_id)
    action(campaign_id)
    return detail(campaign_of(campaign_id))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/report", scope=Scope.READ, answers=Report)
def report(request: ApiRequest, campaign_id: Id) -> Report:
    """Where a mailing stands, in numbers. Opens are never counted; clicks of machines are told apart (R-108)."""
    campaign = campaign_of(campaign_id)
    live, edition = live_of(campaign), sent_edition(campaign)
    now = live.progress
    links = clicks_of(edition) if edition else []
    return Report(
        state=CampaignState(campaign.state), planned=now.planned, pending=now.pending, delivered=now.sent,
        deferred=now.deferred, bounced_hard=now.bounced_hard, bounced_soft=now.bounced_soft,
        bounced_other=now.bounced_other, in_doubt=now.in_doubt, cancelled=now.cancelled, withheld=dict(now.withheld),
        left_out=dict(now.left_out), feedback=live.feedback, complaints=_share(live.complaints),
        hard_bounces=_share(live.hard_bounces),
        links=[LinkShown(number=one.number, url=one.url, people=one.people, machines=one.machines) for one in links],
    )  # fmt: skip


def _share(rate: Rate) -> Share:
    return Share(events=rate.events, of=rate.of, percent=rate.percent, limit_percent=rate.limit_percent)


def _outcome(row: Delivery) -> dict[str, Any]:
    line = line_of(row)
    return {
        "id": row.id, "contact_id": row.contact_id, "email": line.address, "state": DeliveryState(row.state),
        "detail": line.detail, "reply": line.reply, "attempts": row.attempts, "settled_at": row.settled_at,
    }  # fmt: skip


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/recipients", scope=Scope.READ, answers=Page[Outcome])
def list_outcomes(request: ApiRequest, campaign_id: Id, which: Query[WhichOutcomes]) -> Page[Outcome]:
    """What became of each recipient. By state or address, page by page."""
    campaign = campaign_of(campaign_id)
    wanted = Wanted(state=which.state, search=which.search.strip())
    rows = list(recipients(campaign.id, wanted, after=before_id(which.cursor) or 0)[: which.limit + 1])
    return page_of(rows, which.limit, [Outcome(**_outcome(row)) for row in rows])


@endpoint(
    ROUTER, "get", "/campaigns/{campaign_id}/recipients/{delivery_id}", scope=Scope.READ, answers=OutcomeDetail
)  # fmt: skip
def show_outcome(request: ApiRequest, campaign_id: Id, delivery_id: Id) -> OutcomeDetail:
    """One recipient with every try, in the words of his server."""
    row = (
        Delivery.objects.filter(campaign_id=campaign_of(campaign_id).id, id=delivery_id)
        .select_related("contact")
        .first()
    )
    if row is None:
        raise Http404
    names = AttemptShown.model_fields
    tries = [AttemptShown(**{name: getattr(one, name) for name in names}) for one in attempts_of(row.id)]
    return OutcomeDetail(**_outcome(row), tries=tries)


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/decisions", scope=Scope.READ, answers=Page[Decision])
def list_decisions(request: ApiRequest, campaign_id: Id, which: Query[Paged]) -> Page[Decision]:
    """Every answer of the gate. Hits and misses alike, the newest first."""
    stored = GateDecision.objects.filter(campaign_id=campaign_of(campaign_id).id).select_related(
        "decided_by", "edition"
    )
    last = before_id(which.cursor)
    stored = stored.filter(id__lt=last) if last is not None else stored
    rows = list(stored.order_by("-id")[: which.limit + 1])
    return page_of(rows, which.limit, [_decision(row) for row in rows[: which.limit]])


def _decision(row: GateDecision) -> Decision:
    drawn = panel(verdict_from_json({"rules_version": row.rules_version, "findings": row.findings}))
    return Decision(
        id=row.id, allowed=row.allowed, decided_at=row.decided_at, decided_by=str(row.decided_by or ""),
        rules_version=row.rules_version, content_hash=row.edition.content_hash if row.edition else "",
        checks=[check(item) for item in (*drawn.open, *drawn.passed)],
    )  # fmt: skip
