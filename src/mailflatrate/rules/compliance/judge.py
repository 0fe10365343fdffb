"""Judges the criteria by the figures: the status of each criterion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from mailflatrate.rules.compliance.table import CRITERIA, Criterion, Holder, MeasuredFigure
from mailflatrate.rules.limits import value

NEAR = 0.8
"""From this part of a limit on, a figure is shown as near it."""


class State(Enum):
    HELD = "held"  # by construction, or measured within its limit
    NEAR = "near"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # nothing was measured yet
    OPEN = "open"  # the operator's, and nobody has looked
    DONE = "done"  # the operator's, and found in order


@dataclass(frozen=True, slots=True)
class Facts:
    """A missing figure was not measured; `seen` has the result of each topic's check."""

    figures: Mapping[MeasuredFigure, float] = field(default_factory=dict)
    seen: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CriterionResult:
    criterion: Criterion
    state: State
    figure: float | None = None
    limit: float | None = None


def judge_all(facts: Facts, *, of_account: bool = False) -> tuple[CriterionResult, ...]:
    chosen: Iterable[Criterion] = CRITERIA
    if of_account:
        chosen = (
            requirement
            for requirement in CRITERIA
            if requirement.holder is not Holder.OPERATOR and not requirement.service_only
        )
    return tuple(_judge(criterion, facts) for criterion in chosen)


def _judge(criterion: Criterion, facts: Facts) -> CriterionResult:
    if criterion.holder is Holder.BUILT:
        return CriterionResult(criterion, State.HELD)
    if criterion.holder is Holder.OPERATOR:
        seen = facts.seen.get(criterion.topic) if criterion.topic else None
        return CriterionResult(criterion, State.OPEN if seen is None else State.DONE if seen else State.BROKEN)
    assert criterion.figure is not None
    figure = facts.figures.get(criterion.figure)
    limit = value(criterion.limit) if criterion.limit else 0.0
    if figure is None:
        return CriterionResult(criterion, State.UNKNOWN, None, limit)
    if figure > limit or (criterion.below and figure >= limit):
        return CriterionResult(criterion, State.BROKEN, figure, limit)
    near = limit > 0 and figure >= NEAR * limit
    return CriterionResult(criterion, State.NEAR if near else State.HELD, figure, limit)
