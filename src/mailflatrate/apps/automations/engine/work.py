"""What there is to do: in which accounts and versions, at which step, and when the next step is due."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.context import VersionRun
from mailflatrate.base import tenancy

SWEEP = timedelta(minutes=1)
"""The sweep comes this often; what is due earlier has a job of its own."""
# Each step is looked up in the index of people who are due. LATERAL: reading that index whole would be slow. The
# order makes the planner use it: without one it expects to meet the first of so many people soon in the table.
_STEPS = """
FROM automation a
JOIN automation_version v ON v.account_id = a.account_id AND v.automation_id = a.id
    AND v.state IN ('current', 'finishing')
JOIN automation_step s ON s.account_id = v.account_id AND s.version_id = v.id
CROSS JOIN LATERAL (
    SELECT e.due_at FROM enrolment e WHERE e.account_id = v.account_id AND e.version_id = v.id AND e.step = s.key
        AND e.state = 'active' AND e.due_at > %(after)s AND e.due_at <= %(until)s
    ORDER BY e.due_at LIMIT 1) due
WHERE a.state = 'active' AND (%(account_id)s::bigint IS NULL OR a.account_id = %(account_id)s)
"""
# A version has work if someone is due in it, if it is being finished, or if people may enter it now.
_WORK = f"""
SELECT v.account_id, v.automation_id, v.number, v.id
FROM automation_version v JOIN automation a ON a.account_id = v.account_id AND a.id = v.automation_id
WHERE a.state = 'active' AND v.state IN ('current', 'finishing')
    AND (%(account_id)s::bigint IS NULL OR a.account_id = %(account_id)s)
    AND (v.state = 'finishing' OR a.entry_on IN ('date', 'segment_entered', 'segment_left', 'inactive')
        OR EXISTS (SELECT 1 FROM automation_arrival r WHERE r.account_id = a.account_id AND r.automation_id = a.id))
UNION
SELECT v.account_id, v.automation_id, v.number, v.id {_STEPS}
ORDER BY 1, 2, 3
"""  # noqa: S608  # made of constants
_SOON = f"SELECT v.account_id, min(due.due_at) {_STEPS} GROUP BY 1"  # made of constants
_NEXT_STEP = """
SELECT s.key FROM automation_step s
CROSS JOIN LATERAL (
    SELECT 1 FROM enrolment e WHERE e.account_id = s.account_id AND e.version_id = s.version_id AND e.step = s.key
        AND e.state = 'active' AND e.due_at <= %(now)s ORDER BY e.due_at LIMIT 1) due
WHERE s.account_id = %(account_id)s AND s.version_id = %(version_id)s AND s.number >= %(number)s
ORDER BY s.number LIMIT 1
"""


@tenancy.needs_platform
def accounts_with_work(now: datetime) -> list[int]:
    return sorted({account_id for account_id, *_version in _work(now, None)})


@tenancy.needs_account
def versions_with_work(now: datetime) -> list[int]:
    """Return the versions of the current account in which someone may enter or move on, in their order."""
    return [version_id for *_place, version_id in _work(now, tenancy.current_account_id())]


def _work(now: datetime, account_id: int | None) -> list[tuple[int, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_WORK, {"account_id": account_id, "after": "-infinity", "until": now})
        return [(row[0], row[1], row[2], row[3]) for row in cursor.fetchall()]


@tenancy.needs_platform
def due_soon(now: datetime) -> Mapping[int, datetime]:
    """Return, by account, when the next step is due, where that is before the next sweep."""
    return _due_soon(now, None)


@tenancy.needs_account
def next_due(now: datetime) -> datetime | None:
    account_id = tenancy.current_account_id()
    return _due_soon(now, account_id).get(account_id)


def _due_soon(now: datetime, account_id: int | None) -> dict[int, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(_SOON, {"account_id": account_id, "after": now, "until": now + SWEEP})
        return dict(cursor.fetchall())


@tenancy.needs_account
def next_step(run: VersionRun, number: int) -> str | None:
    """Return the first step from this number on at which someone is due; None if no one is."""
    values: dict[str, Any] = {"account_id": run.automation.account_id, "version_id": run.version.id, "number": number}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_STEP, values | {"now": run.now})
        row = cursor.fetchone()
    return row[0] if row else None
