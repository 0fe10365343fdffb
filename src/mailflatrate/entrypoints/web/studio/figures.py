"""Rates with their limits, and the home page's four figures."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.stats.queries import window_counts
from mailflatrate.base import clock
from mailflatrate.rules.limits import value as limit

WINDOW = timedelta(days=7)


def percent_of(part: int, whole: int) -> float | None:
    """Return a share in percent; None if there is nothing to divide by."""
    return 100 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Rate:
    """A percentage with the limit it must stay below; `percent` is None while there is nothing to divide by."""

    events: int
    of: int
    warn_percent: float
    limit_percent: float

    @property
    def percent(self) -> float | None:
        """The share."""
        return percent_of(self.events, self.of)

    @property
    def tone(self) -> str:
        """The tone: colored only near or past the limit; single events of a small campaign say nothing (R-85)."""
        share = self.percent
        if share is None:
            return ""
        if self.events < limit("rate_sample_events"):
            says_something = self.events > 0 and self.of >= limit("rate_sample_delivered")
            return "warning" if says_something and share >= self.warn_percent else ""
        if share > self.limit_percent:
            return "error"
        return "warning" if share >= self.warn_percent else ""


def complaint_rate(events: int, delivered: int) -> Rate:
    """Return complaints relative to delivered messages (R-84, R-86)."""
    return Rate(events, delivered, limit("complaint_warn"), limit("complaint_throttle"))


def bounce_rate(events: int, handed_over: int) -> Rate:
    """Return hard bounces relative to messages handed over (R-88)."""
    most = limit("hard_bounce_warn")
    return Rate(events, handed_over, 0.75 * most, most)


@dataclass(frozen=True, slots=True)
class LatestCampaign:
    """The results of the newest finished campaign."""

    campaign: Campaign
    delivered: int
    planned: int

    @property
    def percent(self) -> float:
        """Return the share of planned messages that the receiving server accepted."""
        return 100 * self.delivered / self.planned


def last_mailing() -> LatestCampaign | None:
    """Return the newest finished campaign; None before the first."""
    finished = Campaign.objects.filter(state=CampaignState.SENT, planned_count__gt=0).order_by("-finished_at").first()
    if finished is None:
        return None
    tally = Tally.objects.filter(campaign_id=finished.id, state=DeliveryState.SENT).aggregate(n=Sum("count"))
    return LatestCampaign(finished, tally["n"] or 0, finished.planned_count)


def week_rates() -> tuple[Rate, Rate]:
    """Return the complaint and hard bounce rates of campaigns started in the last seven days.

    Complaints are measured as R-86 does, against what went to providers that report them, once that was counted.
    """
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
