"""A campaign's first recipients: their bounces decide whether the rest is sent (R-88)."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.states import find_locked
from mailflatrate.apps.delivery import wake
from mailflatrate.apps.delivery.actions.campaigns import hold_campaign
from mailflatrate.apps.delivery.models import Chunk, DeliveryState, Plan, Tally
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.locale.formats import rate_number
from mailflatrate.rules.campaigns.campaign_states import RUNNING
from mailflatrate.rules.feedback.measures import Counts, FigureScope, MeasureLevel, judge
from mailflatrate.settings.schema import load_settings


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
                found = _("%(events)d of the first %(base)d addresses don't exist (%(percent)s%%).") % {
                    "events": need.events,
                    "base": need.base,
                    "percent": rate_number(need.percent, current_account().language, need.limit, least=1),
                }
            hold_campaign(campaign.id, need.rule, found)
            figures_changed(campaign.id)
            return
        plan.released_at = clock.now()
        plan.save(update_fields=["released_at"])
        wake.wake_campaign(campaign)
