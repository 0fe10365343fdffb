"""The gate's writes: checking, releasing. Each verdict that let something out, or refused to, is stored."""

from datetime import datetime

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import actions as campaigns
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.campaigns.waves import waves_of
from mailflatrate.apps.gate.campaigns import campaign_facts
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.rules.gate import RULES_VERSION, judge_campaign
from mailflatrate.rules.verdict import Verdict

RELEASABLE = (CampaignState.DRAFT, CampaignState.SCHEDULED)


def check_campaign(campaign_id: int) -> Verdict:
    """What is left to do before it can go out; nothing is stored."""
    return judge_campaign(campaign_facts(Campaign.objects.select_related("sender__domain").get(id=campaign_id)))


def release_campaign(
    campaign_id: int, *, by: User | None, at: datetime | None = None, on_own_clocks: bool = False
) -> GateDecision:
    """Let a campaign out, now or at the aware moment `at`; the answer is the stored decision, allowed or not.

    `on_own_clocks`: everybody gets it when his own clock reads what the campaign's reads at `at`, in waves. It begins
    with the first of them; whoever's hour has passed by then gets it at once.

    Where a rule asks for a reviewer, it waits for `review_campaign`. Otherwise, now: its content is frozen into an
    edition and planning begins. Later: the rules are asked again when the time has come. A refusal changes nothing but
    the record. Raises CampaignError when the campaign is under way already.
    """
    campaign = campaigns.locked(campaign_id)
    if campaign.state not in RELEASABLE:
        raise CampaignError(_("This mailing is already on its way."))
    campaign.local_at = at if on_own_clocks else None
    return _release(campaign, by=by, at=at)


def _release(campaign: Campaign, *, by: User | None, at: datetime | None) -> GateDecision:
    facts = campaign_facts(campaign)
    verdict = judge_campaign(facts)
    if not verdict.allowed:
        return _record(campaign, None, verdict, by)
    if campaign.local_at is not None:
        at = _first_wave(campaign, campaign.local_at)
    at = at if at is not None and at > clock.now() else None
    if verdict.needs_review and not facts.release.reviewed_by:
        decision = _record(campaign, None, verdict, by)
        campaigns.ask_for_review(campaign, at, by=by)
        return decision
    account_id = tenancy.current_account_id()
    if at is not None:
        decision = _record(campaign, None, verdict, by)
        campaigns.schedule(campaign, at)
        jobs.defer("gate.release_due", jobs.Queue.PLAN, at=at, account_id=account_id, campaign_id=campaign.id)
        return decision
    edition = campaigns.make_edition(campaign)
    decision = _record(campaign, edition, verdict, by)
    campaigns.set_state(campaign, CampaignState.PLANNING, scheduled_at=None, local_at=campaign.local_at)
    jobs.defer(
        "delivery.plan_campaign", jobs.Queue.PLAN, account_id=account_id, campaign_id=campaign.id,
        edition_id=edition.id, decision_id=decision.id,
    )  # fmt: skip
    return decision


def _first_wave(campaign: Campaign, local_at: datetime) -> datetime | None:
    """When the first of the audience reads that hour; None for at once."""
    waves = waves_of(campaign, local_at, clock.now())
    return waves[0].at if waves else local_at


def release_reviewed(campaign: Campaign) -> GateDecision:
    """A reviewer let it go: ask the rules once more, then as with any release. The caller holds its row."""
    return _release(campaign, by=campaign.released_by, at=campaign.scheduled_at)


def release_due(campaign_id: int) -> None:
    """The time of a scheduled campaign has come: ask the rules again. A refusal makes it a draft, with the reason."""
    campaign = campaigns.locked(campaign_id)
    if campaign.state != CampaignState.SCHEDULED or not campaign.scheduled_at or campaign.scheduled_at > clock.now():
        return  # taken back or moved meanwhile
    verdict = judge_campaign(campaign_facts(campaign))
    if verdict.allowed:
        _release(campaign, by=None, at=None)
        return
    _record(campaign, None, verdict, None)
    reasons = ", ".join(finding.key for finding in verdict.blocked_by)
    campaigns.set_state(campaign, CampaignState.DRAFT, reason=reasons, scheduled_at=None, local_at=None)


def _record(campaign: Campaign, edition: Edition | None, verdict: Verdict, by: User | None) -> GateDecision:
    return GateDecision.objects.create(
        chain=Chain.CAMPAIGN,
        campaign=campaign,
        edition=edition,
        allowed=verdict.allowed,
        findings=[finding.as_json() for finding in verdict.findings],
        rules_version=RULES_VERSION,
        decided_at=clock.now(),
        decided_by=by,
    )
