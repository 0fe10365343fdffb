"""Edits of a stored graph, each returning a new one. A list's address is `top`, `ID.then`, `ID.else`, or `ID.0` for an
arm; a place adds a position: `ID.then:2`. Whether the result may be saved is up to `reading`.
"""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RawStep = dict[str, Any]
RawGraph = dict[str, Any]
TOP = "top"
_PLACE = re.compile(r"(top|[a-z0-9]{1,12}\.(?:then|else|\d)):(\d{1,3})")


class StepGone(ValueError):
    """The step or the place is not in the graph: someone removed it, or it is inside the step that moves there."""


@dataclass(frozen=True, slots=True)
class StepPlace:
    list: str
    index: int

    @classmethod
    def read(cls, text: str) -> StepPlace:
        """Return the place that a text such as `top:2` names. Raises StepGone."""
        match = _PLACE.fullmatch(text)
        if match is None:
            raise StepGone(text)
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.list}:{self.index}"


@dataclass(frozen=True, slots=True)
class StepPosition:
    address: str
    steps: list[RawStep]
    index: int
    owner: str

    @property
    def step(self) -> RawStep:
        return self.steps[self.index]


def new_step_id() -> str:
    """Return an ID for a new step. It is random: one of a removed step would take that step's people over."""
    return secrets.token_hex(4)


def insert_step(graph: Mapping[str, Any], place: StepPlace, step: RawStep) -> RawGraph:
    """Return the graph with a new step. Raises StepGone."""
    made = copy.deepcopy(dict(graph))
    _insert(made, place, step)
    return made


def change_step(graph: Mapping[str, Any], key: str, parameters: Mapping[str, Any]) -> RawGraph:
    """Its kind and what is nested stay. `arms` are shares only: an arm keeps its steps, and one left out goes with
    them. Raises StepGone.
    """
    made = copy.deepcopy(dict(graph))
    position = find_step(made, key)
    before = position.step
    kept: RawStep = {name: before[name] for name in ("then", "else") if name in before}
    changed: RawStep = {"id": key, "do": before["do"], **copy.deepcopy(dict(parameters)), **kept}
    if "arms" in changed:
        steps = [arm.get("steps", []) for arm in before.get("arms", [])]
        changed["arms"] = [
            {"share": arm["share"], "steps": steps[number] if number < len(steps) else []}
            for number, arm in enumerate(changed["arms"])
        ]
    position.steps[position.index] = changed
    return made


def move_step(graph: Mapping[str, Any], key: str, place: StepPlace) -> RawGraph:
    """Return the graph with a step, and all that is nested in it, at another place. Raises StepGone."""
    made = copy.deepcopy(dict(graph))
    position = find_step(made, key)
    step = position.steps.pop(position.index)
    index = place.index
    if place.list == position.address and index > position.index:
        index -= 1
    _insert(made, StepPlace(place.list, index), step)
    return made


def shift_step(graph: Mapping[str, Any], key: str, *, down: bool) -> RawGraph:
    """Return the graph with a step one place up or down; at the end of an arm it leaves the arm. Raises StepGone."""
    position = find_step(graph, key)
    target = position.index + 2 if down else position.index - 1
    if 0 <= target <= len(position.steps):
        return move_step(graph, key, StepPlace(position.address, target))
    if not position.owner:
        return copy.deepcopy(dict(graph))
    owner = find_step(graph, position.owner)
    return move_step(graph, key, StepPlace(owner.address, owner.index + 1 if down else owner.index))


def remove_step(graph: Mapping[str, Any], key: str) -> RawGraph:
    """Return the graph without a step and what is nested in it; a goal that led there ends. Raises StepGone."""
    made = copy.deepcopy(dict(graph))
    position = find_step(made, key)
    del position.steps[position.index]
    goal = made.get("goal")
    if goal and goal.get("then") == key:
        made["goal"] = {**goal, "then": "end"}
    return made


def find_step(graph: Mapping[str, Any], key: str) -> StepPosition:
    """Return where a step is. Raises StepGone."""
    for address, steps, owner in _lists(graph):
        for index, step in enumerate(steps):
            if step["id"] == key:
                return StepPosition(address, steps, index, owner)
    raise StepGone(key)


def _insert(graph: RawGraph, place: StepPlace, step: RawStep) -> None:
    steps = next((steps for address, steps, _owner in _lists(graph) if address == place.list), None)
    if steps is None or place.index > len(steps):
        raise StepGone(str(place))
    steps.insert(place.index, step)


def _lists(graph: Mapping[str, Any]) -> Iterator[tuple[str, list[RawStep], str]]:
    waiting: list[tuple[str, list[RawStep], str]] = [(TOP, graph["steps"], "")]
    while waiting:
        address, steps, owner = waiting.pop()
        yield address, steps, owner
        for step in steps:
            waiting += [(f"{step['id']}.{name}", step[name], step["id"]) for name in ("then", "else") if name in step]
            for number, arm in enumerate(step.get("arms", [])):
                waiting.append((f"{step['id']}.{number}", arm["steps"], step["id"]))
