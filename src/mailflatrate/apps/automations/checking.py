"""Problems that prevent the activation of an automation: those of its graph, and those that need the database."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django.db.models import Model

from mailflatrate.apps.accounts.models import Membership
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import (
    Automation,
    AutomationState,
    AutomationStep,
    AutomationVersion,
    VersionState,
)
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.events.queries import find_endpoint
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.conditions.parsing import parse_segment
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.events import declared
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import Segment, Tag
from mailflatrate.base import tenancy
from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.graph import Condition, EntryKind, Graph, ReentryMode, Step, StepKind, WaitKind
from mailflatrate.rules.automations.problems import ENTRY, GOAL, GraphProblem, problems_in
from mailflatrate.rules.campaign_states import EDITABLE
from mailflatrate.rules.fields.field_type import FieldDefinition, UnreadableValue
from mailflatrate.rules.fields.values import normalize_value

_ENTERED = (VersionState.RELEASING, VersionState.CURRENT)
_LEADS = (StepKind.GO_TO, StepKind.ADD_TAG)
_GONE = N_("What this step refers to no longer exists. Choose another.")
_NO_EVENT = N_("No event is called “{name}” yet. Choose one of your events, or declare it first.")
_NO_WEBHOOK = N_("This webhook is switched off or was deleted. Switch it on, or choose another.")


@tenancy.needs_account
def problems_of(version: AutomationVersion) -> list[GraphProblem]:
    """Return everything to fix before a draft can be activated, each problem with its step."""
    graph = graph_of(version)
    return [*problems_in(graph), *_Lookup(version, graph).problems()]


class _Lookup:
    """Looks up what a graph refers to."""

    def __init__(self, version: AutomationVersion, graph: Graph) -> None:
        self._automation, self._graph = version.automation, graph
        self._fields = definitions()

    def problems(self) -> Iterator[GraphProblem]:
        yield from self._entry()
        if self._graph.goal is not None and self._graph.goal.condition:
            yield from self._condition(GOAL, self._graph.goal.condition)
        messages = Campaign.objects.filter(automation_id=self._automation.id, id__in=self._graph.campaigns())
        self._messages = {row.id: row for row in messages}
        for step in self._graph.all_steps():
            yield from self._step(step)
            if step.do is StepKind.BRANCH and step.condition:
                yield from self._condition(step.id, step.condition)

    def _entry(self) -> Iterator[GraphProblem]:
        entry = self._graph.entry
        named: dict[EntryKind, tuple[type[Model], int | None]] = {
            EntryKind.CONFIRMED: (Form, entry.form),
            EntryKind.SEGMENT_ENTERED: (Segment, entry.segment),
            EntryKind.SEGMENT_LEFT: (Segment, entry.segment),
            EntryKind.TAG_ADDED: (Tag, entry.tag),
            EntryKind.CLICKED: (Campaign, entry.campaign),
        }
        model, number = named.get(entry.on, (Form, None))
        if number is not None and not _exists(model, number):
            yield GraphProblem(ENTRY, _GONE)
        if entry.on is EntryKind.CONFIRMED and number is not None:
            lists = Form.objects.filter(id=number).values_list("mailing_list_id", flat=True)
            if lists and lists[0] != self._automation.mailing_list_id:
                yield GraphProblem(ENTRY, N_("This form belongs to another list. Choose one of the automation's list."))
        if entry.on is EntryKind.DATE and entry.field:
            yield from self._date_field(ENTRY, entry.field)
        if entry.on is EntryKind.EVENT and entry.name:
            yield from self._event(ENTRY, entry.name)

    def _step(self, step: Step) -> Iterator[GraphProblem]:
        match step.do:
            case StepKind.SEND if step.campaign is not None:
                yield from self._message(step)
            case StepKind.WAIT if step.wait is not None and step.wait.kind is WaitKind.DATE and step.wait.field:
                yield from self._date_field(step.id, step.wait.field)
            case StepKind.WAIT if step.wait is not None and step.wait.kind is WaitKind.EVENT and step.wait.event:
                yield from self._event(step.id, step.wait.event)
            case StepKind.SET_FIELD if step.field:
                yield from _value(step, self._fields.get(step.field))
            case StepKind.ADD_TAG | StepKind.REMOVE_TAG if step.tag is not None and not _exists(Tag, step.tag):
                yield GraphProblem(step.id, _GONE)
            case StepKind.ADD_TAG if step.tag is not None:
                yield from self._add_tag(step.id, step.tag)
            case StepKind.NOTIFY if step.user is not None:
                if not Membership.objects.filter(user_id=step.user, user__is_active=True).exists():
                    yield GraphProblem(step.id, N_("This colleague no longer belongs to your account. Choose another."))
            case StepKind.WEBHOOK if step.endpoint is not None:
                endpoint = find_endpoint(step.endpoint)
                if endpoint is None or not endpoint.is_active:
                    yield GraphProblem(step.id, _NO_WEBHOOK)
            case StepKind.GO_TO if step.automation is not None:
                yield from self._go_to(step.id, step.automation)

    def _message(self, step: Step) -> Iterator[GraphProblem]:
        message = self._messages.get(step.campaign or 0)
        if message is None:
            yield GraphProblem(step.id, _GONE)
        elif message.state not in EDITABLE:
            yield GraphProblem(step.id, N_("This message was sent with another version. Copy it for this one."))
        elif message.list_ids != [self._automation.mailing_list_id] or message.conditions or message.variants:
            yield GraphProblem(
                step.id,
                N_("A message of an automation goes to its own list, without conditions or an A/B test. Use steps."),
            )

    def _date_field(self, where: str, key: str) -> Iterator[GraphProblem]:
        field = self._fields.get(key)
        if field is None:
            yield GraphProblem(where, _GONE)
        elif not field.type.is_date:
            yield GraphProblem(where, N_("This field doesn't hold dates. Choose a date field."))

    def _event(self, where: str, name: str) -> Iterator[GraphProblem]:
        if name not in declared([name]):
            yield GraphProblem(where, _NO_EVENT, (("name", name),))

    def _condition(self, where: str, condition: Condition) -> Iterator[GraphProblem]:
        try:
            parse_segment(condition)
        except SegmentError as refused:
            yield GraphProblem(where, N_("The condition can't be used: {reason}"), (("reason", str(refused)),))

    def _go_to(self, where: str, target: int) -> Iterator[GraphProblem]:
        found = Automation.objects.filter(id=target).exclude(state=AutomationState.ENDED).first()
        if found is None:
            yield GraphProblem(where, _GONE)
        elif self._leads_back([target]):
            yield GraphProblem(
                where, N_("That automation leads back to this one, so people would go through both forever.")
            )

    def _add_tag(self, where: str, tag: int) -> Iterator[GraphProblem]:
        if self._leads_back(self._started_by_tags.get(tag, ())):
            yield GraphProblem(
                where,
                N_("This tag starts this automation again, so people would go through it forever. Choose another tag."),
            )

    @cached_property
    def _started_by_tags(self) -> dict[int, set[int]]:
        """The automations that each tag starts, every time that a person gets it. This one counts as drafted."""
        live = AutomationVersion.objects.filter(state__in=_ENTERED).exclude(automation_id=self._automation.id)
        graphs = [(self._automation.id, self._graph), *((row.automation_id, graph_of(row)) for row in live)]
        found: dict[int, set[int]] = {}
        for number, graph in graphs:
            if graph.entry.tag is not None and graph.reentry.mode is ReentryMode.ALWAYS:
                found.setdefault(graph.entry.tag, set()).add(number)
        return found

    def _leads_back(self, starts: Iterable[int]) -> bool:
        """Return whether these automations may lead to this one, by the steps of all versions people may be in."""
        edges: dict[int, set[int]] = {}
        rows = AutomationStep.objects.filter(kind__in=_LEADS, version__state__in=[*_ENTERED, VersionState.FINISHING])
        for source, parameters in rows.values_list("version__automation_id", "parameters"):
            tagged = self._started_by_tags.get(parameters.get("tag"), ())
            edges.setdefault(source, set()).update(tagged or {parameters.get("automation")})
        seen, waiting = set(), [*starts]
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                waiting += edges.get(number, ())
        return self._automation.id in seen


def _exists(model: type[Model], number: int) -> bool:
    rows: Any = model.objects  # type: ignore[attr-defined]
    return bool(rows.filter(id=number).exists())


def _value(step: Step, field: FieldDefinition | None) -> Iterator[GraphProblem]:
    if field is None:
        yield GraphProblem(step.id, _GONE)
        return
    try:
        normalize_value(field, step.value)
    except UnreadableValue:
        yield GraphProblem(step.id, N_("This value doesn't fit the field “{field}”."), (("field", field.label),))
