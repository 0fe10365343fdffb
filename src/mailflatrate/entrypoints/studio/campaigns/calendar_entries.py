"""Entries of the calendar: campaigns, issues of RSS campaigns, and what automations do, each with why it can't move."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.automations import calendar as automations
from mailflatrate.apps.campaigns import calendar as campaigns
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.entrypoints.studio.campaigns.calendar_range import CalendarRange
from mailflatrate.entrypoints.studio.common import TONES

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_STARTED = gettext_lazy("Sending has started, so its time can't change.")
_WHY_FIXED: "dict[CampaignState, _StrOrPromise]" = {
    CampaignState.DRAFT: gettext_lazy(
        "A colleague has to approve it first. To change the time, request approval again."
    ),
    CampaignState.REVIEW: gettext_lazy("Our team is reviewing it. To change the time, return it to draft."),
    CampaignState.PLANNING: _STARTED,
    CampaignState.SENDING: _STARTED,
    CampaignState.WAITING: _STARTED,
    CampaignState.PAUSED: gettext_lazy("Sending has started and is paused. Resume or cancel it on its own page."),
    CampaignState.SENT: gettext_lazy("It has been sent, so its time can't change."),
    CampaignState.CANCELLED: gettext_lazy("It was canceled. Copy it to send it at another time."),
}
_ICONS = {
    CampaignState.REVIEW: "shield",
    CampaignState.SCHEDULED: "clock",
    CampaignState.WAITING: "hourglass",
    CampaignState.PAUSED: "pause",
    CampaignState.SENT: "check",
    CampaignState.CANCELLED: "x",
}
_STATES_MOVED = frozenset({CampaignState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """`at` is in the account's time zone, None for the whole day. `why_fixed` says why `move_url` is empty."""

    day: date
    at: datetime | None
    name: str
    url: str
    state: str
    tone: str = ""
    icon: str = "send"
    detail: str = ""
    move_url: str = ""
    why_fixed: str = ""


def why_fixed(campaign: Campaign) -> str:
    state = CampaignState(campaign.state)
    return "" if state in _STATES_MOVED else str(_WHY_FIXED[state])


def calendar_days(
    visible_range: CalendarRange, zone: ZoneInfo, today: date, *, may_move: bool, sees_account: bool
) -> list[dict[str, Any]]:
    """`may_move`: may release campaigns; `sees_account`: also what belongs to no list alone (ADR 0048)."""
    begin, end = visible_range.moments(zone)
    by_day: dict[date, list[CalendarEntry]] = defaultdict(list)
    for entry in _campaigns(begin, end, zone, may_move=may_move):
        by_day[entry.day].append(entry)
    if sees_account:
        for entry in (*_issues(begin, end, zone), *_automations(begin, end, zone)):
            by_day[entry.day].append(entry)
    return [
        {
            "day": day,
            "entries": sorted(
                by_day[day], key=lambda day_entry: (day_entry.at.time() if day_entry.at else time.min, day_entry.name)
            ),
            "is_today": day == today,
            "is_outside": visible_range.is_outside(day),
        }
        for day in visible_range.days
    ]


def _waves(campaign: Campaign) -> str:
    if campaign.local_at is None:
        return ""
    return (
        _("from then on, at each recipient's best hour")
        if campaign.at_best_hour
        else _("in each recipient's time zone")
    )


def _campaigns(begin: datetime, end: datetime, zone: ZoneInfo, *, may_move: bool) -> Iterator[CalendarEntry]:
    for moment, campaign in campaigns.campaigns_between(begin, end):
        at = moment.astimezone(zone)
        fixed = why_fixed(campaign)
        if not fixed and not may_move:
            fixed = _("Your role doesn't allow changing when campaigns are sent.")
        yield CalendarEntry(
            day=at.date(),
            at=at,
            name=campaign.name,
            url=reverse("studio:campaign", args=[campaign.id]),
            state=str(campaign.get_state_display()),
            tone=TONES[CampaignState(campaign.state)],
            icon=_ICONS.get(CampaignState(campaign.state), "send"),
            detail=_waves(campaign),
            move_url="" if fixed else reverse("studio:campaign-move", args=[campaign.id]),
            why_fixed=fixed,
        )
    for request in campaigns.requests_between(begin, end):
        if request.wanted_at is None:
            continue
        at = request.wanted_at.astimezone(zone)
        yield CalendarEntry(
            day=at.date(),
            at=at,
            name=request.campaign.name,
            url=reverse("studio:campaign-edit", args=[request.campaign_id]),
            state=_("Waiting for approval"),
            tone="warning",
            icon="user-check",
            why_fixed=str(_WHY_FIXED[CampaignState.DRAFT]),
        )


def _issues(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[CalendarEntry]:
    for digest, moment in campaigns.issues_between(begin, end):
        at = moment.astimezone(zone)
        yield CalendarEntry(
            day=at.date(),
            at=at,
            name=digest.name,
            url=reverse("studio:digest", args=[digest.id]),
            state=_("Draft will be prepared"),
            icon="newspaper",
            why_fixed=_("It follows the schedule of its RSS campaign. You can change that in its settings."),
        )


def _automations(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[CalendarEntry]:
    why = _("Automations follow each person's own path, so their steps can't move here.")
    for version in automations.activations(begin, end):
        if version.released_at is None:
            continue
        at = version.released_at.astimezone(zone)
        yield CalendarEntry(
            day=at.date(),
            at=at,
            name=version.automation.name,
            url=reverse("studio:automation", args=[version.automation_id]),
            state=_("Version %(number)d activated") % {"number": version.number},
            tone="success",
            icon="workflow",
            why_fixed=_("This has already happened."),
        )
    for due in automations.people_due(begin, end, zone.key):
        yield CalendarEntry(
            day=due.day,
            at=None,
            name=due.name,
            url=reverse("studio:automation", args=[due.automation_id]),
            state=ngettext("%(n)d person due", "%(n)d people due", due.people) % {"n": due.people},
            icon="workflow",
            why_fixed=why,
        )
