"""Problems that prevent the activation of a graph; `apps.automations` adds those that need the database."""

from collections import Counter
from collections.abc import Iterator

from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.graph import EntryKind, Graph, ReentryMode
from mailflatrate.rules.automations.step import GraphProblem
from mailflatrate.rules.automations.triggers import TRIGGERS

ENTRY = "entry"
"""The step of a problem with what starts the automation."""
GOAL = "goal"


def problems_in(graph: Graph) -> tuple[GraphProblem, ...]:
    return tuple(_whole(graph)) + tuple(problem for step in graph.all_steps() for problem in step.problems())


def _whole(graph: Graph) -> Iterator[GraphProblem]:
    entry = graph.entry
    trigger = TRIGGERS[entry.on]
    if trigger.missing and not getattr(entry, trigger.setting):
        yield GraphProblem(ENTRY, trigger.missing)
    if entry.on is EntryKind.CLICKED and entry.link and entry.campaign is None:
        yield GraphProblem(ENTRY, N_("Choose the campaign that the link is in."))
    if graph.reentry.mode is ReentryMode.AFTER and not graph.reentry.days:
        yield GraphProblem(ENTRY, N_("Enter after how many days a person may enter again."))
    if not graph.steps:
        yield GraphProblem("", N_("The automation has no steps yet. Add a message or another step."))
    if graph.goal is not None:
        if not graph.goal.condition:
            yield GraphProblem(GOAL, N_("The goal has no condition yet."))
        if graph.goal.then != "end" and graph.goal.then not in {step.id for step in graph.steps}:
            yield GraphProblem(GOAL, N_("The step that the goal leads to doesn't exist, or is inside a branch."))
    sent = Counter(graph.campaigns())
    for step in graph.all_steps():
        if step.message_id and sent[step.message_id] > 1:
            yield GraphProblem(
                step.id, N_("This message is used in two steps. Copy it, so that each step has its own.")
            )
