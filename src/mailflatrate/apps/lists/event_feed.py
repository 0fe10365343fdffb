"""Reads events in the order of their transactions, below the oldest open one, so none is passed over (ADR 0047)."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from mailflatrate.base import tenancy

_PAGE = """
SELECT e.xid, e.id, e.contact_id, e.event_type_id, e.at, e.received_at, e.properties::text FROM contact_event e
WHERE e.account_id = %s AND (e.xid, e.id) > (%s, %s) AND (%s::bigint[] IS NULL OR e.event_type_id = ANY(%s::bigint[]))
    AND e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY e.xid, e.id LIMIT %s
"""
_END = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1"


@dataclass(frozen=True, slots=True, order=True)
class EventPosition:
    xid: int = 0
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    position: EventPosition
    contact_id: int
    event_type_id: int
    at: datetime
    received_at: datetime
    properties: dict[str, Any]
    """A number with decimals is a Decimal, exactly as it was recorded."""


@tenancy.needs_account
def events_after(
    position: EventPosition, *, size: int, event_type_ids: Collection[int] | None = None
) -> list[RecordedEvent]:
    """Of some types or all. Read on from the last one's position."""
    types = None if event_type_ids is None else list(event_type_ids)
    values = [tenancy.current_account_id(), position.xid, position.event_id, types, types, size]
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, values)
        rows = cursor.fetchall()
    return [
        RecordedEvent(
            EventPosition(xid, event_id), contact_id, type_id, at, received_at, json.loads(text, parse_float=Decimal)
        )
        for xid, event_id, contact_id, type_id, at, received_at, text in rows
    ]


def current_end() -> EventPosition:
    """After it come only later or still open transactions: to begin reading now."""
    with connection.cursor() as cursor:
        cursor.execute(_END)
        return EventPosition(int(cursor.fetchone()[0]), 2**63 - 1)
