"""Graph -> flat steps, one row each. A step names the one after it; an empty name finishes the automation."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailflatrate.rules.automations.graph import Graph
from mailflatrate.rules.automations.step import FINISH, Step

_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class FlatStep:
    """`targets` has one entry for most steps, two for a branch (met, not met) and one for each arm of a split."""

    key: str
    kind: str
    number: int
    parameters: dict[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = (FINISH,)

    @property
    def next_key(self) -> str:
        return self.targets[0]


def compile_graph(graph: Graph) -> tuple[FlatStep, ...]:
    return tuple(
        FlatStep(step.id, step.kind, number, step.parameters(), targets)
        for number, (step, targets) in enumerate(_flat(graph.steps, FINISH))
    )


def _flat(steps: Sequence[Step], after: str) -> list[tuple[Step, tuple[str, ...]]]:
    flat = []
    for position, step in enumerate(steps):
        following = steps[position + 1].id if position + 1 < len(steps) else after
        flat.append((step, step.targets(following)))
        for nested in step.lists():
            flat += _flat(nested, following)
    return flat


def arm_of(enrolment_id: int, step_key: str, shares: Sequence[int]) -> int:
    """Return the arm of a split for an enrollment: always the same one, distributed by the arms' shares."""
    digest = hashlib.blake2b(f"{step_key}:{enrolment_id}".encode(), digest_size=8).digest()
    point, edge = int.from_bytes(digest, "big") % _WHOLE, 0
    for arm, share in enumerate(shares):
        edge += share * _WHOLE // 100
        if point < edge:
            return arm
    return len(shares) - 1
