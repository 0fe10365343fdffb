"""Looks up what the graph of a version refers to."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import AutomationStep, AutomationVersion, VersionState
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.events import declared
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.graph import Graph, ReentryMode
from mailflatrate.rules.automations.json_object import Condition
from mailflatrate.rules.automations.step import GraphProblem
from mailflatrate.rules.automations.steps import AddTag, GoTo

_ENTERED = (VersionState.RELEASING, VersionState.CURRENT)
_LEADS = (GoTo.kind, AddTag.kind)
GONE = N_("What this step refers to no longer exists. Choose another.")
_NO_EVENT = N_("No event is called “{name}” yet. Choose one of your events, or declare it first.")


class GraphLookup:
    """The rows that a graph refers to, each read once, and the problems of a reference that several steps have."""

    def __init__(self, version: AutomationVersion, graph: Graph) -> None:
        self.automation, self._graph = version.automation, graph
        self.fields = definitions()
        messages = Campaign.objects.filter(automation_id=self.automation.id, id__in=graph.campaigns())
        self.messages = {row.id: row for row in messages}

    def date_field(self, where: str, key: str) -> Iterator[GraphProblem]:
        field = self.fields.get(key)
        if field is None:
            yield GraphProblem(where, GONE)
        elif not field.type.is_date:
            yield GraphProblem(where, N_("This field doesn't hold dates. Choose a date field."))

    def event(self, where: str, name: str) -> Iterator[GraphProblem]:
        if name not in declared([name]):
            yield GraphProblem(where, _NO_EVENT, (("name", name),))

    def condition(self, where: str, condition: Condition) -> Iterator[GraphProblem]:
        try:
            parse_segment(condition)
        except SegmentError as refused:
            yield GraphProblem(where, N_("The condition can't be used: {reason}"), (("reason", str(refused)),))

    @cached_property
    def started_by_tags(self) -> dict[int, set[int]]:
        """The automations that each tag starts, every time that a person gets it. This one counts as drafted."""
        live = AutomationVersion.objects.filter(state__in=_ENTERED).exclude(automation_id=self.automation.id)
        graphs = [(self.automation.id, self._graph), *((row.automation_id, graph_of(row)) for row in live)]
        by_tag: dict[int, set[int]] = {}
        for number, graph in graphs:
            if graph.entry.tag is not None and graph.reentry.mode is ReentryMode.ALWAYS:
                by_tag.setdefault(graph.entry.tag, set()).add(number)
        return by_tag

    def leads_back(self, starts: Iterable[int]) -> bool:
        """Return whether these automations may lead to this one, by the steps of all versions people may be in."""
        edges: dict[int, set[int]] = {}
        rows = AutomationStep.objects.filter(kind__in=_LEADS, version__state__in=[*_ENTERED, VersionState.FINISHING])
        for source, parameters in rows.values_list("version__automation_id", "parameters"):
            tagged = self.started_by_tags.get(parameters.get("tag"), ())
            edges.setdefault(source, set()).update(tagged or {parameters.get("automation")})
        seen, waiting = set(), [*starts]
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                waiting += edges.get(number, ())
        return self.automation.id in seen
