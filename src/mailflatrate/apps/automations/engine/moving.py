"""Records what happened to people at a step (passed to the next one, postponed, or left), and counts them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.context import VersionRun, ZonedPerson
from mailflatrate.apps.automations.engine.taking import ZONE
from mailflatrate.apps.automations.figures import ENTERED, LEFT, PASSED, WHOLE
from mailflatrate.apps.automations.models import AutomationStep, LeavingReason, StepCount
from mailflatrate.rules.automations.compiling import FINISH
from mailflatrate.rules.automations.graph import StepKind
from mailflatrate.rules.automations.waits import due_at, wait_rule, zone_for

# A step without a wait before it is due when the one before it was, so that what is late stays late.
_MOVE = """
WITH moved AS (
    UPDATE enrolment e SET step = coalesce(nullif(m.next, ''), e.step),
        state = CASE WHEN m.next = '' THEN 'finished' ELSE 'active' END,
        ended_at = CASE WHEN m.next = '' THEN %(now)s::timestamptz END
    FROM unnest(%(ids)s::bigint[], %(nexts)s::text[]) AS m (id, next)
    WHERE e.id = m.id AND e.account_id = %(account_id)s AND e.state = 'active' AND e.step = %(step)s
        AND e.id BETWEEN %(first)s AND %(last)s
)
INSERT INTO enrolment_passage (account_id, enrolment_id, step, at, target, result)
SELECT %(account_id)s, m.id, %(step)s, %(now)s, m.target, m.result
FROM unnest(%(ids)s::bigint[], %(targets)s::smallint[], %(results)s::text[]) AS m (id, target, result)
ON CONFLICT (account_id, enrolment_id, step) DO NOTHING
"""
_POSTPONE = """
UPDATE enrolment e SET due_at = m.due FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[]) AS m (id, due)
WHERE e.id = m.id AND e.account_id = %(account_id)s AND e.state = 'active' AND e.id BETWEEN %(first)s AND %(last)s
"""
_LEAVE = """
UPDATE enrolment SET state = 'left', why = %(why)s, ended_at = %(now)s
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[]) AND state = 'active'
    AND id BETWEEN %(first)s AND %(last)s
"""
DAY = """CASE WHEN pg_input_is_valid(left(c.attributes->>%(field)s, 10), 'date')
    THEN left(c.attributes->>%(field)s, 10)::date END"""
"""The date in a contact's field."""
_ZONED = """
SELECT e.id, {zone}, {day}
FROM enrolment e JOIN contact c ON c.id = e.contact_id AND c.account_id = e.account_id
WHERE e.account_id = %(account_id)s AND e.id = ANY(%(ids)s::bigint[]) AND e.id BETWEEN %(first)s AND %(last)s
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """A person who passed a step: the step they go to, the target that led there, and a result to record if the step's
    action wasn't carried out.
    """

    enrolment_id: int
    next_key: str
    target: int = 0
    result: str = ""


def move(run: VersionRun, step: AutomationStep, people: Sequence[Passed]) -> None:
    """Record that people passed a step, and start the waits that they arrive at."""
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            {
                "account_id": run.automation.account_id,
                "step": step.key,
                "now": run.now,
                **_ids([each.enrolment_id for each in people]),
                "nexts": [each.next_key for each in people],
                "targets": [each.target for each in people],
                "results": [each.result for each in people],
            },
        )
    passed = Counter(each.result or str(each.target) for each in people)
    arrived: dict[str, list[int]] = {}
    for each in people:
        arrived.setdefault(each.next_key, []).append(each.enrolment_id)
    count(run, step.key, PASSED, passed)
    if finished := arrived.pop(FINISH, None):
        count(run, WHOLE, PASSED, {"": len(finished)})
    for key, ids in arrived.items():
        arrive(run, run.steps[key], ids)


def _ids(ids: Sequence[int]) -> dict[str, Any]:
    """Return the ids of a batch and their range: with it, a statement reads a piece of the primary key."""
    return {"ids": list(ids), "first": min(ids), "last": max(ids)}


def arrive(run: VersionRun, step: AutomationStep, ids: Sequence[int]) -> None:
    """Count people who arrived at a step; if it is a wait, start it."""
    count(run, step.key, ENTERED, {"": len(ids)})
    if step.kind == StepKind.WAIT:
        _begin_wait(run, step, ids)


def _begin_wait(run: VersionRun, step: AutomationStep, ids: Sequence[int]) -> None:
    rule = wait_rule(step.parameters)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"account_id": run.automation.account_id, **_ids(ids), "field": rule.field}
        cursor.execute(_ZONED.format(zone=ZONE, day=DAY), values)
        people = [ZonedPerson(*row) for row in cursor.fetchall()]
    dues = {
        person.enrolment_id: due_at(rule, run.now, zone_for(person.zone, run.home), person.day) for person in people
    }
    postpone(run, {number: due for number, due in dues.items() if due is not None})
    leave(run, step, [number for number, due in dues.items() if due is None], LeavingReason.NO_DATE)


def postpone(run: VersionRun, dues: dict[int, datetime]) -> None:
    """Make people due later, at the step where they are."""
    if dues:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "account_id": run.automation.account_id,
                **_ids(list(dues)),
                "dues": list(dues.values()),
            }
            cursor.execute(_POSTPONE, values)


def leave(run: VersionRun, step: AutomationStep, ids: Sequence[int], why: LeavingReason) -> None:
    """End the enrolments of people at a step."""
    if ids:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "account_id": run.automation.account_id,
                **_ids(ids),
                "why": why.value,
                "now": run.now,
            }
            cursor.execute(_LEAVE, values)
        count(run, step.key, LEFT, {why.value: len(ids)})


def count(run: VersionRun, step: str, what: str, numbers: "Counter[str] | dict[str, int]") -> None:
    """Add to the counts of a step."""
    StepCount.objects.bulk_create(_counts(run, step, what, numbers.items()))


def _counts(run: VersionRun, step: str, what: str, numbers: Iterable[tuple[str, int]]) -> list[StepCount]:
    return [
        StepCount(
            account_id=run.automation.account_id, version=run.version, step=step, what=what, detail=detail, count=number
        )
        for detail, number in numbers
        if number
    ]
