"""The figures of a report beside its progress: what is usual, clicks by hour and link, providers, reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.variants import all_variants
from mailflatrate.apps.inbound.models import LeaveReason, LeaveUndone
from mailflatrate.apps.inbound.queries import unsubscribes_by_reason
from mailflatrate.apps.stats.peers import PeerMedians, peer_medians
from mailflatrate.apps.stats.queries import figures_by_text, provider_counts
from mailflatrate.apps.tracking.counts import (
    HOUR_SECONDS,
    ClickCounts,
    count_clicks,
    evenly,
    median_by_step,
    step_seconds,
    steps_shown,
)
from mailflatrate.apps.tracking.queries import LinkClickInfo
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.language import language_name, reading_language
from mailflatrate.entrypoints.presenters.rates import percent_of
from mailflatrate.entrypoints.studio.reports import CampaignReportRow, report_rows
from mailflatrate.rules.sending.providers import OTHER, provider_name

COMPARED = 10
LEAST_COMPARED = 3
"""With fewer earlier campaigns, nothing can be called usual."""
SHOWN_LINKS = 6


@dataclass(frozen=True, slots=True)
class ComparedRate:
    """In percent, beside the medians of earlier campaigns and of accounts this size. None: unknown, or too few."""

    percent: float | None
    usual: float | None
    peers: float | None = None

    @property
    def difference(self) -> float | None:
        return None if self.percent is None or self.usual is None else self.percent - self.usual


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One mailbox provider's results. Rates are in percent of the messages with a result, or of those delivered."""

    name: str
    results: int
    delivered: float | None
    bounced: float | None
    unsubscribed: float | None


@dataclass(frozen=True, slots=True)
class LanguageLine:
    name: str
    subject: str
    delivered: int
    clicks: int | None
    click_percent: float | None
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class CountLine:
    """A label with a number of people, and its share of the largest such number (0 to 100)."""

    label: str
    number: int
    share: int


@dataclass(frozen=True, slots=True)
class ClickTimeline:
    """Clicks over time: what the chart draws, and the same as rows of (when the step begins, clicks, usual)."""

    title: str
    begins_at: datetime
    ends_at: datetime
    chart: dict[str, Any]
    rows: list[tuple[datetime, int, float | None]]


@dataclass(frozen=True, slots=True)
class ReportFigures:
    counts: ClickCounts
    delivered: ComparedRate
    clicked: ComparedRate
    unsubscribed: ComparedRate
    compared: int
    links: Sequence[LinkClickInfo]
    machines: int
    timeline: ClickTimeline | None
    providers: Sequence[ProviderLine]
    languages: Sequence[LanguageLine]
    reasons: Sequence[CountLine]
    stayed: Sequence[CountLine]


def report_figures(campaign: Campaign, *, compares: bool = True) -> ReportFigures:
    before = _earlier(campaign) if compares else []
    age = clock.now() - (campaign.started_at or campaign.created_at)
    counts = count_clicks([campaign.id], step_seconds(age), steps_shown(age))
    usual = count_clicks([peer.id for peer in before])
    clicks = {campaign.id: counts.people(campaign.id)} | {peer.id: usual.people(peer.id) for peer in before}
    own, *earlier = report_rows([campaign, *before], clicks)
    peers = peer_medians(median(row.delivered for row in (own, *earlier))) if compares else PeerMedians()
    links = counts.links(campaign.id) if campaign.track_clicks else []
    reasons, stayed = _reasons(campaign.id)
    return ReportFigures(
        counts=counts,
        delivered=_compared(own, earlier, "delivered_percent", peers.delivered),
        clicked=_compared(own, earlier, "click_percent", peers.clicked),
        unsubscribed=_compared(own, earlier, "unsubscribed_percent", peers.unsubscribed),
        compared=len(earlier) if len(earlier) >= LEAST_COMPARED else 0,
        links=links,
        machines=sum(link.machines for link in links),
        timeline=_timeline(campaign, counts, earlier, usual) if campaign.track_clicks and campaign.started_at else None,
        providers=_providers(campaign.id),
        languages=_languages(campaign),
        reasons=reasons,
        stayed=stayed,
    )


def _earlier(campaign: Campaign) -> list[Campaign]:
    sent_campaigns = Campaign.objects.filter(
        state=CampaignState.SENT, planned_count__gt=0, started_at__lt=campaign.started_at
    )
    return list(sent_campaigns.exclude(id=campaign.id).order_by("-started_at", "-id")[:COMPARED])


def _compared(
    own: CampaignReportRow, earlier: Sequence[CampaignReportRow], name: str, peers: float | None
) -> ComparedRate:
    values = [value for row in earlier if (value := getattr(row, name)) is not None]
    return ComparedRate(getattr(own, name), median(values) if len(values) >= LEAST_COMPARED else None, peers)


def _timeline(
    campaign: Campaign, counts: ClickCounts, earlier: Sequence[CampaignReportRow], usual_counts: ClickCounts
) -> ClickTimeline:
    """Return clicks over time, for a young campaign up to now, because what is ahead has no number yet."""
    assert campaign.started_at is not None
    tracked = [row for row in earlier if row.clicks is not None]
    others = [row.campaign.id for row in tracked] if len(tracked) >= LEAST_COMPARED else []
    age = clock.now() - campaign.started_at
    step, steps = step_seconds(age), counts.steps
    own = counts.timeline(campaign.id)
    usual = evenly(median_by_step([usual_counts.timeline(other) for other in others]), step, steps)
    series: list[dict[str, Any]] = [{"label": _("This campaign"), "values": own}]
    if usual:
        series.append({"label": _("Median of your last campaigns"), "values": usual})
    start = int(campaign.started_at.timestamp())
    times = [start + at * step for at in range(steps)]
    chart = {"times": times, "series": series, "unit": "", "from_zero": True, "hours_in": campaign.time_zone}
    rows = [
        (datetime.fromtimestamp(begins, UTC), own[at], usual[at] if usual else None) for at, begins in enumerate(times)
    ]
    titles = {HOUR_SECONDS: _("Clicks by hour"), 60: _("Clicks by minute")}
    title = titles.get(step, _("Clicks in steps of five minutes"))
    ends_at = datetime.fromtimestamp(start + steps * step, UTC)
    return ClickTimeline(title, campaign.started_at, ends_at, chart, [row for row in rows if row[1] or row[2]])


def _providers(campaign_id: int) -> list[ProviderLine]:
    lines = sorted(provider_counts(campaign_id).items(), key=lambda line: (line[0] == OTHER, -line[1].settled, line[0]))
    return [
        ProviderLine(
            name=provider_name(key, reading_language()),
            results=counts.settled,
            delivered=percent_of(counts.delivered, counts.settled),
            bounced=percent_of(counts.hard, counts.settled),
            unsubscribed=percent_of(counts.unsubscribed, counts.delivered),
        )
        for key, counts in lines
    ]


def _languages(campaign: Campaign) -> list[LanguageLine]:
    if not campaign.translations:
        return []
    texts = all_variants(campaign)
    return [
        LanguageLine(
            name=language_name(text.language),
            subject=text.subject,
            delivered=counts.delivered,
            clicks=counts.clicks if campaign.track_clicks else None,
            click_percent=percent_of(counts.clicks, counts.delivered) if campaign.track_clicks else None,
            unsubscribed=counts.unsubscribed,
        )
        for text, counts in zip(texts, figures_by_text(campaign.id, len(texts)), strict=True)
    ]


def _reasons(campaign_id: int) -> tuple[list[CountLine], list[CountLine]]:
    counts = unsubscribes_by_reason(campaign_id)
    most = max(counts.values(), default=0)
    given = sorted(LeaveReason, key=lambda reason: -counts.get(reason, 0))
    left = [CountLine(str(reason.label), n, 100 * n // most) for reason in given if (n := counts.get(reason, 0))]
    reasons = {*LeaveReason.values, *LeaveUndone.values}
    if unsaid := sum(number for reason, number in counts.items() if reason not in reasons):
        left.append(CountLine(_("No reason given"), unsaid, 100 * unsaid // most))
    stayed = [
        CountLine(str(reason.label), n, 100 * n // most) for reason in LeaveUndone if (n := counts.get(reason, 0))
    ]
    return left, stayed


def link_names(links: Sequence[LinkClickInfo]) -> dict[str, str]:
    """Return each target as people read it: without scheme and query, and without the host if all have the same."""
    parts = {link.url: urlsplit(link.url) for link in links}
    hosts = {part.hostname for part in parts.values()}
    return {
        url: ("" if len(hosts) == 1 and target.path.strip("/") else target.hostname or "") + target.path.rstrip("/")
        or url
        for url, target in parts.items()
    }
