"""The home page: account status and what to do next."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import campaigns
from mailflatrate.apps.lists.counts import mailable_days
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.rows import campaign_rows
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.figures import last_mailing, week_rates
from mailflatrate.entrypoints.studio.home.next_steps import next_steps
from mailflatrate.rules.roles import Permission

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


@studio("GET", "home", Permission.DRAFT, limited=True)
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
