"""One page of a timeline, grouped by day in the account's time zone."""

from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.queries import ContactRecord
from mailflatrate.base import clock
from mailflatrate.entrypoints.studio.audience.people.timeline.events import TimelineCursor, TimelineEvent, TimelineKind
from mailflatrate.entrypoints.studio.audience.people.timeline.sources import TimelineQuestion, all_events

PAGE_ROWS = 30


def kinds() -> list[tuple[str, str]]:
    return [
        ("", pgettext("timeline", "All")),
        (TimelineKind.CONSENT, _("Consent")),
        (TimelineKind.EMAILS, _("Emails")),
        (TimelineKind.AUTOMATIONS, _("Automations")),
        (TimelineKind.CLICKS, _("Clicks")),
        (TimelineKind.FEEDBACK, _("Bounces and replies")),
        (TimelineKind.CHANGES, _("Changes")),
        (TimelineKind.NOTES, _("Notes")),
        (TimelineKind.REQUESTS, _("Data requests")),
    ]


def timeline_page(detail: ContactRecord, reader: User, asked: QueryDict) -> dict[str, Any]:
    """Return the page for a URL's `kind` and `before`; unknown values show everything from the beginning."""
    kind = next((member for member in TimelineKind if member == asked.get("kind")), None)
    cursor = TimelineCursor.read(asked.get("before", ""))
    question = TimelineQuestion(detail, reader, definitions(), cursor, PAGE_ROWS + 1, kind is None)
    rows = sorted(all_events(question, kind), key=lambda event: event.order, reverse=True)
    visible = rows[:PAGE_ROWS]
    following = str(visible[-1].cursor) if len(rows) > PAGE_ROWS else ""
    return {"kind": kind or "", "days": _by_day(visible, cursor), "next": following, "is_first": cursor is None}


def _by_day(events: list[TimelineEvent], cursor: TimelineCursor | None) -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = []
    before = timezone.localtime(cursor.at).date() if cursor is not None else None
    for event in events:
        day = timezone.localtime(event.at).date()
        if not days or days[-1]["day"] != day:
            days.append({"name": "" if day == before else _day_name(day), "day": day, "events": []})
        days[-1]["events"].append(event)
    return days


def _day_name(day: date) -> str:
    today = timezone.localtime(clock.now()).date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    weekday = str(capfirst(formats.date_format(day, "l")))
    return f"{weekday}, {formats.date_format(day, 'DATE_FORMAT')}"
