"""Trends: how the audience grows, how old consents are, when people click, and what each mailbox provider accepts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.forms.figures import conversions
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.growth import OLDEST_MONTHS, Gain, Growth
from mailflatrate.apps.stats.audience import audience_figures
from mailflatrate.apps.stats.queries import weeks_by_provider
from mailflatrate.apps.tracking.queries import clicks_by_weekday
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.rates import percent_of
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.rules.feedback.measures import Counts
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.sending.providers import OTHER, provider_name

CLICK_DAYS: Final = 90
CLICKED_CAMPAIGNS: Final = 50
"""The newest campaigns whose clicks count, so that the page stays quick however many there were."""
BLOCK_HOURS: Final = 3
SHOWN_PROVIDERS: Final = 4
SHOWN_GAINS: Final = 6
SHADES: Final = 4


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """A row of the waterfall: people added or lost, or a total; `begin` and `width` in percent of the whole width."""

    label: str
    people: int
    kind: str
    begin: float
    width: float

    @property
    def size(self) -> int:
        return abs(self.people)


@dataclass(frozen=True, slots=True)
class WeekdayClicks:
    """Clicks on one day of the week, by blocks of hours; each with its shade from 0 (none) to 4 (the most)."""

    day: str
    blocks: list[tuple[int, int]]
    people: int


def waterfall(growth: Growth) -> list[WaterfallStep]:
    level, rows, moves = growth.begin, [(_("30 days ago"), growth.begin, "total", 0)], [*_gains(growth.gains)]
    moves += [(label, -people) for label, people in _losses(growth)]
    for label, change in moves:
        rows.append((label, change, "gain" if change > 0 else "loss", min(level, level + change)))
        level += change
    rows.append((_("Now"), growth.end, "total", 0))
    most = max((low + abs(people) for _label, people, _kind, low in rows), default=0) or 1
    return [
        WaterfallStep(label, people, kind, round(100 * low / most, 2), round(100 * abs(people) / most, 2))
        for label, people, kind, low in rows
    ]


def _gains(gains: Sequence[Gain]) -> Iterator[tuple[str, int]]:
    imports = Import.objects.in_bulk([gain.import_id for gain in gains if gain.import_id is not None])
    forms = Form.objects.in_bulk([gain.form_id for gain in gains if gain.form_id is not None])
    for gain in gains[:SHOWN_GAINS]:
        if gain.import_id is not None:
            name = imports[gain.import_id].file_name if gain.import_id in imports else ""
            yield _("Import: %(name)s") % {"name": name} if name else _("Import"), gain.people
        elif gain.form_id is not None:
            name = forms[gain.form_id].name if gain.form_id in forms else ""
            yield _("Form: %(name)s") % {"name": name} if name else _("Form"), gain.people
        else:
            yield _("Added in another way"), gain.people
    if rest := sum(gain.people for gain in gains[SHOWN_GAINS:]):
        yield _("Other sources"), rest


def _losses(growth: Growth) -> list[tuple[str, int]]:
    words = {
        "complaint": _("Complained"),
        "hard_bounce": _("Hard bounces"),
        "soft_bounce": _("Repeated soft bounces"),
        "sunset": _("Inactive for too long"),
        "objection": _("Objected"),
        "erased": _("Erased"),
        "customer": _("Removed by you"),
        "manual": _("Removed by you"),
        "import": _("Removed by you"),
        "moved": _("Changed their address"),
    }
    people: dict[str, int] = {}
    for loss in growth.losses:
        label = words.get(loss.cause, _("Unsubscribed"))
        people[label] = people.get(label, 0) + loss.people
    return sorted(people.items(), key=lambda line: (-line[1], line[0]))


def weekday_clicks(table: Sequence[Sequence[int]]) -> list[WeekdayClicks]:
    starts = range(0, 24, BLOCK_HOURS)
    blocks = [[sum(hours[start : start + BLOCK_HOURS]) for start in starts] for hours in table]
    most = max((max(row) for row in blocks), default=0)
    monday = date(2024, 1, 1)
    return [
        WeekdayClicks(
            date_format(monday + timedelta(days=day), "l"),
            [(people, -(-SHADES * people // most) if most else 0) for people in row],
            sum(row),
        )
        for day, row in enumerate(blocks)
    ]


def _clicks(time_zone: str) -> dict[str, Any]:
    since = clock.now() - timedelta(days=CLICK_DAYS)
    campaigns = Campaign.objects.filter(started_at__gte=since, track_clicks=True).order_by("-started_at", "-id")
    rows = weekday_clicks(
        clicks_by_weekday(list(campaigns.values_list("id", flat=True)[:CLICKED_CAMPAIGNS]), time_zone)
    )
    best = max(rows, key=lambda row: row.people)
    blocks = [sum(row.blocks[at][0] for row in rows) for at in range(24 // BLOCK_HOURS)]
    at = blocks.index(max(blocks)) * BLOCK_HOURS
    hours = f"{time(at):%H:%M}\N{EN DASH}{time((at + BLOCK_HOURS) % 24):%H:%M}"
    return {
        "clicks": rows,
        "starts": [f"{start}" for start in range(0, 24, BLOCK_HOURS)],
        "best_day": best.day if best.people else "",
        "best_hours": hours,
    }


def _providers() -> dict[str, Any]:
    weeks, providers = weeks_by_provider()
    ranked = sorted(
        providers.items(),
        key=lambda line: (line[0] == OTHER, -sum(week_counts.settled for week_counts in line[1]), line[0]),
    )
    names = [provider_name(key, reading_language()) for key, _counts in ranked]
    rates = [[_delivered(counts) for counts in row] for _key, row in ranked]
    chart = {
        "times": [int(datetime.combine(week, time(12), UTC).timestamp()) for week in weeks],
        "series": [
            {"label": f"{name[:1].upper()}{name[1:]}", "values": row}
            for name, row in list(zip(names, rates, strict=True))[:SHOWN_PROVIDERS]
        ],
        "unit": "%",
        "from_zero": False,
    }
    return {
        "provider_chart": chart,
        "provider_weeks": weeks,
        "provider_rows": list(zip(names, rates, strict=True)),
    }


def _delivered(counts: Counts) -> float | None:
    return percent_of(counts.delivered, counts.settled)


@studio("GET reports/trends/", "report-trends", Permission.VIEW)
def trends(request: StudioRequest) -> HttpResponse:
    figures = audience_figures()
    most = max(figures.ages)
    context = {
        "figures": figures,
        "steps": waterfall(figures.growth),
        "forms": conversions(),
        "ages": [(months, people, 100 * people // most if most else 0) for months, people in enumerate(figures.ages)],
        "oldest": OLDEST_MONTHS,
        **_clicks(request.account.time_zone),
        **_providers(),
    }
    return page(request, "studio/report_trends.html", context)
