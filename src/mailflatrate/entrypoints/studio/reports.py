"""Reports: every sent campaign with its rates, newest first, and the totals of the last 30 days."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Q, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.inbound.queries import feedback_by_campaign
from mailflatrate.apps.stats.queries import window_counts
from mailflatrate.apps.tracking.conversion_figures import NO_CONVERSIONS, ConversionCounts, conversions_by_campaign
from mailflatrate.apps.tracking.conversion_goal import goal_of_account
from mailflatrate.apps.tracking.queries import clicks_by_campaign
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.conversions import money_words
from mailflatrate.entrypoints.presenters.rates import Rate, bounce_rate, complaint_rate, delivered_percent, percent_of
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import REPORTS, Tab
from mailflatrate.rules.roles import Permission

PAGE_ROWS = 25
TOTAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class CampaignReportRow:
    """One sent campaign with its figures; `clicks` is None where they were not counted."""

    campaign: Campaign
    delivered: int
    delivered_percent: float | None
    clicks: int | None
    unsubscribed: int
    hard_bounces: Rate
    complaints: Rate
    conversions: ConversionCounts = NO_CONVERSIONS

    @property
    def revenue(self) -> str:
        return money_words(self.conversions.revenue)

    @property
    def click_percent(self) -> float | None:
        return None if self.clicks is None else percent_of(self.clicks, self.delivered)

    @property
    def unsubscribed_percent(self) -> float | None:
        return percent_of(self.unsubscribed, self.delivered)


@dataclass(frozen=True, slots=True)
class Totals:
    campaigns: int
    settled: int
    delivered: int
    unsubscribed: int
    hard_bounces: Rate
    complaints: Rate

    @property
    def delivered_percent(self) -> float | None:
        return percent_of(self.delivered, self.settled)

    @property
    def unsubscribed_percent(self) -> float | None:
        return percent_of(self.unsubscribed, self.delivered)


def report_rows(campaigns: Sequence[Campaign], clicks: Mapping[int, int] | None = None) -> list[CampaignReportRow]:
    """Return the rows for a page of campaigns, with three queries in total; `clicks` if they were read already."""
    ids = [campaign.id for campaign in campaigns]
    tallies: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    grouped = Tally.objects.filter(campaign_id__in=ids).values_list("campaign_id", "state", "detail")
    for campaign_id, state, detail, number in grouped.annotate(number=Sum("count")):
        tallies[campaign_id][state] += number
        if (state, detail) == (DeliveryState.BOUNCED, "hard"):
            tallies[campaign_id]["hard"] += number
    feedback = feedback_by_campaign(ids)
    clicks = clicks_by_campaign(ids) if clicks is None else clicks
    rows = []
    for campaign in campaigns:
        counts = tallies[campaign.id]
        delivered = counts[DeliveryState.SENT]
        rows.append(
            CampaignReportRow(
                campaign=campaign,
                delivered=delivered,
                delivered_percent=delivered_percent(counts),
                clicks=clicks[campaign.id] if campaign.track_clicks else None,
                unsubscribed=feedback.get((campaign.id, FeedbackKind.UNSUBSCRIBE), 0),
                hard_bounces=bounce_rate(counts["hard"], delivered + counts[DeliveryState.BOUNCED]),
                complaints=complaint_rate(feedback.get((campaign.id, FeedbackKind.COMPLAINT), 0), delivered),
            )
        )
    return rows


def _totals() -> Totals:
    counts = window_counts(TOTAL_DAYS)
    since = clock.now() - timedelta(days=TOTAL_DAYS)
    return Totals(
        campaigns=Campaign.objects.filter(state=CampaignState.SENT, finished_at__gte=since).count(),
        settled=counts.settled,
        delivered=counts.delivered,
        unsubscribed=counts.unsubscribed,
        hard_bounces=bounce_rate(counts.hard, counts.settled),
        complaints=complaint_rate(counts.complaints, counts.reporting or counts.delivered),
    )


def _page_of(before_id: int) -> tuple[list[Campaign], int]:
    """Return one page of sent campaigns, and the ID before which the next page begins (0: this was the last)."""
    sent_campaigns = Campaign.objects.filter(state=CampaignState.SENT, finished_at__isnull=False)
    last = sent_campaigns.filter(id=before_id).first() if before_id else None
    if last is not None:
        sent_campaigns = sent_campaigns.filter(
            Q(finished_at__lt=last.finished_at) | Q(finished_at=last.finished_at, id__lt=last.id)
        )
    campaigns = list(sent_campaigns.order_by("-finished_at", "-id")[: PAGE_ROWS + 1])
    return campaigns[:PAGE_ROWS], campaigns[PAGE_ROWS - 1].id if len(campaigns) > PAGE_ROWS else 0


@studio(
    "GET reports/",
    "reports",
    Permission.VIEW,
    limited=True,
    tab=Tab(REPORTS, keywords=gettext_lazy("statistics, clicks, bounces, complaints, delivered"), place=10),
)
def reports(request: StudioRequest) -> HttpResponse:
    before_id = whole_number(request.GET.get("before"))
    campaigns, next_id = _page_of(before_id)
    address = reverse("studio:reports")
    counts_conversions = goal_of_account() is not None
    rows = report_rows(campaigns)
    if counts_conversions:
        conversions = conversions_by_campaign([row.campaign.id for row in rows])
        rows = [replace(row, conversions=conversions[row.campaign.id]) for row in rows]
    context = {
        "rows": rows,
        "counts_conversions": counts_conversions,
        "totals": _totals() if campaigns and not before_id else None,
        "first": address if before_id else "",
        "next": f"{address}?before={next_id}" if next_id else "",
    }
    return page(request, "studio/reports.html", context)
