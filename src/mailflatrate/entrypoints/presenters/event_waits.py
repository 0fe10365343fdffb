"""Waiting for events: the API states what a request waits for, and the server lets it wait without a thread."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import close_old_connections, connection

from mailflatrate.apps.events.feed import FeedPosition
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.events import EventType

MAY_WAIT: Final = "mailflatrate.may_wait"
"""In the environment of a request: the server can let it wait."""
WAIT_FOR: Final = "mailflatrate.wait_for"
"""In the environment: the EventWait that the API left for the server."""

# One statement for everyone who waits. Only what is below the oldest open transaction can be read yet.
_WOKEN: Final = """
SELECT w.n FROM unnest(%(numbers)s::int[], %(accounts)s::bigint[], %(xids)s::bigint[], %(outbox)s::bigint[],
    %(contacts)s::bigint[], %(changes)s::boolean[]) AS w(n, account_id, xid, outbox_id, contacts_id, changes)
WHERE EXISTS (SELECT 1 FROM outbox_event o WHERE o.account_id = w.account_id AND (o.xid, o.id) > (w.xid, w.outbox_id)
        AND o.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
    OR w.changes AND EXISTS (SELECT 1 FROM contact_touch k
        WHERE k.account_id = w.account_id AND (k.xid, k.id) > (w.xid, w.contacts_id) AND NOT k.is_gone
        AND k.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
"""


@dataclass(frozen=True, slots=True)
class EventWait:
    account_id: int
    position: FeedPosition
    types: Collection[EventType]
    seconds: int


def find_woken(waits: Sequence[EventWait]) -> list[int]:
    """Return the indexes of those waits that now have events. Leaves no transaction open."""
    close_old_connections()
    values: dict[str, Any] = {
        "numbers": list(range(len(waits))),
        "accounts": [wait.account_id for wait in waits],
        "xids": [wait.position.xid for wait in waits],
        "outbox": [wait.position.bounds[0] for wait in waits],
        "contacts": [wait.position.bounds[1] for wait in waits],
        "changes": [EventType.CONTACT_CHANGED in wait.types for wait in waits],
    }
    try:
        with tenancy.platform(PlatformReason.API_KEY), connection.cursor() as cursor:
            cursor.execute(_WOKEN, values)
            return [int(number) for (number,) in cursor.fetchall()]
    finally:
        close_old_connections()
