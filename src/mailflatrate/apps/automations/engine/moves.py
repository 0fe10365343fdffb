"""Moves people from an earlier version to the step with the same ID in the current one, if the author chose that."""

from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.context import BATCH, VersionRun, run_of
from mailflatrate.apps.automations.engine.moving import count
from mailflatrate.apps.automations.figures import ENTERED, LEFT, WHOLE
from mailflatrate.apps.automations.models import AutomationVersion, VersionState

MOVED = "moved"
_MOVE = """
WITH movable AS (
    SELECT id FROM enrolment WHERE account_id = %(account_id)s AND version_id = %(from)s AND state = 'active'
        AND step = ANY(%(keys)s::text[]) LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE enrolment e SET version_id = %(to)s FROM movable m
    WHERE e.id = m.id AND e.account_id = %(account_id)s RETURNING e.step
)
SELECT step, count(*) FROM moved GROUP BY step
"""


def move_people(run: VersionRun) -> bool:
    """Move the next people of a version that is finishing; return True if there may be more."""
    current = (
        AutomationVersion.objects.select_related("automation")
        .filter(automation=run.automation, state=VersionState.CURRENT, moves_people=True)
        .first()
    )
    if current is None:
        return False
    target = run_of(current)
    keys = [key for key, step in run.steps.items() if key in target.steps and target.steps[key].kind == step.kind]
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "account_id": run.automation.account_id,
            "from": run.version.id,
            "to": current.id,
            "keys": keys,
        }
        cursor.execute(_MOVE, values | {"limit": BATCH})
        moved = {str(step): int(people) for step, people in cursor.fetchall()}
    for step, people in moved.items():
        count(run, step, LEFT, {MOVED: people})
        count(target, step, ENTERED, {MOVED: people})
        count(target, WHOLE, ENTERED, {MOVED: people})
    return sum(moved.values()) == BATCH
