"""An automation's tree as pages show it: entry, steps with arms, goal. `automations/_flow.html` draws nested lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailflatrate.apps.automations.figures import MessageFigures, StepFigures, VersionFigures
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.entrypoints.studio.automations.flow_names import FlowNames, names_in
from mailflatrate.entrypoints.studio.automations.flow_words import (
    condition_sentences,
    entry_detail,
    entry_title,
    goal_detail,
    problem_sentence,
    rule_sentences,
    step_detail,
    step_title,
)
from mailflatrate.entrypoints.ui.templatetags.controls import percent
from mailflatrate.rules.automations.editing import TOP
from mailflatrate.rules.automations.graph import Goal, Graph
from mailflatrate.rules.automations.problems import ENTRY, GOAL
from mailflatrate.rules.automations.step import GraphProblem, Step
from mailflatrate.rules.automations.steps import Branch, Send, Split
from mailflatrate.rules.automations.triggers import TRIGGERS

WHOLE_ID = "rules"
"""The side panel of the rules that hold for the whole automation."""


@dataclass(frozen=True, slots=True)
class FlowArm:
    """`address` names its list in `rules.automations.editing`; `count` of people who took it, None without figures."""

    address: str
    label: str
    rows: tuple["FlowRow", ...]
    count: int | None = None

    @property
    def end_place(self) -> str:
        return f"{self.address}:{len(self.rows)}"


@dataclass(frozen=True, slots=True)
class FlowRow:
    """`place`: where a step inserted before it goes, empty for entry and goal. `leads_on`: people go on from it."""

    key: str
    kind: str
    icon: str
    title: str
    detail: str
    place: str = ""
    problems: tuple[str, ...] = ()
    figures: tuple[dict[str, Any], ...] = ()
    arms: tuple[FlowArm, ...] = ()
    can_rise: bool = False
    can_sink: bool = False
    leads_on: bool = True
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole automation. `problems` are those of no single step; `rules` one sentence for each rule."""

    entry: FlowRow
    rows: tuple[FlowRow, ...]
    goal: FlowRow | None
    rules: tuple[str, ...]
    problems: tuple[str, ...] = ()
    problem_count: int = 0

    @property
    def end_place(self) -> str:
        return f"{TOP}:{len(self.rows)}"

    def row(self, key: str) -> FlowRow | None:
        waiting = [self.entry, *([self.goal] if self.goal else []), *self.rows]
        while waiting:
            row = waiting.pop()
            if row.key == key:
                return row
            waiting += [nested for arm in row.arms for nested in arm.rows]
        return None


def flow_of(
    version: AutomationVersion,
    mailing_list: str,
    *,
    problems: Sequence[GraphProblem] = (),
    figures: VersionFigures | None = None,
) -> Flow:
    """Return the flow of a version; `mailing_list` is the name of the automation's list. Raises GraphRefused."""
    graph = graph_of(version)
    return _Reading(graph, names_in(graph, mailing_list), problems, figures).flow()


class _Reading:
    def __init__(
        self, graph: Graph, names: FlowNames, problems: Sequence[GraphProblem], figures: VersionFigures | None
    ) -> None:
        self._graph, self._names, self._figures = graph, names, figures
        self._problems: dict[str, list[str]] = {}
        for problem in problems:
            self._problems.setdefault(problem.step, []).append(problem_sentence(problem))
        self._conditions, self._goal_condition = condition_sentences(graph)

    def flow(self) -> Flow:
        rows = self._rows(self._graph.steps, TOP, is_nested=False)
        goal = self._graph.goal
        return Flow(
            entry=self._entry(),
            rows=rows,
            goal=self._goal(goal, {row.key: row.title for row in rows}) if goal is not None else None,
            rules=tuple(rule_sentences(self._graph)),
            problems=self._problems_of(""),
            problem_count=sum(map(len, self._problems.values())),
        )

    def _problems_of(self, key: str) -> tuple[str, ...]:
        return tuple(self._problems.get(key, ()))

    def _entry(self) -> FlowRow:
        entry, names = self._graph.entry, self._names
        entered = (
            [_figure(self._figures.entered, _("entered")), _figure(self._figures.under_way, _("in it now"))]
            if self._figures is not None
            else []
        )
        return FlowRow(
            key=ENTRY,
            kind=entry.on.value,
            icon=TRIGGERS[entry.on].icon,
            title=entry_title(entry, names),
            detail=entry_detail(entry, names),
            problems=self._problems_of(ENTRY),
            figures=tuple(entered),
        )

    def _goal(self, goal: Goal, titles: Mapping[str, str]) -> FlowRow:
        title = _("Goal: %(condition)s") % {"condition": self._goal_condition or _("(not chosen yet)")}
        reached = self._figures.left.get(GOAL, 0) if self._figures is not None else 0
        return FlowRow(
            key=GOAL,
            kind=GOAL,
            icon="flag",
            title=title,
            detail=goal_detail(goal, titles),
            problems=self._problems_of(GOAL),
            figures=(_figure(reached, _("reached it and left")),) if self._figures is not None else (),
        )

    def _rows(self, steps: Sequence[Step], address: str, *, is_nested: bool) -> tuple[FlowRow, ...]:
        last = len(steps) - 1
        return tuple(
            self._row(
                step,
                f"{address}:{number}",
                can_rise=is_nested or number > 0,
                can_sink=is_nested or number < last,
            )
            for number, step in enumerate(steps)
        )

    def _row(self, step: Step, place: str, *, can_rise: bool, can_sink: bool) -> FlowRow:
        return FlowRow(
            key=step.id,
            kind=step.kind,
            icon=step.icon,
            title=step_title(step, self._names, self._conditions),
            detail=step_detail(step, self._names),
            place=place,
            problems=self._problems_of(step.id),
            figures=self._step_figures(step),
            arms=self._arms(step),
            can_rise=can_rise,
            can_sink=can_sink,
            leads_on=step.leads_on,
            campaign_id=step.message_id,
        )

    def _arms(self, step: Step) -> tuple[FlowArm, ...]:
        if isinstance(step, Branch):
            named = [("then", _("Yes"), step.then), ("else", _("No"), step.otherwise)]
        elif isinstance(step, Split):
            named = [
                (str(number), f"{chr(ord('A') + number)} · {percent(arm.share, 0)}", arm.steps)
                for number, arm in enumerate(step.arms)
            ]
        else:
            return ()
        taken = self._figures.steps.get(step.id, StepFigures()).targets if self._figures is not None else None
        return tuple(
            FlowArm(
                address=f"{step.id}.{name}",
                label=label,
                rows=self._rows(steps, f"{step.id}.{name}", is_nested=True),
                count=None if taken is None else taken.get(number, 0),
            )
            for number, (name, label, steps) in enumerate(named)
        )

    def _step_figures(self, step: Step) -> tuple[dict[str, Any], ...]:
        if self._figures is None:
            return ()
        figures = self._figures.steps.get(step.id, StepFigures())
        if isinstance(step, Send):
            return _message_figures(figures, self._figures.messages.get(step.id, MessageFigures()))
        waiting = ngettext("person is here", "people are here", figures.waiting)
        numbers = [_figure(figures.waiting, waiting), _figure(figures.passed, pgettext("automation", "passed"))]
        return tuple(numbers + _left(figures))


def _message_figures(figures: StepFigures, message: MessageFigures) -> tuple[dict[str, Any], ...]:
    numbers = [_figure(message.sent, _("sent"))]
    if message.sent:
        numbers.append({"value": percent(100 * message.clicked / message.sent, 0), "label": _("clicked")})
    if figures.waiting:
        numbers.append(_figure(figures.waiting, _("waiting")))
    if message.bounced:
        numbers.append(_figure(message.bounced, _("bounced")))
    if message.skipped:
        numbers.append(_figure(message.skipped, _("skipped")))
    return tuple(numbers + _left(figures))


def _left(figures: StepFigures) -> list[dict[str, Any]]:
    return [_figure(figures.left_count, _("left"))] if figures.left_count else []


def _figure(number: int, label: str) -> dict[str, Any]:
    return {"value": str(intcomma(number)), "label": label}
