"""What the account's calendar shows of automations: when they were activated, and how many people are due each day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.models import AutomationState, AutomationVersion, EnrolmentState
from mailflatrate.base import clock, tenancy

# The index of due enrollments answers it without their rows.
_DUE = f"""
SELECT a.id, a.name, (due.due_at AT TIME ZONE %(zone)s)::date AS day, count(*)
FROM automation a
JOIN automation_version v ON v.account_id = a.account_id AND v.automation_id = a.id
JOIN enrolment due ON due.account_id = v.account_id AND due.version_id = v.id
WHERE a.account_id = %(account_id)s AND a.state = '{AutomationState.ACTIVE}'
    AND v.state IN ('current', 'finishing') AND due.state = '{EnrolmentState.ACTIVE}'
    AND due.due_at >= %(begin)s AND due.due_at < %(end)s
GROUP BY a.id, a.name, day ORDER BY day, a.name, a.id
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class DuePeople:
    automation_id: int
    name: str
    day: date
    people: int


@tenancy.needs_account
def people_due(begin: datetime, end: datetime, zone: str) -> list[DuePeople]:
    """Return the people due from now on in the range, by the days of a time zone."""
    values: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "begin": max(begin, clock.now()),
        "end": end,
        "zone": zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        return [DuePeople(*row) for row in cursor.fetchall()]


def activations(begin: datetime, end: datetime) -> list[AutomationVersion]:
    rows = AutomationVersion.objects.filter(released_at__gte=begin, released_at__lt=end)
    return list(rows.select_related("automation").order_by("released_at", "id"))
