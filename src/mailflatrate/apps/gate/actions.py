"""The gate's writes: check and release campaigns. Each verdict that released something, or refused to, is stored."""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.local_time import waves_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.campaigns.states import LockedCampaign, locked, move
from mailflatrate.apps.gate.campaigns import judge_whole, variants_facts
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.rules.campaigns.campaign_states import RELEASABLE, CampaignMover
from mailflatrate.rules.gate.judge import RULES_VERSION
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.verdict import Verdict

log = structlog.get_logger(__name__)


def check_campaign(campaign_id: int) -> Verdict:
    """Return what is left to do before the campaign can be sent; nothing is stored."""
    campaign = Campaign.objects.select_related("sender__domain").get(id=campaign_id)
    return judge_whole(variants_facts(campaign))[0]


def release_campaign(
    campaign_id: int,
    *,
    by: User | None,
    at: datetime | None = None,
    on_own_clocks: bool = False,
    at_best_hour: bool = False,
    automation_id: int | None = None,
) -> GateDecision:
    """Release a campaign, now or at the aware `at`; returns the stored decision, allowed or not. `on_own_clocks`: in
    waves, at that local time in each recipient's zone; whose hour has passed when the first begins gets it at once.
    `at_best_hour`: within 24 hours, at the hour at which each confirmed; the imported at the beginning.
    `automation_id`: a message of it, which is released as a whole. Each variant has an edition and a decision of
    its own, and one that fails stops all. If a rule asks for a reviewer, it waits for `review_campaign`; otherwise
    its content is frozen now, or the rules are asked again at `at`. A refusal changes nothing. Raises NotPermitted;
    CampaignError if it was released already, or for variants in waves.
    """
    if by is not None:
        require(by, Permission.RELEASE)
    campaign = locked(campaign_id)
    if campaign.state not in RELEASABLE:
        raise CampaignError(_("This campaign is already being sent."))
    if campaign.automation_id != automation_id:
        raise CampaignError(_("This message belongs to an automation. Activate the automation to send it."))
    _check_waves(campaign, on_own_clocks=on_own_clocks, at_best_hour=at_best_hour)
    campaign.at_best_hour = at_best_hour
    campaign.local_at = (at or clock.now()) if on_own_clocks or at_best_hour else None
    campaign.scheduled_at = at  # a countdown is checked for the day on which it will be sent
    return _release(campaign, CampaignMover.MEMBER if by else CampaignMover.MACHINE, by=by, at=at)


def _check_waves(campaign: Campaign, *, on_own_clocks: bool, at_best_hour: bool) -> None:
    """Refuse waves that contradict each other or the campaign. Raises CampaignInputError."""
    if on_own_clocks and at_best_hour:
        raise CampaignInputError(_("Choose either each recipient's time zone or their best hour."))
    if on_own_clocks and campaign.variants:
        raise CampaignInputError(
            _("An A/B test is sent at one time, so it can't be combined with sending in each recipient's time zone.")
        )
    if at_best_hour and campaign.variants:
        raise CampaignInputError(
            _("An A/B test compares people who get it at the same time, so it can't be combined with best hours.")
        )


def _waves(campaign: Campaign) -> dict[str, Any]:
    return {"local_at": campaign.local_at, "at_best_hour": campaign.at_best_hour}


@tenancy.reading_once(anew=True)
@tenancy.unlimited(UnlimitedReason.RULES)
def _release(campaign: LockedCampaign, mover: CampaignMover, *, by: User | None, at: datetime | None) -> GateDecision:
    facts = variants_facts(campaign)
    verdict, verdicts = judge_whole(facts)
    if not verdict.allowed:
        return _record(campaign, None, verdict, by)
    if campaign.local_at is not None:
        at = _first_wave(campaign, campaign.local_at)
    at = at if at is not None and at > clock.now() else None
    if verdict.needs_review:
        decision = _record(campaign, None, verdict, by)
        move(
            campaign,
            CampaignState.REVIEW,
            mover,
            scheduled_at=at,
            review_asked_at=clock.now(),
            released_by=by or campaign.released_by,
            **_waves(campaign),
        )
        return decision
    account_id = tenancy.current_account_id()
    if at is not None:
        decision = _record(campaign, None, verdict, by)
        move(campaign, CampaignState.SCHEDULED, mover, scheduled_at=at, **_waves(campaign))
        _tell("campaign_scheduled", campaign, at=at.isoformat())
        jobs.defer("gate.release_due", jobs.JobQueue.PLAN, at=at, account_id=account_id, campaign_id=campaign.id)
        return decision
    decisions = [
        _record(campaign, drafts.make_edition(campaign, number), own, by) for number, own in enumerate(verdicts)
    ]
    move(campaign, CampaignState.PLANNING, mover, scheduled_at=None, **_waves(campaign))
    defer_planning(campaign, decisions[0].edition_id, decisions[0].id)
    _tell("campaign_released", campaign, editions=len(decisions))
    return decisions[0]


def move_campaign(campaign_id: int, *, by: User, at: datetime) -> GateDecision:
    """Released again for the aware `at`; a refusal leaves the time, and waves stay as chosen. Raises NotPermitted;
    CampaignError unless it's scheduled, or if the time has passed, for the first of its recipients too.
    """
    require(by, Permission.RELEASE)
    campaign = locked(campaign_id)
    if campaign.state != CampaignState.SCHEDULED:
        raise CampaignError(_("Only a scheduled campaign can be moved."))
    at_best_hour = campaign.local_at is not None and campaign.at_best_hour
    on_own_clocks = campaign.local_at is not None and not at_best_hour
    if at <= clock.now():
        raise CampaignInputError(_("This time has passed. Choose a later one."))
    if on_own_clocks and _first_wave(campaign, at) is None:
        raise CampaignInputError(_("In the time zone of some recipients, this time has passed. Choose a later one."))
    before = campaign.local_at or campaign.scheduled_at
    decision = release_campaign(campaign_id, by=by, at=at, on_own_clocks=on_own_clocks, at_best_hour=at_best_hour)
    if decision.allowed:
        audit.record(
            "campaign.moved",
            by=audit.person(by),
            account_id=campaign.account_id,
            subject=f"campaign:{campaign.id}",
            details={"before": before.isoformat() if before else None, "at": at.isoformat()},
        )
    return decision


def defer_planning(campaign: Campaign, edition_id: int | None, decision_id: int) -> None:
    """Enqueue planning of a campaign in PLANNING, unless already enqueued; planning never runs twice in parallel."""
    key = f"plan-{campaign.id}"
    jobs.defer(
        "delivery.plan_campaign", jobs.JobQueue.PLAN, lock=key, once=key, account_id=campaign.account_id,
        campaign_id=campaign.id, edition_id=edition_id, decision_id=decision_id,
    )  # fmt: skip


def _tell(event: str, campaign: Campaign, **details: object) -> None:
    fields = {"account": campaign.account_id, "campaign": campaign.id, "mailing": campaign.mailing_id, **details}
    transaction.on_commit(lambda: log.info(event, **fields))


def _first_wave(campaign: Campaign, local_at: datetime) -> datetime | None:
    waves = waves_of(campaign, local_at, clock.now())
    return waves[0].at if waves else local_at


def release_reviewed(campaign: LockedCampaign) -> GateDecision:
    """Release a campaign approved in review, asking the rules once more."""
    return _release(campaign, CampaignMover.OPERATOR, by=campaign.released_by, at=campaign.scheduled_at)


def release_due(campaign_id: int) -> None:
    """Check a due campaign against the rules again. If they refuse it, it returns to draft with the reason."""
    campaign = locked(campaign_id)
    if campaign.state != CampaignState.SCHEDULED or not campaign.scheduled_at or campaign.scheduled_at > clock.now():
        return  # taken back or moved meanwhile
    verdict, _each = judge_whole(variants_facts(campaign))
    if verdict.allowed:
        _release(campaign, CampaignMover.MACHINE, by=None, at=None)
        return
    _record(campaign, None, verdict, None)
    reasons = ", ".join(finding.key for finding in verdict.blocked_by)
    drafts.return_to_draft(campaign, CampaignMover.MACHINE, reason=reasons)


def _record(campaign: Campaign, edition: Edition | None, verdict: Verdict, by: User | None) -> GateDecision:
    with tenancy.deciding():
        return GateDecision.objects.create(
            chain=Chain.CAMPAIGN,
            campaign=campaign,
            edition=edition,
            allowed=verdict.allowed,
            findings=[finding.as_json() for finding in verdict.findings],
            rules_version=RULES_VERSION,
            decided_at=clock.now(),
            decided_by=by,
            decided_through=audit.through(),
        )
