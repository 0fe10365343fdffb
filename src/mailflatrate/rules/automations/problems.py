"""Problems that prevent the activation of a graph, each with its step.

`apps.automations` adds those that need the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.graph import EntryKind, Graph, ReentryMode, Step, StepKind, WaitKind, WaitRule


@dataclass(frozen=True, slots=True)
class GraphProblem:
    """Something to fix: a message id with its parameters, and the step; an empty step is the whole automation."""

    step: str
    message: str
    params: tuple[tuple[str, str | int], ...] = ()


ENTRY = "entry"
"""The step of a problem with what starts the automation."""
GOAL = "goal"
_WHOLE = 100


def problems_in(graph: Graph) -> tuple[GraphProblem, ...]:
    """Return all problems of a graph that can be found without the database."""
    return tuple(_whole(graph)) + tuple(found for step in graph.all_steps() for found in _of_step(step))


def _whole(graph: Graph) -> Iterator[GraphProblem]:
    entry = graph.entry
    missing = {
        EntryKind.DATE: not entry.field and N_("Choose the date field that starts the automation."),
        EntryKind.SEGMENT_ENTERED: entry.segment is None and N_("Choose the segment that starts the automation."),
        EntryKind.SEGMENT_LEFT: entry.segment is None and N_("Choose the segment that starts the automation."),
        EntryKind.TAG_ADDED: entry.tag is None and N_("Choose the tag that starts the automation."),
        EntryKind.EVENT: not entry.name and N_("Name the event that starts the automation."),
    }.get(entry.on)
    if missing:
        yield GraphProblem(ENTRY, missing)
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
        if step.do is StepKind.SEND and step.campaign and sent[step.campaign] > 1:
            yield GraphProblem(
                step.id, N_("This message is used in two steps. Copy it, so that each step has its own.")
            )


_CHOICES: dict[StepKind, tuple[str, str]] = {
    StepKind.SEND: ("campaign", N_("Write the message of this step.")),
    StepKind.SET_FIELD: ("field", N_("Choose the field to set.")),
    StepKind.ADD_TAG: ("tag", N_("Choose the tag.")),
    StepKind.REMOVE_TAG: ("tag", N_("Choose the tag.")),
    StepKind.NOTIFY: ("user", N_("Choose the colleague to notify.")),
    StepKind.WEBHOOK: ("endpoint", N_("Choose the webhook.")),
    StepKind.GO_TO: ("automation", N_("Choose the automation to go to.")),
    StepKind.BRANCH: ("condition", N_("Choose the condition of this branch.")),
}
"""What an author chooses in a step, and what to say while it isn't chosen."""


def _of_step(step: Step) -> Iterator[GraphProblem]:
    name, message = _CHOICES.get(step.do, ("id", ""))
    if not getattr(step, name):
        yield GraphProblem(step.id, message)
    match step.do:
        case StepKind.WAIT:
            yield from _of_wait(step.id, step.wait)
        case StepKind.BRANCH if not step.then and not step.otherwise:
            yield GraphProblem(step.id, N_("Both sides of this branch are empty."))
        case StepKind.SPLIT if sum(arm.share for arm in step.arms) != _WHOLE:
            whole = sum(arm.share for arm in step.arms)
            yield GraphProblem(step.id, N_("The shares add up to {sum}%. They have to make 100%."), (("sum", whole),))
        case StepKind.NOTIFY if not step.text.strip():
            yield GraphProblem(step.id, N_("Write what your colleague should read."))


def _of_wait(key: str, rule: WaitRule | None) -> Iterator[GraphProblem]:
    if rule is None or (rule.kind is WaitKind.FOR and not (rule.minutes or rule.hours or rule.days)):
        yield GraphProblem(key, N_("Enter how long to wait."))
    elif rule.kind is WaitKind.DATE and not rule.field:
        yield GraphProblem(key, N_("Choose the date field to wait for."))
    elif rule.kind is WaitKind.EVENT and not rule.event:
        yield GraphProblem(key, N_("Name the event to wait for."))
