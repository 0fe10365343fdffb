"""Rates with their limits, and the home page's four figures."""

from datetime import timedelta
from typing import Any

from django.db.models import Sum

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.stats.queries import window_counts
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.rates import Rate, bounce_rate, complaint_rate, delivered_percent, results_of

WINDOW = timedelta(days=7)


def last_mailing() -> dict[str, Any] | None:
    finished = Campaign.objects.filter(state=CampaignState.SENT, planned_count__gt=0).order_by("-finished_at").first()
    if finished is None:
        return None
    states = dict(Tally.objects.filter(campaign_id=finished.id).values_list("state").annotate(n=Sum("count")))
    return {
        "campaign": finished,
        "delivered": states.get(DeliveryState.SENT, 0),
        "results": results_of(states),
        "percent": delivered_percent(states),
    }


def week_rates() -> tuple[Rate, Rate]:
    """Complaints are measured as in R-86, against deliveries to providers that report them, once counted."""
    since = clock.now() - WINDOW
    recent = list(Campaign.objects.filter(started_at__gte=since).values_list("id", flat=True))
    rows = Tally.objects.filter(campaign_id__in=recent).values_list("state", "detail").annotate(n=Sum("count"))
    counts = {(state, detail): number for state, detail, number in rows}
    delivered = sum(number for (state, _detail), number in counts.items() if state == DeliveryState.SENT)
    bounced = sum(number for (state, _detail), number in counts.items() if state == DeliveryState.BOUNCED)
    complaints = Feedback.objects.filter(campaign_id__in=recent, kind=FeedbackKind.COMPLAINT, at__gte=since).count()
    hard = counts.get((DeliveryState.BOUNCED, "hard"), 0)
    counted = window_counts(WINDOW.days)
    of = counted.reporting if counted.delivered >= delivered else delivered
    return complaint_rate(complaints, of or delivered), bounce_rate(hard, delivered + bounced)
