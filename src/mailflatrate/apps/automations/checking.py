"""Problems that prevent the activation of an automation: those of its graph, and those that need the database."""

from collections.abc import Iterator

from django.db.models import Model

from mailflatrate.apps.automations.engine.steps import ACTIONS
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.lookup import GONE, GraphLookup
from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.models import Tag
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.graph import Entry, EntryKind
from mailflatrate.rules.automations.problems import ENTRY, GOAL, problems_in
from mailflatrate.rules.automations.step import GraphProblem
from mailflatrate.rules.automations.triggers import TRIGGERS


@tenancy.needs_account
def problems_of(version: AutomationVersion) -> list[GraphProblem]:
    graph = graph_of(version)
    lookup = GraphLookup(version, graph)
    problems = [*problems_in(graph), *_of_entry(graph.entry, lookup)]
    if graph.goal is not None and graph.goal.condition:
        problems += lookup.condition(GOAL, graph.goal.condition)
    for step in graph.all_steps():
        problems += ACTIONS[step.kind].problems(step, lookup)
    return problems


def _of_entry(entry: Entry, lookup: GraphLookup) -> Iterator[GraphProblem]:
    setting = TRIGGERS[entry.on].setting
    number = getattr(entry, setting) if setting in _NAMED else None
    if number is not None and not _NAMED[setting].objects.filter(id=number).exists():  # type: ignore[attr-defined]
        yield GraphProblem(ENTRY, GONE)
    if entry.on is EntryKind.CONFIRMED and number is not None:
        lists = Form.objects.filter(id=number).values_list("mailing_list_id", flat=True)
        if lists and lists[0] != lookup.automation.mailing_list_id:
            yield GraphProblem(ENTRY, N_("This form belongs to another list. Choose one of the automation's list."))
    if entry.on is EntryKind.DATE and entry.field:
        yield from lookup.date_field(ENTRY, entry.field)
    if entry.on is EntryKind.EVENT and entry.name:
        yield from lookup.event(ENTRY, entry.name)


_NAMED: dict[str, type[Model]] = {"form": Form, "segment": Segment, "tag": Tag, "campaign": Campaign}
