"""The home page: account status and what to do next."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import campaigns
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.counts import mailable_days
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.stats.queries import window_counts
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.rates import Rate, bounce_rate, complaint_rate, delivered_percent, results_of
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.rows import campaign_rows
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.home.next_steps import next_steps
from mailflatrate.entrypoints.ui.menu import HELP, HOME, Tab
from mailflatrate.rules.roles import Permission

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


RECENT = 5
WEEK_DAYS = 7


def greeting(name: str, hour: int) -> str:
    words = name.split()
    if not words:
        return _("Home")
    if hour < 5 or hour >= 18:
        text = _("Good evening, %(name)s")
    elif hour < 12:
        text = _("Good morning, %(name)s")
    else:
        text = _("Good afternoon, %(name)s")
    return text % {"name": words[0]}


def _chart(series: list[tuple[Any, int]]) -> dict[str, Any]:
    return {
        "times": [int(datetime.combine(day, time(12), UTC).timestamp()) for day, _number in series],
        "series": [{"label": _("Mailable contacts"), "values": [number for _day, number in series]}],
        "unit": "",
        "from_zero": True,
    }


def _clock_time(moment: datetime | None, time_zone: str) -> str:
    return date_format(moment.astimezone(ZoneInfo(time_zone)), "TIME_FORMAT") if moment else ""


@studio(
    "GET", "home", Permission.DRAFT, limited=True, tab=Tab(HOME, keywords=gettext_lazy("start, overview, dashboard"))
)
def home(request: StudioRequest) -> HttpResponse:
    counted = mailable_days()
    series = counted.days
    complaints, bounces = week_rates()
    change = series[-1][1] - series[-1 - WEEK_DAYS][1]
    hour = clock.now().astimezone(ZoneInfo(request.account.time_zone)).hour
    context = {
        "greeting": greeting(request.user.name, hour),
        "mailable": series[-1][1],
        "change": change,
        "change_size": abs(change),
        "last": last_mailing(),
        "complaints": complaints,
        "bounces": bounces,
        "chart": _chart(series),
        "series": series[::-1],
        "counted_at": _clock_time(counted.counted_at, request.account.time_zone),
        "steps": next_steps(request.account, request.membership),
        "rows": campaign_rows(list(campaigns()[:RECENT])),
        "fresh": not Campaign.objects.exists() and not Contact.objects.exists(),
    }
    return page(request, "studio/home/home.html", context)


@studio(
    "GET help/",
    "help",
    Permission.VIEW,
    limited=True,
    tab=Tab(HELP, keywords=gettext_lazy("documentation, support, guide, keyboard shortcuts")),
)
def help_page(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/help.html", {})
