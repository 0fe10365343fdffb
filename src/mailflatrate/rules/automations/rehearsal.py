"""A person's way through an automation, with the waits, branches and limits of the engine. Everyone is assumed to be
served on time, and events that a wait is for not to happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from mailflatrate.rules.automations.compiling import FlatStep, compile_graph
from mailflatrate.rules.automations.graph import Graph
from mailflatrate.rules.automations.json_object import Condition
from mailflatrate.rules.automations.step import FINISH
from mailflatrate.rules.automations.steps import Branch, Send, Split, Wait, WaitKind
from mailflatrate.rules.automations.waits import after_no_mail_hours, due_at, wait_rule, zone_for


class DelayReason(StrEnum):
    PAUSE = "pause"
    PAUSED = "paused"
    PROMISE = "promise"
    CAP = "cap"
    NO_MAIL_HOURS = "no_mail_hours"


class RehearsalEnd(StrEnum):
    FINISHED = "finished"
    GOAL = "goal"
    NO_DATE = "no_date"


@dataclass(frozen=True, slots=True)
class Delay:
    reason: DelayReason
    until: datetime


@dataclass(frozen=True, slots=True)
class RehearsedStep:
    """They arrive, and go on `at`. `target` is the branch or arm taken. `is_skipped`: the goal was met."""

    step: FlatStep
    arrived_at: datetime
    at: datetime
    target: int = 0
    delays: Sequence[Delay] = ()
    is_skipped: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    steps: Sequence[RehearsedStep]
    end: RehearsalEnd
    ended_at: datetime

    @property
    def messages(self) -> Sequence[RehearsedStep]:
        return [rehearsed for rehearsed in self.steps if rehearsed.step.kind == Send.kind and not rehearsed.is_skipped]


class RehearsedPerson(Protocol):
    def zone(self) -> str | None: ...

    def day(self, field: str) -> date | None: ...

    def meets(self, condition: Condition, at: datetime) -> bool:
        """Return whether the person meets a condition at a moment."""

    def delays(self, at: datetime) -> Sequence[Delay]: ...

    def arm(self, step: FlatStep) -> int: ...

    def act(self, step: FlatStep, at: datetime) -> None: ...


def rehearse(graph: Graph, person: RehearsedPerson, begins_at: datetime, home: str) -> Rehearsal:
    """`begins_at` is aware, `home` the account's time zone. The graph has at least one step, and no problems."""
    return _Way(graph, person, home).take(begins_at)


class _Way:
    def __init__(self, graph: Graph, person: RehearsedPerson, home: str) -> None:
        flat = compile_graph(graph)
        self._graph, self._person, self._home = graph, person, home
        self._first, self._steps = flat[0].key, {step.key: step for step in flat}

    def take(self, begins_at: datetime) -> Rehearsal:
        key, now, taken = self._first, begins_at, list[RehearsedStep]()
        while key != FINISH:
            step = self._steps[key]
            due = self._due(step, now)
            if due is None:
                return Rehearsal([*taken, RehearsedStep(step, now, now)], RehearsalEnd.NO_DATE, now)
            rehearsed = self._wait_until_free(RehearsedStep(step, now, due))
            now = rehearsed.at
            following = self._goal(step, now)
            if following is not None:
                taken.append(replace(rehearsed, is_skipped=True))
                if following == FINISH:
                    return Rehearsal(taken, RehearsalEnd.GOAL, now)
                key = following
                continue
            rehearsed = replace(rehearsed, target=self._target(step, now))
            self._person.act(step, now)
            taken.append(rehearsed)
            key = step.targets[rehearsed.target]
        return Rehearsal(taken, RehearsalEnd.FINISHED, now)

    def _due(self, step: FlatStep, now: datetime) -> datetime | None:
        if step.kind != Wait.kind:
            return now
        rule = wait_rule(step.parameters)
        day = self._person.day(rule.field) if rule.kind is WaitKind.DATE else None
        return due_at(rule, now, zone_for(self._person.zone(), self._home), day)

    def _wait_until_free(self, rehearsed: RehearsedStep) -> RehearsedStep:
        while rehearsed.step.kind == Send.kind and self._goal(rehearsed.step, rehearsed.at) is None:
            delays = list(self._person.delays(rehearsed.at))
            later = max((delay.until for delay in delays), default=rehearsed.at)
            leaves = after_no_mail_hours(later, self._graph.quiet, zone_for(self._person.zone(), self._home))
            if leaves > later:
                delays.append(Delay(DelayReason.NO_MAIL_HOURS, leaves))
            if leaves <= rehearsed.at:
                break
            rehearsed = replace(rehearsed, at=leaves, delays=(*rehearsed.delays, *delays))
        return rehearsed

    def _goal(self, step: FlatStep, at: datetime) -> str | None:
        goal = self._graph.goal
        if goal is None or not goal.condition or not self._person.meets(goal.condition, at):
            return None
        target = self._steps.get(goal.then)
        if target is None:
            return FINISH
        return target.key if target.number > step.number else None

    def _target(self, step: FlatStep, at: datetime) -> int:
        if step.kind == Branch.kind:
            return 0 if self._person.meets(step.parameters["if"], at) else 1
        return self._person.arm(step) if step.kind == Split.kind else 0
