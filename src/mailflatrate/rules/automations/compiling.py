"""Graph -> flat steps, one row each. A step names the one after it; an empty name finishes the automation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailflatrate.rules.automations.graph import Graph, Step, StepKind, WaitRule

FINISH = ""
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class FlatStep:
    """A step as the engine takes it: what it does, its parameters as JSON, and where people go from it.

    `targets` has one entry for most steps, two for a branch (met, not met) and one for each arm of a split.
    """

    key: str
    kind: StepKind
    number: int
    parameters: dict[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = (FINISH,)

    @property
    def next_key(self) -> str:
        """Return the key of the next step, for a step without a choice."""
        return self.targets[0]


def compile_graph(graph: Graph) -> tuple[FlatStep, ...]:
    """Return the steps of a graph in reading order; people begin at the first one."""
    return tuple(
        FlatStep(key, kind, number, parameters, targets)
        for number, (key, kind, parameters, targets) in enumerate(_flat(graph.steps, FINISH))
    )


def _flat(steps: Sequence[Step], after: str) -> list[tuple[str, StepKind, dict[str, Any], tuple[str, ...]]]:
    found = []
    for position, step in enumerate(steps):
        following = steps[position + 1].id if position + 1 < len(steps) else after
        found.append((step.id, step.do, _parameters(step), _targets(step, following)))
        for nested in step.lists():
            found += _flat(nested, following)
    return found


def _targets(step: Step, following: str) -> tuple[str, ...]:
    if step.do in (StepKind.END, StepKind.GO_TO):
        return (FINISH,)
    if step.do is StepKind.BRANCH:
        return (_first(step.then, following), _first(step.otherwise, following))
    if step.do is StepKind.SPLIT:
        return tuple(_first(arm.steps, following) for arm in step.arms)
    return (following,)


def _first(steps: Sequence[Step], following: str) -> str:
    return steps[0].id if steps else following


def _parameters(step: Step) -> dict[str, Any]:
    match step.do:
        case StepKind.SEND:
            return {"campaign": step.campaign}
        case StepKind.WAIT:
            return {} if step.wait is None else _wait_parameters(step.wait)
        case StepKind.BRANCH:
            return {"if": step.condition}
        case StepKind.SPLIT:
            return {"shares": [arm.share for arm in step.arms]}
        case StepKind.SET_FIELD:
            return {"field": step.field, "value": step.value}
        case StepKind.ADD_TAG | StepKind.REMOVE_TAG:
            return {"tag": step.tag}
        case StepKind.NOTIFY:
            return {"user": step.user, "text": step.text}
        case StepKind.WEBHOOK:
            return {"endpoint": step.endpoint}
        case StepKind.GO_TO:
            return {"automation": step.automation}
        case StepKind.END:
            return {}


def _wait_parameters(rule: WaitRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in WaitRule.__dataclass_fields__}


def arm_of(enrolment_id: int, step_key: str, shares: Sequence[int]) -> int:
    """Return the arm of a split for an enrollment: always the same one, distributed by the arms' shares."""
    digest = hashlib.blake2b(f"{step_key}:{enrolment_id}".encode(), digest_size=8).digest()
    point, edge = int.from_bytes(digest, "big") % _WHOLE, 0
    for arm, share in enumerate(shares):
        edge += share * _WHOLE // 100
        if point < edge:
            return arm
    return len(shares) - 1
