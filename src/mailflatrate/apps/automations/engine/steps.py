"""What each kind of step does to people, and what it needs from the database to be activated."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db import connection

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import Membership, NoticeKind
from mailflatrate.apps.accounts.service_mail import Passage as QuotedText
from mailflatrate.apps.automations.engine import sending
from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.automations.engine.event_waits import TIME_IS_UP
from mailflatrate.apps.automations.engine.moving import Passed, leave, move
from mailflatrate.apps.automations.lookup import GONE, GraphLookup
from mailflatrate.apps.automations.models import (
    Automation,
    AutomationArrival,
    AutomationState,
    AutomationStep,
    LeavingReason,
)
from mailflatrate.apps.events.queries import find_endpoint
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import ChangeSource, Contact, Tag
from mailflatrate.apps.lists.tags import give_tags, take_tags
from mailflatrate.base.outbox.writing import emitted
from mailflatrate.kinds import from_extensions
from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.compiling import FlatStep, arm_of
from mailflatrate.rules.automations.step import FINISH, GraphProblem, Step
from mailflatrate.rules.automations.steps import (
    AddTag,
    Branch,
    End,
    GoTo,
    Notify,
    RemoveTag,
    Send,
    SetField,
    Split,
    Wait,
    WaitKind,
    Webhook,
)
from mailflatrate.rules.campaigns.campaign_states import EDITABLE
from mailflatrate.rules.events import EventType
from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.fields.values import normalize_value
from mailflatrate.settings import load_settings

S = TypeVar("S", bound=Step)
GOAL = "goal"
"""The result of people who passed a step because they had met the goal."""


class RehearsedContact(Protocol):
    """The contact of a rehearsal, whose changes are rolled back."""

    contact_id: int

    def note_message(self, at: datetime) -> None: ...


class StepAction(ABC, Generic[S]):
    @abstractmethod
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        """Carry out the step for people who are due at it, and move them on."""

    def problems(self, step: S, lookup: GraphLookup) -> Iterator[GraphProblem]:
        """Yield what to fix in a step before it can be activated, as far as the database shows it."""
        yield from ()

    def rehearse(self, step: FlatStep, contact: RehearsedContact, at: datetime) -> None:
        """Do to a contact what the step would do, as far as later steps depend on it."""


def pass_on(run: VersionRun, step: AutomationStep, people: Sequence[Person], result: str = "") -> None:
    """Move people on to the next step. `result`: why they pass without what the step does."""
    move(run, step, [Passed(person.enrolment_id, step.targets[0], result=result) for person in people])


# A contact that is being changed or erased is left for the next pass, so that an erasure never waits for this.
_FREE = """
SELECT id FROM contact WHERE account_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED
"""


def free_people(run: VersionRun, people: Sequence[Person]) -> list[Person]:
    """Lock and return those whose contact no one else is changing."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [run.automation.account_id, [person.contact_id for person in people]])
        free = {int(number) for (number,) in cursor.fetchall()}
    name_author(ChangeAuthor(ChangeSource.SYSTEM, reference=f"automation:{run.automation.id}"))
    return [person for person in people if person.contact_id in free]


class _Send(StepAction[Send]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        sending.send(run, step, people)

    def problems(self, step: Send, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.campaign is None:
            return
        message = lookup.messages.get(step.campaign)
        if message is None:
            yield GraphProblem(step.id, GONE)
        elif message.state not in EDITABLE:
            yield GraphProblem(step.id, N_("This message was sent with another version. Copy it for this one."))
        elif message.list_ids != [lookup.automation.mailing_list_id] or message.conditions or message.variants:
            yield GraphProblem(
                step.id,
                N_("A message of an automation goes to its own list, without conditions or an A/B test. Use steps."),
            )

    def rehearse(self, step: FlatStep, contact: RehearsedContact, at: datetime) -> None:
        contact.note_message(at)


class _Wait(StepAction[Wait]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        target = TIME_IS_UP if step.parameters["kind"] == WaitKind.EVENT else 0
        move(run, step, [Passed(person.enrolment_id, step.targets[0], target) for person in people])

    def problems(self, step: Wait, lookup: GraphLookup) -> Iterator[GraphProblem]:
        rule = step.wait
        if rule is not None and rule.kind is WaitKind.DATE and rule.field:
            yield from lookup.date_field(step.id, rule.field)
        if rule is not None and rule.kind is WaitKind.EVENT and rule.event:
            yield from lookup.event(step.id, rule.event)


class _Branch(StepAction[Branch]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        arms = [(person, 0 if person.met else 1) for person in people]
        move(run, step, [Passed(person.enrolment_id, step.targets[arm], arm) for person, arm in arms])

    def problems(self, step: Branch, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.condition:
            yield from lookup.condition(step.id, step.condition)


class _Split(StepAction[Split]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        arms = [(person, arm_of(person.enrolment_id, step.key, step.parameters["shares"])) for person in people]
        move(run, step, [Passed(person.enrolment_id, step.targets[arm], arm) for person, arm in arms])


_SET = """
UPDATE contact SET attributes = attributes || jsonb_build_object(%s::text, %s::jsonb), updated_at = %s
WHERE account_id = %s AND id = ANY(%s::bigint[])
"""
_EMPTY = """
UPDATE contact SET attributes = attributes - %s::text, updated_at = %s WHERE account_id = %s AND id = ANY(%s::bigint[])
"""


class _SetField(StepAction[SetField]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        key = step.parameters["field"]
        field = definitions([key]).get(key)
        people = free_people(run, people)
        result = "field"
        if field is not None:
            try:
                value = normalize_value(field, step.parameters["value"])
            except UnreadableValue:
                value = None
            else:
                result = ""
                _write(run, key, value, [person.contact_id for person in people])
        pass_on(run, step, people, result)

    def problems(self, step: SetField, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if not step.field:
            return
        field = lookup.fields.get(step.field)
        if field is None:
            yield GraphProblem(step.id, GONE)
            return
        try:
            normalize_value(field, step.value)
        except UnreadableValue:
            yield GraphProblem(step.id, N_("This value doesn't fit the field “{field}”."), (("field", field.label),))

    def rehearse(self, step: FlatStep, contact: RehearsedContact, at: datetime) -> None:
        key = step.parameters["field"]
        field = definitions([key]).get(key)
        if field is None:
            return
        try:
            value = normalize_value(field, step.parameters["value"])
        except UnreadableValue:
            return
        row = Contact.objects.get(id=contact.contact_id)
        row.attributes = {name: kept for name, kept in row.attributes.items() if name != key}
        if value is not None:
            row.attributes[key] = value
        row.save(update_fields=["attributes"])


def _write(run: VersionRun, key: str, value: object, contact_ids: list[int]) -> None:
    account_id = run.automation.account_id
    with connection.cursor() as cursor:
        if value is None:
            cursor.execute(_EMPTY, [key, run.now, account_id, contact_ids])
        else:
            cursor.execute(_SET, [key, json.dumps(value), run.now, account_id, contact_ids])


class _AddTag(StepAction[AddTag]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        people = free_people(run, people)
        give_tags([person.contact_id for person in people], [step.parameters["tag"]])
        pass_on(run, step, people)

    def problems(self, step: AddTag, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.tag is not None and not Tag.objects.filter(id=step.tag).exists():
            yield GraphProblem(step.id, GONE)
        elif step.tag is not None and lookup.leads_back(lookup.started_by_tags.get(step.tag, ())):
            yield GraphProblem(
                step.id,
                N_("This tag starts this automation again, so people would go through it forever. Choose another tag."),
            )

    def rehearse(self, step: FlatStep, contact: RehearsedContact, at: datetime) -> None:
        give_tags([contact.contact_id], [step.parameters["tag"]])


class _RemoveTag(StepAction[RemoveTag]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        people = free_people(run, people)
        take_tags([person.contact_id for person in people], [step.parameters["tag"]])
        pass_on(run, step, people)

    def problems(self, step: RemoveTag, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.tag is not None and not Tag.objects.filter(id=step.tag).exists():
            yield GraphProblem(step.id, GONE)

    def rehearse(self, step: FlatStep, contact: RehearsedContact, at: datetime) -> None:
        take_tags([contact.contact_id], [step.parameters["tag"]])


_MOST_NAMED = 20


class _Notify(StepAction[Notify]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        """Once for the whole batch; not to who has left the account, or is limited to some lists (ADR 0048)."""
        members = Membership.objects.select_related("user").filter(user__is_active=True, list_ids=None)
        member = members.filter(user_id=step.parameters["user"]).first()
        if member is not None:
            ids = [person.contact_id for person in people[:_MOST_NAMED]]
            names = [str(contact) for contact in Contact.objects.filter(id__in=ids).order_by("id")]
            facts = {
                "automation": run.automation.name,
                "people": names,
                "count": len(people),
                "note": QuotedText(step.parameters["text"]),
                "url": f"{load_settings().public_url}/studio/contacts/{ids[0]}/",
            }
            tell_people(NoticeKind.TEAM, [member.user], "automations/mail/step_reached", facts)
        pass_on(run, step, people)

    def problems(self, step: Notify, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.user is None:
            return
        if not Membership.objects.filter(user_id=step.user, user__is_active=True).exists():
            yield GraphProblem(step.id, N_("This colleague no longer belongs to your account. Choose another."))


WEBHOOK_OFF = "webhook_off"
"""The result of people who passed the step while its webhook was off."""
_CALL = emitted(
    EventType.AUTOMATION_STEP,
    "%(account_id)s",
    "jsonb_build_object('automation_id', %(automation_id)s::bigint, 'enrolment_id', p.enrolment_id, 'contact_id',"
    " p.contact_id, 'step', %(step)s::text, 'webhook_id', %(endpoint_id)s::bigint)",
    "unnest(%(enrolments)s::bigint[], %(contacts)s::bigint[]) AS p (enrolment_id, contact_id)",
)


class _Webhook(StepAction[Webhook]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        """One event each, with attempts of its own. A webhook that is off gets them once it's on again."""
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
        pass_on(run, step, people, result)

    def problems(self, step: Webhook, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.endpoint is None:
            return
        endpoint = find_endpoint(step.endpoint)
        if endpoint is None or not endpoint.is_active:
            yield GraphProblem(
                step.id, N_("This webhook is switched off or was deleted. Switch it on, or choose another.")
            )


class _GoTo(StepAction[GoTo]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        target = step.parameters["automation"]
        AutomationArrival.objects.bulk_create(
            AutomationArrival(
                account_id=run.automation.account_id, automation_id=target, contact_id=person.contact_id, at=run.now
            )
            for person in people
        )
        move(run, step, [Passed(person.enrolment_id, FINISH) for person in people])

    def problems(self, step: GoTo, lookup: GraphLookup) -> Iterator[GraphProblem]:
        if step.automation is None:
            return
        target = Automation.objects.filter(id=step.automation).exclude(state=AutomationState.ENDED).first()
        if target is None:
            yield GraphProblem(step.id, GONE)
        elif lookup.leads_back([target.id]):
            yield GraphProblem(
                step.id, N_("That automation leads back to this one, so people would go through both forever.")
            )


class _End(StepAction[End]):
    def act(self, run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
        pass_on(run, step, people)


ACTIONS: Mapping[str, StepAction[Any]] = {
    Send.kind: _Send(),
    Wait.kind: _Wait(),
    Branch.kind: _Branch(),
    Split.kind: _Split(),
    SetField.kind: _SetField(),
    AddTag.kind: _AddTag(),
    RemoveTag.kind: _RemoveTag(),
    Notify.kind: _Notify(),
    Webhook.kind: _Webhook(),
    GoTo.kind: _GoTo(),
    End.kind: _End(),
    **dict(from_extensions("step_actions", "STEP_ACTIONS")),
}


def act(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    """Carry out a step for people who are due at it. Those who have met the goal follow the goal instead."""
    people = _without_goal(run, step, people)
    if people:
        ACTIONS[step.kind].act(run, step, people)


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
