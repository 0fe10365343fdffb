"""Log lines with account, campaign and mailing ID, written once the transaction is committed."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Sum

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState, Plan, Tally
from mailflatrate.base import clock

log = structlog.get_logger(__name__)


def tell_planned(campaign: Campaign, plan: Plan) -> None:
    _tell(
        "campaign_planned",
        campaign,
        planned=plan.planned,
        skipped=sum(plan.left_out.values()),
        canary=plan.canary_size,
        seconds=_seconds(plan.begun_at, clock.now()),
    )
    if campaign.state == CampaignState.SENT:
        tell_moved(campaign)


def tell_moved(campaign: Campaign) -> None:
    """A sent campaign is logged with its counts and its rate."""
    if campaign.state != CampaignState.SENT:
        _tell(f"campaign_{campaign.state}", campaign, reason=campaign.state_reason)
        return
    tallies = Tally.objects.filter(campaign_id=campaign.id).values_list("state").annotate(total=Sum("count"))
    counts = {state: total for state, total in tallies if total}
    seconds = _seconds(campaign.started_at or clock.now(), campaign.finished_at or clock.now())
    rate = round(counts.get(DeliveryState.SENT, 0) / max(seconds, 1.0), 1)
    _tell("campaign_sent", campaign, **counts, seconds=seconds, per_second=rate)


def _seconds(begun: datetime, ended: datetime) -> float:
    return round((ended - begun).total_seconds(), 1)


def _tell(event: str, campaign: Campaign, **details: object) -> None:
    fields = {"account": campaign.account_id, "campaign": campaign.id, "mailing": campaign.mailing_id, **details}
    transaction.on_commit(lambda: log.info(event, **fields))
