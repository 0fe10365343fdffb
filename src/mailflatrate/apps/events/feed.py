"""Reading events in the order of transactions, so that no position passes over one that commits late (ADR 0047): of
the outbox and of `contact.changed`, only what lies below the oldest open transaction is handed out.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

from mailflatrate.base import clock, tenancy
from mailflatrate.rules.events import KEPT, MUST_BE_OBEYED, PER_MESSAGE, EventType

WINDOW: Final = 5_000
"""Events read for one page, of whatever type: a rare type behind a million others is found step by step."""
OUTBOX, CONTACTS, TEST = 0, 1, 2
_PREFIXES: Final = ("evt", "evc", "test")
_BEFORE: Final = -1
_LAST_ID: Final = 2**63 - 1

# Between two events of one transaction the outbox comes first. What follows a position is a range of each table's key.
_WINDOW: Final = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, e.xid, e.source, e.id, e.type, e.payload, e.at
FROM (SELECT 1) one LEFT JOIN LATERAL (
    (SELECT o.xid, 0 AS source, o.id, o.type, o.payload, o.at FROM outbox_event o
     WHERE o.account_id = %(account_id)s AND (o.xid, o.id) > (%(xid)s, %(outbox_id)s)
        AND o.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
     ORDER BY o.xid, o.id LIMIT %(window)s)
    UNION ALL
    (SELECT k.xid, 1, k.id, 'contact.changed',
        jsonb_build_object('first_contact_id', k.first_id, 'last_contact_id', k.last_id), k.at
     FROM contact_touch k
     WHERE %(contacts)s AND k.account_id = %(account_id)s AND (k.xid, k.id) > (%(xid)s, %(contacts_id)s)
        AND k.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND NOT k.is_gone AND k.at >= %(kept)s
     ORDER BY k.xid, k.id LIMIT %(window)s)
    ORDER BY 1, 2, 3 LIMIT %(window)s
) e ON true
ORDER BY 2, 3, 4
"""
_OUTBOX_EVENT: Final = "SELECT type, payload, at FROM outbox_event WHERE account_id = %s AND xid = %s AND id = %s"
_CONTACTS_EVENT: Final = """
SELECT 'contact.changed', jsonb_build_object('first_contact_id', first_id, 'last_contact_id', last_id), at
FROM contact_touch WHERE account_id = %s AND xid = %s AND id = %s AND NOT is_gone
"""
_AT: Final = """
SELECT least((SELECT min(xid) FROM outbox_event WHERE account_id = %(account_id)s AND at >= %(at)s),
    (SELECT min(xid) FROM contact_touch WHERE account_id = %(account_id)s AND at >= %(at)s),
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
"""
_NEXT: Final = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    (SELECT system_identifier FROM pg_control_system())
"""
_UNRIPE: Final = """
SELECT EXISTS (SELECT 1 FROM outbox_event WHERE account_id = %s
    AND xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
"""


class EventsForgotten(Exception):
    """The position is older than the stored events, or belongs to another database server."""


@dataclass(frozen=True, slots=True, order=True)
class FeedPosition:
    """The position up to which a program has read. The default is the beginning of all events."""

    xid: int = 0
    source: int = _BEFORE
    id: int = 0

    @property
    def bounds(self) -> tuple[int, int]:
        if self.source == _BEFORE:
            return _BEFORE, _BEFORE
        return (self.id, _BEFORE) if self.source == OUTBOX else (_LAST_ID, self.id)


@dataclass(frozen=True, slots=True)
class FeedEvent:
    position: FeedPosition
    type: EventType
    payload: dict[str, Any]
    at: datetime

    @property
    def public_id(self) -> str:
        """Return the ID by which programs recognize an event that is delivered twice."""
        return f"{_PREFIXES[self.position.source]}_{self.position.id}"

    @property
    def must_be_obeyed(self) -> bool:
        """Return True if a program that keeps a copy of the data has to act on the event."""
        return self.type in MUST_BE_OBEYED

    def is_for(self, endpoint_id: int) -> bool:
        """Return whether an endpoint gets the event: one of an automation's step is for the endpoint that it names."""
        return self.type is not EventType.AUTOMATION_STEP or self.payload.get("webhook_id") == endpoint_id

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.public_id,
            "type": self.type.value,
            "timestamp": self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "must_be_obeyed": self.must_be_obeyed,
            "data": self.payload,
        }


@dataclass(frozen=True, slots=True)
class FeedPage:
    events: list[FeedEvent]
    position: FeedPosition
    more: bool


@dataclass(frozen=True, slots=True)
class FeedHorizon:
    position: FeedPosition
    newest_xid: int
    server: int


DEFAULT_TYPES: Final = frozenset(EventType) - {EventType.WEBHOOK_TEST}
"""What is read where no types are named. Events of each message are there only if the account switched them on."""
FIRST_TYPES: Final = frozenset(MUST_BE_OBEYED)
ENDPOINT_TYPES: Final = DEFAULT_TYPES - frozenset(PER_MESSAGE)


@tenancy.needs_account
def read_events(position: FeedPosition, types: Collection[EventType], size: int) -> FeedPage:
    """At most `size`; stops after WINDOW rows, so that a page may be empty although there is more."""
    events: list[FeedEvent] = []
    window, scanned = min(size, WINDOW), 0
    while True:
        rows, oldest_open = _scan(position, types, window)
        for xid, source, event_id, name, payload, at in rows:
            position = FeedPosition(xid, source, event_id)
            if name in types:
                events.append(FeedEvent(position, EventType(name), _object(payload), at))
                if len(events) == size:
                    return FeedPage(events, position, more=True)
        if len(rows) < window:
            return FeedPage(events, max(position, FeedPosition(oldest_open)), more=False)
        scanned += window
        if scanned >= WINDOW:
            return FeedPage(events, position, more=True)
        window = min(window * 4, WINDOW)


def _scan(position: FeedPosition, types: Collection[EventType], window: int) -> tuple[list[tuple[Any, ...]], int]:
    outbox_id, contacts_id = position.bounds
    values: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "xid": position.xid,
        "outbox_id": outbox_id,
        "contacts_id": contacts_id,
        "contacts": EventType.CONTACT_CHANGED in types,
        "kept": clock.now() - KEPT,
        "window": window,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW, values)
        rows = cursor.fetchall()
    return [row[1:] for row in rows if row[1] is not None], int(rows[0][0])


def _object(payload: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(payload) if isinstance(payload, str | bytes) else payload
    return content


@tenancy.needs_account
def find_event(position: FeedPosition) -> FeedEvent | None:
    """Return the event right before a position; None if it is no longer stored."""
    statement = _OUTBOX_EVENT if position.source == OUTBOX else _CONTACTS_EVENT
    with connection.cursor() as cursor:
        cursor.execute(statement, [tenancy.current_account_id(), position.xid, position.id])
        row = cursor.fetchone()
    return FeedEvent(position, EventType(row[0]), _object(row[1]), row[2]) if row else None


def horizon() -> FeedHorizon:
    """Return the end of the feed: everything that is committed from now on comes after it."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        oldest, newest, server = cursor.fetchone() or (0, 0, 0)
    return FeedHorizon(FeedPosition(int(oldest)), int(newest), int(server))


@tenancy.needs_account
def position_at(moment: datetime) -> FeedPosition:
    """Return a position that lies before every event at or after this time; a few earlier events may follow it, too."""
    with connection.cursor() as cursor:
        cursor.execute(_AT, {"account_id": tenancy.current_account_id(), "at": moment})
        (xid,) = cursor.fetchone() or (0,)
    return FeedPosition(int(xid))


@tenancy.needs_account
def has_unripe() -> bool:
    """Return True if the account has committed events that can't be read yet because of an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_UNRIPE, [tenancy.current_account_id()])
        (answer,) = cursor.fetchone() or (False,)
    return bool(answer)


def check_position(position: FeedPosition, at: datetime, server: int) -> None:
    """Raise EventsForgotten if events after a position, which was handed out at a time, may be missing."""
    here, today = horizon(), clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if at < today - KEPT or server != here.server or position.xid > here.newest_xid:
        raise EventsForgotten
