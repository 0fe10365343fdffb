"""An account's types of events, and a contact's events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.models import ContactEvent, ContactEventType, EventSettings
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.contact_events import KEEP_DAYS, PropertyType


@dataclass(frozen=True, slots=True)
class EventTypeInfo:
    """A type of event with its properties, and when one was last recorded."""

    id: int
    name: str
    properties: dict[str, PropertyType]
    last_at: datetime | None


@tenancy.needs_account
def event_types() -> list[EventTypeInfo]:
    rows = list(ContactEventType.objects.order_by("name"))
    last = _last_of(row.id for row in rows)
    return [EventTypeInfo(row.id, row.name, row.declared, last.get(row.id)) for row in rows]


def _last_of(type_ids: Iterable[int]) -> dict[int, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, e.at FROM unnest(%s::bigint[]) AS t(id) CROSS JOIN LATERAL (SELECT at FROM contact_event e"
            " WHERE e.account_id = %s AND e.event_type_id = t.id ORDER BY at DESC LIMIT 1) e",
            [list(type_ids), tenancy.current_account_id()],
        )
        return dict(cursor.fetchall())


@tenancy.needs_account
def declared(names: Iterable[str]) -> dict[str, ContactEventType]:
    return {row.name: row for row in ContactEventType.objects.filter(name__in=list(names))}


@tenancy.needs_account
def keep_days() -> int:
    return EventSettings.objects.values_list("keep_days", flat=True).first() or KEEP_DAYS


@tenancy.needs_account
def events_of(contact_id: int, *, newest: int | None = None) -> list[dict[str, Any]]:
    rows = ContactEvent.objects.filter(contact_id=contact_id).select_related("event_type")
    ordered = rows.order_by("at", "id") if newest is None else rows.order_by("-at", "-id")[:newest]
    return [{"event": row.event_type.name, "at": row.at.isoformat(), "properties": row.properties} for row in ordered]
