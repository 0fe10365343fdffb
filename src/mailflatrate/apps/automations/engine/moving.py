"""Records what happened to people at a step (passed to the next one, postponed, or left), and counts them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from mailflatrate.apps.automations.engine.context import VersionRun
from mailflatrate.apps.automations.engine.taking import ZONE
from mailflatrate.apps.automations.figures import ENTERED, LEFT, PASSED, WHOLE
from mailflatrate.apps.automations.models import AutomationStep, LeavingReason, StepCount
from mailflatrate.rules.automations.step import FINISH
from mailflatrate.rules.automations.steps import Wait
from mailflatrate.rules.automations.waits import due_at, wait_rule, zone_for

# A step without a wait before it is due when the one before it was, so that what is late stays late. Most people of a
# batch share an outcome, so they name its place, and each outcome is sent once.
_MOVE = """
WITH outcome AS MATERIALIZED (
    SELECT * FROM unnest(%(nexts)s::text[], %(targets)s::smallint[], %(results)s::text[], %(dues)s::timestamptz[])
        WITH ORDINALITY AS o (next, target, result, due, place)
), moved AS (
    UPDATE enrolment e SET step = coalesce(nullif(o.next, ''), e.step),
        state = CASE WHEN o.next = '' THEN 'finished' ELSE 'active' END,
        ended_at = CASE WHEN o.next = '' THEN %(now)s::timestamptz END, due_at = coalesce(o.due, e.due_at)
    FROM unnest(%(ids)s::bigint[], %(places)s::int[]) AS m (id, place) JOIN outcome o USING (place)
    WHERE e.id = m.id AND e.account_id = %(account_id)s AND e.state = 'active' AND e.step = %(step)s
        AND e.id BETWEEN %(first)s AND %(last)s
)
INSERT INTO enrolment_passage (account_id, enrolment_id, step, at, target, result)
SELECT %(account_id)s, m.id, %(step)s, %(now)s, o.target, o.result
FROM unnest(%(ids)s::bigint[], %(places)s::int[]) AS m (id, place) JOIN outcome o USING (place)
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
_ZONED = """
SELECT e.id, {zone}, {day}
FROM enrolment e JOIN contact c ON c.id = e.contact_id AND c.account_id = e.account_id
WHERE e.account_id = %(account_id)s AND e.id = ANY(%(ids)s::bigint[]) AND e.id BETWEEN %(first)s AND %(last)s
"""


class Passed(NamedTuple):
    """A person who passed a step, with a result only if the step's action wasn't carried out."""

    enrolment_id: int
    next_key: str
    target: int = 0
    result: str = ""


def move(run: VersionRun, step: AutomationStep, people: Sequence[Passed]) -> None:
    """Record that people passed a step, and start the waits that they arrive at."""
    if not people:
        return
    arrived: dict[str, list[int]] = {}
    for person in people:
        arrived.setdefault(person.next_key, []).append(person.enrolment_id)
    waits = {key: _dues(run, run.steps[key], ids) for key, ids in arrived.items() if _is_wait(run, key)}
    places: dict[tuple[str, int, str, datetime | None], int] = {}
    by_person = []
    for number, key, target, result in people:
        due = waits[key].get(number) if key in waits else None
        by_person.append(places.setdefault((key, target, result, due), len(places) + 1))
    nexts, targets, results, dues = (list(column) for column in zip(*places, strict=True))
    values: dict[str, Any] = {
        "account_id": run.automation.account_id,
        "step": step.key,
        "now": run.now,
        **_ids([person.enrolment_id for person in people]),
        "places": by_person,
        "nexts": nexts,
        "targets": targets,
        "results": results,
        "dues": dues,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, values)
    count(run, step.key, PASSED, Counter(result or str(target) for _number, _key, target, result in people))
    if finished := arrived.pop(FINISH, None):
        count(run, WHOLE, PASSED, {"": len(finished)})
    for key, ids in arrived.items():
        count(run, key, ENTERED, {"": len(ids)})
        if key in waits:
            leave(run, run.steps[key], [number for number in ids if number not in waits[key]], LeavingReason.NO_DATE)


def _is_wait(run: VersionRun, key: str) -> bool:
    return key != FINISH and run.steps[key].kind == Wait.kind


def _ids(ids: Sequence[int]) -> dict[str, Any]:
    """Return the ids of a batch and their range: with it, a statement reads a piece of the primary key."""
    return {"ids": list(ids), "first": min(ids), "last": max(ids)}


def arrive(run: VersionRun, step: AutomationStep, ids: Sequence[int]) -> None:
    """Count people who entered at a step; if it is a wait, start it."""
    count(run, step.key, ENTERED, {"": len(ids)})
    if step.kind == Wait.kind:
        dues = _dues(run, step, ids)
        postpone(run, dues)
        leave(run, step, [number for number in ids if number not in dues], LeavingReason.NO_DATE)


def _dues(run: VersionRun, step: AutomationStep, ids: Sequence[int]) -> dict[int, datetime]:
    """Return when a wait that begins now ends for each enrolment; those without the date it needs are missing."""
    rule = wait_rule(step.parameters)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"account_id": run.automation.account_id, **_ids(ids), "field": rule.field}
        cursor.execute(_ZONED.format(zone=ZONE, day=DAY), values)
        people = cursor.fetchall()
    due_times: dict[tuple[str | None, date | None], datetime | None] = {}
    dues = {}
    for number, zone, day in people:
        if (zone, day) not in due_times:
            due_times[zone, day] = due_at(rule, run.now, zone_for(zone, run.home), day)
        if (due := due_times[zone, day]) is not None:
            dues[number] = due
    return dues


def postpone(run: VersionRun, dues: dict[int, datetime]) -> None:
    if dues:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "account_id": run.automation.account_id,
                **_ids(list(dues)),
                "dues": list(dues.values()),
            }
            cursor.execute(_POSTPONE, values)


def leave(run: VersionRun, step: AutomationStep, ids: Sequence[int], why: LeavingReason) -> None:
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
    StepCount.objects.bulk_create(_counts(run, step, what, numbers.items()))


def _counts(run: VersionRun, step: str, what: str, numbers: Iterable[tuple[str, int]]) -> list[StepCount]:
    return [
        StepCount(
            account_id=run.automation.account_id, version=run.version, step=step, what=what, detail=detail, count=number
        )
        for detail, number in numbers
        if number
    ]
