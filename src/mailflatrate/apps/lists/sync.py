"""Which contacts changed, for programs that keep a copy. By time or id, a transaction that commits late would be
missed; so changes are ordered by transaction, and only those below the oldest open one are returned (ADR 0047).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

KEPT = timedelta(days=90)

_PAGE = """
SELECT k.id, p.id, k.is_gone FROM contact_touch k
CROSS JOIN LATERAL (
    (SELECT c.id FROM contact c
     WHERE NOT k.is_gone AND c.account_id = k.account_id AND c.id BETWEEN k.first_id AND k.last_id
        AND (k.id <> %(change_id)s OR c.id > %(contact_id)s)
     ORDER BY c.id LIMIT %(size)s)
    UNION ALL
    (SELECT gone FROM generate_series(k.first_id, k.last_id) gone
     WHERE k.is_gone AND (k.id <> %(change_id)s OR gone > %(contact_id)s) LIMIT %(size)s)
) p
WHERE k.account_id = %(account_id)s AND (k.xid, k.id) >= (%(xid)s, %(from_id)s)
    AND k.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY k.xid, k.id, p.id LIMIT %(size)s
"""
# Every transaction that was open at a moment is at or above the oldest one open when the row before it was written.
_SINCE = "SELECT oldest FROM contact_touch WHERE account_id = %s AND at <= %s ORDER BY at DESC LIMIT 1"
# Nothing at or after the moment is visible, so reading on after the change before it misses nothing.
_BEFORE = """
SELECT id, last_id FROM contact_touch WHERE account_id = %s AND xid < %s
ORDER BY xid DESC, id DESC LIMIT 1
"""
# A restored database may know transactions that its server hasn't begun.
_FIND = """
SELECT xid FROM contact_touch
WHERE account_id = %s AND id = %s AND xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_SWEEP = """
DELETE FROM contact_touch
WHERE at < %s OR xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""


class ChangesForgotten(Exception):
    """The position is older than the stored changes, or belongs to a database that was replaced by a backup."""


@dataclass(frozen=True, slots=True)
class ChangePosition:
    """Up to this contact of this change. The default is the beginning of all changes."""

    change_id: int = 0
    contact_id: int = 0


@dataclass(frozen=True, slots=True)
class ChangedContacts:
    """Each once, deleted ones separately, and the position from which to continue."""

    contact_ids: list[int]
    gone_ids: list[int]
    position: ChangePosition
    more: bool


def changes_since(moment: datetime, *, size: int) -> ChangedContacts:
    """At or after it; some earlier changes may be included. Raises ChangesForgotten."""
    if moment < clock.now() - KEPT:
        raise ChangesForgotten
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [tenancy.current_account_id(), moment])
        row = cursor.fetchone()
    return _changes(row[0] if row else 0, 0, ChangePosition(), size)


def changes_after(position: ChangePosition, *, size: int) -> ChangedContacts:
    """Raises ChangesForgotten."""
    if not position.change_id:
        return _changes(0, 0, position, size)
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [tenancy.current_account_id(), position.change_id])
        row = cursor.fetchone()
    if row is None:
        raise ChangesForgotten
    return _changes(row[0], position.change_id, position, size)


def _changes(xid: int, from_id: int, position: ChangePosition, size: int) -> ChangedContacts:
    account_id = tenancy.current_account_id()
    values = {
        "account_id": account_id,
        "xid": xid,
        "from_id": from_id,
        "change_id": position.change_id,
        "contact_id": position.contact_id,
        "size": size + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, values)
        rows = [(int(change_id), int(contact_id), bool(gone)) for change_id, contact_id, gone in cursor.fetchall()]
        if not rows and not position.change_id:
            cursor.execute(_BEFORE, [account_id, xid])
            before = cursor.fetchone()
            position = ChangePosition(*before) if before else position
    page = rows[:size]
    gone_ids = {contact_id for _change, contact_id, gone in page if gone}
    contact_ids = dict.fromkeys(contact_id for _change, contact_id, gone in page if not gone)
    if page:
        position = ChangePosition(page[-1][0], page[-1][1])
    return ChangedContacts(list(contact_ids), sorted(gone_ids), position, len(rows) > size)


def sweep_touches() -> int:
    """In all accounts; return how many."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_SWEEP, [clock.now() - KEPT])
        return int(cursor.rowcount)
