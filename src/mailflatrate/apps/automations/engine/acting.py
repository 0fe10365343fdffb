"""Carries out each kind of step for a batch of people who are due at it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import Membership, NoticeKind
from mailflatrate.apps.accounts.service_mail import Passage as QuotedText
from mailflatrate.apps.automations.engine import sending
from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.automations.engine.event_waits import TIME_IS_UP
from mailflatrate.apps.automations.engine.moving import Passed, leave, move
from mailflatrate.apps.automations.models import AutomationArrival, AutomationStep, LeavingReason
from mailflatrate.apps.events.queries import find_endpoint
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import ChangeSource, Contact
from mailflatrate.apps.lists.tags import give_tags, take_tags
from mailflatrate.base.outbox.writing import emitted
from mailflatrate.rules.automations.compiling import FINISH, arm_of
from mailflatrate.rules.automations.graph import StepKind, WaitKind
from mailflatrate.rules.events import EventType
from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.fields.values import normalize_value
from mailflatrate.settings import load_settings

GOAL = "goal"
WEBHOOK_OFF = "webhook_off"
"""Results of people who passed a step otherwise than by what it does."""
_MOST_NAMED = 20
# A contact that is being changed or erased is left for the next pass, so that an erasure never waits for this.
_FREE = """
SELECT id FROM contact WHERE account_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED
"""
_SET = """
UPDATE contact SET attributes = attributes || jsonb_build_object(%s::text, %s::jsonb), updated_at = %s
WHERE account_id = %s AND id = ANY(%s::bigint[])
"""
_EMPTY = """
UPDATE contact SET attributes = attributes - %s::text, updated_at = %s WHERE account_id = %s AND id = ANY(%s::bigint[])
"""

_CALL = emitted(
    EventType.AUTOMATION_STEP,
    "%(account_id)s",
    "jsonb_build_object('automation_id', %(automation_id)s::bigint, 'enrolment_id', p.enrolment_id, 'contact_id',"
    " p.contact_id, 'step', %(step)s::text, 'webhook_id', %(endpoint_id)s::bigint)",
    "unnest(%(enrolments)s::bigint[], %(contacts)s::bigint[]) AS p (enrolment_id, contact_id)",
)


def act(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    """Carry out a step for people who are due at it. Those who have met the goal follow the goal instead."""
    people = _without_goal(run, step, people)
    if people:
        _ACTS[StepKind(step.kind)](run, step, people)


def _without_goal(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> Sequence[Person]:
    goal = run.graph.goal
    met = [person for person in people if person.at_goal]
    if goal is None or not met:
        return people
    target = run.steps.get(goal.then)
    if target is None:
        leave(run, step, [person.enrolment_id for person in met], LeavingReason.GOAL)
    elif target.number > step.number:
        move(run, step, [Passed(person.enrolment_id, target.key, result=GOAL) for person in met])
    else:
        return people  # the goal leads back, or to where they are: they go on from here
    return [person for person in people if not person.at_goal]


def _pass(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    move(run, step, [Passed(person.enrolment_id, step.targets[0]) for person in people])


def _wait(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    target = TIME_IS_UP if step.parameters["kind"] == WaitKind.EVENT else 0
    move(run, step, [Passed(person.enrolment_id, step.targets[0], target) for person in people])


def _branch(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    arms = [(person, 0 if person.met else 1) for person in people]
    move(run, step, [Passed(person.enrolment_id, step.targets[arm], arm) for person, arm in arms])


def _split(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    arms = [(person, arm_of(person.enrolment_id, step.key, step.parameters["shares"])) for person in people]
    move(run, step, [Passed(person.enrolment_id, step.targets[arm], arm) for person, arm in arms])


def _free(run: VersionRun, people: Sequence[Person]) -> list[Person]:
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [run.automation.account_id, [person.contact_id for person in people]])
        free = {int(number) for (number,) in cursor.fetchall()}
    name_author(ChangeAuthor(ChangeSource.SYSTEM, reference=f"automation:{run.automation.id}"))
    return [person for person in people if person.contact_id in free]


def _set_field(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    key = step.parameters["field"]
    field = definitions([key]).get(key)
    people = _free(run, people)
    result = "field"
    if field is not None:
        try:
            value = normalize_value(field, step.parameters["value"])
        except UnreadableValue:
            value = None
        else:
            result = ""
            _write(run, key, value, [person.contact_id for person in people])
    move(run, step, [Passed(person.enrolment_id, step.targets[0], result=result) for person in people])


def _write(run: VersionRun, key: str, value: object, contact_ids: list[int]) -> None:
    account_id = run.automation.account_id
    with connection.cursor() as cursor:
        if value is None:
            cursor.execute(_EMPTY, [key, run.now, account_id, contact_ids])
        else:
            cursor.execute(_SET, [key, json.dumps(value), run.now, account_id, contact_ids])


def _tags(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    people = _free(run, people)
    change = give_tags if step.kind == StepKind.ADD_TAG else take_tags
    change([person.contact_id for person in people], [step.parameters["tag"]])
    _pass(run, step, people)


def _notify(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    """Tell the colleague once for the whole batch.

    Someone who left the account since gets nothing, nor does a member who is limited to some lists (ADR 0048).
    """
    members = Membership.objects.select_related("user").filter(user__is_active=True, list_ids=None)
    found = members.filter(user_id=step.parameters["user"]).first()
    if found is not None:
        ids = [person.contact_id for person in people[:_MOST_NAMED]]
        names = [str(contact) for contact in Contact.objects.filter(id__in=ids).order_by("id")]
        facts = {
            "automation": run.automation.name,
            "people": names,
            "count": len(people),
            "note": QuotedText(step.parameters["text"]),
            "url": f"{load_settings().public_url}/studio/contacts/{ids[0]}/",
        }
        tell_people(NoticeKind.TEAM, [found.user], "automations/mail/step_reached", facts)
    _pass(run, step, people)


def _webhook(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    """Write an event for each person. Its delivery has its own attempts, so an endpoint that fails stops no one.

    One that is switched off gets the events when it is switched on again; one that was deleted gets none.
    """
    endpoint = find_endpoint(step.parameters["endpoint"])
    if endpoint is not None:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "account_id": run.automation.account_id,
                "automation_id": run.automation.id,
                "step": step.key,
                "endpoint_id": endpoint.id,
                "enrolments": [person.enrolment_id for person in people],
                "contacts": [person.contact_id for person in people],
            }
            cursor.execute(_CALL, values)
    result = "" if endpoint is not None and endpoint.is_active else WEBHOOK_OFF
    move(run, step, [Passed(person.enrolment_id, step.targets[0], result=result) for person in people])


def _go_to(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    target = step.parameters["automation"]
    AutomationArrival.objects.bulk_create(
        AutomationArrival(
            account_id=run.automation.account_id, automation_id=target, contact_id=person.contact_id, at=run.now
        )
        for person in people
    )
    move(run, step, [Passed(person.enrolment_id, FINISH) for person in people])


_ACTS: Mapping[StepKind, Callable[[VersionRun, AutomationStep, Sequence[Person]], None]] = {
    StepKind.SEND: sending.send,
    StepKind.WAIT: _wait,
    StepKind.BRANCH: _branch,
    StepKind.SPLIT: _split,
    StepKind.SET_FIELD: _set_field,
    StepKind.ADD_TAG: _tags,
    StepKind.REMOVE_TAG: _tags,
    StepKind.NOTIFY: _notify,
    StepKind.WEBHOOK: _webhook,
    StepKind.GO_TO: _go_to,
    StepKind.END: _pass,
}
