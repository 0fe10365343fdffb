"""The calendar of campaigns and automations, and moving a scheduled campaign to another time."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.gate.actions import move_campaign
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.calendar_entries import calendar_days, why_fixed
from mailflatrate.entrypoints.studio.campaigns.calendar_range import CalendarRange, read_day, read_range
from mailflatrate.entrypoints.studio.campaigns.forms import ScheduleForm, tell_problems
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.page_rights import may_open
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.rules.roles import Permission

MOST_SHOWN = {"month": 4, "week": 40}
"""Entries of a day that are shown; a link to its week has the others."""


def _zone(request: StudioRequest) -> ZoneInfo:
    return ZoneInfo(request.account.time_zone)


def _asked_range(request: StudioRequest, asked: Any) -> CalendarRange:
    today = clock.now().astimezone(_zone(request)).date()
    return read_range(asked.get("view", ""), asked.get("day", ""), today)


def _calendar_url(visible_range: CalendarRange) -> str:
    query = urlencode({"view": visible_range.view, "day": visible_range.day.isoformat()})
    return f"{reverse('studio:campaign-calendar')}?{query}"


@studio("GET campaigns/calendar/", "campaign-calendar", Permission.RELEASE, limited=True)
def calendar(request: StudioRequest) -> HttpResponse:
    zone = _zone(request)
    visible_range = _asked_range(request, request.GET)
    may_move = may_open(request.membership, "campaign-move", writes=True)
    days = calendar_days(
        visible_range,
        zone,
        clock.now().astimezone(zone).date(),
        may_move=may_move,
        sees_account=may_open(request.membership, "automation", writes=False),
    )
    context = {
        "shown": visible_range,
        "days": days,
        "may_move": may_move,
        "first": days[0]["day"],
        "last": days[-1]["day"],
        "is_empty": not any(day["entries"] for day in days),
        "most": MOST_SHOWN[visible_range.view],
        "time_zone": request.account.time_zone.replace("_", " "),
    }
    return page(request, "studio/campaigns/calendar.html", context)


class MoveForm(ScheduleForm):
    waves = None  # type: ignore[assignment]  # a move doesn't change that


def _present(campaign: Campaign, zone: ZoneInfo) -> datetime:
    moment = campaign.local_at or campaign.scheduled_at or clock.now()
    return moment.astimezone(zone).replace(tzinfo=None)


@studio(
    "GET|POST campaigns/<int:campaign_id>/move/",
    "campaign-move",
    Permission.RELEASE,
    limited=True,
    logs="campaign.moved",
)
def move(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """`to`, a day, keeps the time of day: that is what dragging sends."""
    campaign = find_campaign(campaign_id)
    back = _calendar_url(_asked_range(request, request.POST if request.method == "POST" else request.GET))
    zone = _zone(request)
    present = _present(campaign, zone)
    if request.method != "POST" or why_fixed(campaign):
        form: forms.Form = MoveForm(initial={"at": present, "time_zone": zone.key})
        return _move_page(request, campaign, form, back)
    data: Any = request.POST
    day = read_day(request.POST.get("to", ""))
    if day is not None:
        data = {"at": datetime.combine(day, present.time()).isoformat(timespec="seconds"), "time_zone": zone.key}
    form = MoveForm(data, initial={"time_zone": zone.key})
    if form.is_valid():
        return _moved(request, campaign, form.cleaned_data["moment"], back)
    if day is not None:
        tell_problems(request, form)
        return see_other(back)
    return _move_page(request, campaign, form, back)


def _move_page(request: StudioRequest, campaign: Campaign, form: forms.Form, back: str) -> HttpResponse:
    context = {"campaign": campaign, "form": form, "fixed": why_fixed(campaign), "back": back}
    asked = request.POST if request.method == "POST" else request.GET
    context |= {"view": asked.get("view", ""), "day": asked.get("day", "")}
    status = 200 if request.method != "POST" else 409 if context["fixed"] else 422
    return page(request, "studio/campaigns/move.html", context, status=status)


def _moved(request: StudioRequest, campaign: Campaign, moment: datetime, back: str) -> HttpResponse:
    try:
        decision = move_campaign(campaign.id, by=request.user, at=moment)
    except CampaignError as problem:
        return refuse(request, str(problem), back)
    if not decision.allowed:
        message = _("“%(name)s” wasn't moved because some checks no longer pass. It keeps its time.")
        return refuse(request, message % {"name": campaign.name}, reverse("studio:campaign", args=[campaign.id]))
    when = formats.date_format(moment.astimezone(_zone(request)), "DATETIME_FORMAT")
    return succeed(request, _("“%(name)s” will be sent on %(when)s.") % {"name": campaign.name, "when": when}, back)
