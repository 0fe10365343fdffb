"""Ends waits for an event: people who are at one go on when the event comes, or when its longest time is up."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.context import NotedArrival, VersionRun, run_of
from mailflatrate.apps.automations.engine.moving import Passed, move
from mailflatrate.apps.automations.models import AutomationVersion

CAME, TIME_IS_UP = 0, 1
"""How a wait for an event ended, as the target of the passage."""
# In the order of their ids, so that two batches wait for each other instead of crossing. What follows is due now.
_END = """
WITH waiting AS MATERIALIZED (
    SELECT e.id FROM (SELECT DISTINCT * FROM unnest(%(contacts)s::bigint[], %(events)s::text[])) w (contact_id, event)
    JOIN enrolment e ON e.account_id = %(account_id)s AND e.contact_id = w.contact_id
        AND e.automation_id = %(automation_id)s AND e.state = 'active'
    JOIN automation_step s ON s.account_id = e.account_id AND s.version_id = e.version_id AND s.key = e.step
        AND s.kind = 'wait' AND s.parameters ->> 'kind' = 'event' AND s.parameters ->> 'event' = w.event
    ORDER BY e.id FOR UPDATE OF e
)
UPDATE enrolment e SET due_at = %(now)s FROM waiting w
WHERE e.account_id = %(account_id)s AND e.id = w.id AND e.state = 'active' RETURNING e.id, e.version_id, e.step
"""


def end_waits(run: VersionRun, arrivals: Sequence[NotedArrival]) -> bool:
    """In whichever version they wait; True if some are in another version than this run's, whose turn may be over."""
    if not arrivals:
        return False
    values: dict[str, Any] = {
        "account_id": run.automation.account_id,
        "automation_id": run.automation.id,
        "contacts": [arrival.contact_id for arrival in arrivals],
        "events": [arrival.event for arrival in arrivals],
        "now": run.now,
    }
    waiting: dict[tuple[int, str], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_END, values)
        for enrolment_id, version_id, key in cursor.fetchall():
            waiting.setdefault((version_id, key), []).append(enrolment_id)
    for (version_id, key), ids in waiting.items():
        within = run if version_id == run.version.id else _run_of(version_id)
        step = within.steps[key]
        move(within, step, [Passed(number, step.targets[0], CAME) for number in ids])
    return any(version_id != run.version.id for version_id, _key in waiting)


def _run_of(version_id: int) -> VersionRun:
    return run_of(AutomationVersion.objects.select_related("automation").get(id=version_id))
