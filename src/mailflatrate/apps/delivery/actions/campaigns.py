"""What customers, rules and the sweep do to a whole campaign: pause it, resume it, cancel it, wake it."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.states import find_locked, locked
from mailflatrate.apps.delivery import ab_test, wake
from mailflatrate.apps.delivery.actions.row_updates import (
    OPEN_CHUNKS,
    cancel_rows,
    complete,
    move,
)
from mailflatrate.apps.delivery.models import Chunk, ChunkState, DeliveryState, Plan, Retry, Tally
from mailflatrate.apps.delivery.queries import unsent_after_end
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.gate import actions as gate
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.locale.formats import rate_number
from mailflatrate.rules.campaigns.campaign_states import RUNNING, UNDER_WAY, UNFINISHED, CampaignMover
from mailflatrate.rules.feedback.measures import Counts, FigureScope, MeasureLevel, judge
from mailflatrate.settings.schema import load_settings


def pause_campaign(campaign_id: int, reason: str = "", *, by: CampaignMover = CampaignMover.MEMBER) -> None:
    """Stop within a second, even mid-chunk; the rest waits. Raises CampaignError when it is not running."""
    campaign = locked(campaign_id)
    if campaign.state not in UNDER_WAY:
        raise CampaignError(_("Only a campaign that's being sent can be paused."))
    move(campaign, CampaignState.PAUSED, by, reason=reason)


def hold_campaign(campaign_id: int, rule: str, reason: str) -> None:
    """Only a reviewer may release it (R-90). A finished campaign is left unchanged."""
    campaign = locked(campaign_id)
    if campaign.state in UNFINISHED:
        rule = campaign.hold_rule or rule
        move(campaign, CampaignState.PAUSED, CampaignMover.MACHINE, reason=reason, hold_rule=rule)


@tenancy.needs_platform
def release_hold(account_id: int, campaign_id: int) -> None:
    Campaign.objects.filter(id=campaign_id, account_id=account_id).update(hold_rule="")


def resume_campaign(campaign_id: int, *, by: CampaignMover = CampaignMover.MEMBER) -> None:
    """Stopped by its canary (R-88), it resumes as a whole if a customer decides. Raises CampaignError if not paused."""
    campaign = locked(campaign_id)
    if campaign.state != CampaignState.PAUSED:
        raise CampaignError(_("Only a paused campaign can be resumed."))
    if campaign.hold_rule:
        raise CampaignError(_("One of our rules stopped this campaign. Our team reviews it first."))
    plan = Plan.objects.filter(campaign_id=campaign_id).first()
    if plan is None or plan.finished_at is None:
        move(campaign, CampaignState.PLANNING, by)
        defer_planning(campaign)
        return
    canary_is_through = not Chunk.objects.filter(campaign_id=campaign_id, number=0, state__in=OPEN_CHUNKS).exists()
    if plan.canary_size and plan.released_at is None and canary_is_through:
        plan.released_at = clock.now()
        plan.save(update_fields=["released_at"])
    move(campaign, CampaignState.SENDING, by)
    wake.wake_campaign(campaign)
    complete(campaign)


def defer_planning(campaign: Campaign) -> None:
    """Idempotent."""
    plan = Plan.objects.filter(campaign_id=campaign.id).first()
    if plan is None:
        decision = ab_test.decisions_of(campaign.id)[0]
        edition_id, decision_id = decision.edition_id, decision.id
    else:
        edition_id, decision_id = plan.edition_id, plan.decision_id
    gate.defer_planning(campaign, edition_id, decision_id)


def cancel_campaign(campaign_id: int) -> None:
    """Final. Raises CampaignError when it is over already."""
    campaign = locked(campaign_id)
    if campaign.state not in UNFINISHED:
        raise CampaignError(_("Only a campaign that's being sent can be canceled."))
    move(campaign, CampaignState.CANCELLED, CampaignMover.MEMBER)
    Chunk.objects.filter(campaign_id=campaign_id, state=ChunkState.READY).update(state=ChunkState.CANCELLED)
    jobs.defer("delivery.cancel_rest", jobs.JobQueue.PLAN, account_id=campaign.account_id, campaign_id=campaign.id)


def cancel_rest(account_id: int, campaign_id: int) -> None:
    """Chunk by chunk; idempotent."""
    with tenancy.account(account_id):
        Retry.objects.filter(campaign_id=campaign_id).delete()
        chunk_ids = list(
            Chunk.objects.filter(campaign_id=campaign_id).exclude(state=ChunkState.SENDING).values_list("id", flat=True)
        )
    for chunk_id in chunk_ids:
        with tenancy.account(account_id):
            cancel_rows(account_id, chunk_id)


def send_unsent(campaign_id: int, *, by: CampaignMover = CampaignMover.MEMBER) -> int:
    """To those whom a later journal proves unsent, checked again; return how many. Raises CampaignError if none."""
    campaign = locked(campaign_id)
    number = unsent_after_end(campaign_id)
    if campaign.state != CampaignState.SENT or not number:
        raise CampaignError(_("All recipients of this campaign have a result, so there's no one left to send it to."))
    move(campaign, CampaignState.SENDING, by)
    wake.wake_campaign(campaign)
    return number


def stop_unusable(account_id: int, campaign_id: int | None, reason: str) -> None:
    """Used when no message can be made from its edition."""
    with tenancy.account(account_id):
        campaign = find_locked(campaign_id)
        if campaign is not None and campaign.state in RUNNING:
            move(campaign, CampaignState.PAUSED, CampaignMover.MACHINE, reason=reason)


def wake_campaign(account_id: int, campaign_id: int) -> None:
    """For the sweep; completes the campaign when nothing is left."""
    with tenancy.account(account_id):
        campaign = find_locked(campaign_id)
        if campaign is not None and campaign.state in RUNNING:
            wake.wake_campaign(campaign)
            complete(campaign)


def wake_chunk(account_id: int, chunk_id: int, pause_seconds: float = 0.0) -> None:
    """Used when its process is stopping, or after a pause of its relays."""
    at = clock.now() + timedelta(seconds=pause_seconds) if pause_seconds else None
    with tenancy.account(account_id):
        wake.wake_chunk(account_id, chunk_id, at)


def wake_transactional(account_id: int) -> None:
    with tenancy.account(account_id):
        wake.wake_transactional(account_id)


def after_canary(campaign: Campaign, chunk: Chunk) -> None:
    if chunk.number != 0:
        return
    plan = Plan.objects.filter(campaign_id=campaign.id, canary_size__gt=0, released_at=None).first()
    if plan is None:
        return
    wait = load_settings().canary_wait_seconds
    jobs.defer(
        "delivery.release_canary",
        jobs.JobQueue.PLAN,
        at=clock.now() + timedelta(seconds=wait) if wait else None,
        once=f"canary:{campaign.id}",
        account_id=campaign.account_id,
        campaign_id=campaign.id,
    )


def release_canary(account_id: int, campaign_id: int) -> None:
    """Release the rest, or pause it when too much of the canary hard-bounced (R-88, R-85)."""
    with tenancy.account(account_id):
        campaign = find_locked(campaign_id)
        plan = Plan.objects.filter(campaign_id=campaign_id, released_at=None).first()
        if campaign is None or plan is None or campaign.state not in RUNNING:
            return
        tallies = Tally.objects.filter(chunk__campaign_id=campaign_id, chunk__number=0)
        settled = tallies.filter(state__in=(DeliveryState.SENT, DeliveryState.BOUNCED))
        hard = settled.filter(state=DeliveryState.BOUNCED, detail="hard").aggregate(n=Sum("count"))["n"] or 0
        counts = Counts(settled=settled.aggregate(n=Sum("count"))["n"] or 0, hard=hard)
        need = next(
            (need for need in judge(counts, FigureScope.CAMPAIGN) if need.level >= MeasureLevel.PAUSE_CAMPAIGN), None
        )
        if need is not None:
            with translation.override(current_account().language):  # shown to the customer
                reason = _("%(events)d of the first %(base)d addresses don't exist (%(percent)s%%).") % {
                    "events": need.events,
                    "base": need.base,
                    "percent": rate_number(need.percent, current_account().language, need.limit, least=1),
                }
            hold_campaign(campaign.id, need.rule, reason)
            figures_changed(campaign.id)
            return
        plan.released_at = clock.now()
        plan.save(update_fields=["released_at"])
        wake.wake_campaign(campaign)
