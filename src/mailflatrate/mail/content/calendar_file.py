"""The calendar file of one event (RFC 5545)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from icalendar import Calendar, Event

from mailflatrate.mail.content.calendar_links import CalendarEvent

_PRODUCT = "-//mailflatrate//campaigns//EN"


def event_uid(account_id: int, event: CalendarEvent, domain: str) -> str:
    """RFC 5545 section 3.8.4.7. The same name and time give the same one, so a reminder adds no second entry."""
    named = "\n".join((str(account_id), event.name, event.starts_at.isoformat(), event.zone))
    return f"{hashlib.sha256(named.encode()).hexdigest()[:32]}@{domain}"


def calendar_file(event: CalendarEvent, *, uid: str, created_at: datetime) -> bytes:
    """`created_at` is when the edition was frozen, so the file stays the same."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    entry = Event()
    entry.add("uid", uid)
    entry.add("dtstamp", created_at.astimezone(UTC))
    entry.add("dtstart", event.starts_at)
    entry.add("dtend", event.ends_at)
    entry.add("summary", event.name)
    if event.place:
        entry.add("location", event.place)
    if event.note:
        entry.add("description", event.note)
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
