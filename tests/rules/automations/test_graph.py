"""Graphs of automations: what is read, what is refused, what is a problem, and the steps they become."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.rules.automations.compiling import arm_of, compile_graph
from mailflatrate.rules.automations.graph import MAX_DEPTH, MAX_STEPS, Graph
from mailflatrate.rules.automations.json_object import GraphRefused
from mailflatrate.rules.automations.problems import problems_in
from mailflatrate.rules.automations.reading import read_graph
from mailflatrate.rules.automations.step import FINISH
from mailflatrate.rules.automations.steps import End, GoTo

WELCOME: dict[str, Any] = {
    "entry": {"on": "confirmed", "form": None},
    "steps": [
        {"id": "a", "do": "send", "campaign": 1},
        {"id": "w", "do": "wait", "for": {"days": 3}},
        {
            "id": "b",
            "do": "branch",
            "if": [{"field": "tag", "op": "has", "value": [3]}],
            "then": [{"id": "c", "do": "send", "campaign": 2}, {"id": "e", "do": "end"}],
            "else": [
                {
                    "id": "s",
                    "do": "split",
                    "arms": [
                        {"share": 40, "steps": [{"id": "d", "do": "send", "campaign": 3}]},
                        {"share": 60, "steps": []},
                    ],
                }
            ],
        },
        {"id": "f", "do": "add_tag", "tag": 7},
    ],
}


def with_steps(*steps: Any, **more: Any) -> dict[str, Any]:
    return {"entry": {"on": "confirmed"}, "steps": list(steps), **more}


def said(raw: dict[str, Any]) -> set[tuple[str, str]]:
    return {(problem.step, problem.message) for problem in problems_in(read_graph(raw))}


def test_a_whole_graph_has_no_problem_and_flows_on_after_its_branches() -> None:
    graph = read_graph(WELCOME)
    assert problems_in(graph) == ()
    assert graph.campaigns() == (1, 2, 3)
    targets = {step.key: step.targets for step in compile_graph(graph)}
    assert targets == {
        "a": ("w",),
        "w": ("b",),
        "b": ("c", "s"),
        "c": ("e",),
        "e": (FINISH,),
        "s": ("d", "f"),
        "d": ("f",),
        "f": (FINISH,),
    }


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "x",
        {},
        {"entry": {"on": "someday"}},
        {"entry": {"on": "confirmed", "tag": 1}},
        with_steps(more=1),
        with_steps(late="maybe"),
        with_steps(cap_per_week=0),
        with_steps(cap_per_week=True),
        with_steps(quiet={"from": "9", "to": "10:00"}),
        with_steps({"id": "A", "do": "end"}),
        with_steps({"id": "end", "do": "end"}),
        with_steps({"id": "a", "do": "fly"}),
        with_steps({"id": "a", "do": "end"}, {"id": "a", "do": "end"}),
        with_steps({"id": "a", "do": "end", "x": 1}),
        with_steps({"id": "a", "do": "send", "campaign": "1"}),
        with_steps({"id": "a", "do": "send", "campaign": -1}),
        with_steps({"id": "a", "do": "wait", "for": {"years": 1}}),
        with_steps({"id": "a", "do": "wait", "for": {"days": 10_000}}),
        with_steps({"id": "a", "do": "wait", "until": {"weekday": 7, "at": "09:00"}}),
        with_steps({"id": "a", "do": "wait", "until": {"at": "24:00"}}),
        with_steps({"id": "a", "do": "split", "arms": [{"share": 100}]}),
        with_steps({"id": "a", "do": "set_field", "field": "x", "value": {"deep": 1}}),
        with_steps({"id": "a", "do": "branch", "if": [{"x": "y" * 30_000}]}),
        with_steps(goal={"if": 7, "then": "end"}),
        with_steps(steps=7),
    ],
)
def test_other_shapes_are_refused(raw: Any) -> None:
    with pytest.raises(GraphRefused):
        read_graph(raw)


def test_too_many_and_too_deep_are_refused_at_the_step() -> None:
    steps = [{"id": f"s{number}", "do": "end"} for number in range(MAX_STEPS + 1)]
    with pytest.raises(GraphRefused) as many:
        read_graph(with_steps(*steps))
    assert many.value.step == f"s{MAX_STEPS}"
    nested: dict[str, Any] = {"id": "x", "do": "end"}
    for depth in range(MAX_DEPTH + 1):
        nested = {"id": f"b{depth}", "do": "branch", "if": None, "then": [nested], "else": []}
    with pytest.raises(GraphRefused, match="nested"):
        read_graph(with_steps(nested))


@pytest.mark.parametrize(
    ("raw", "step"),
    [
        (with_steps(), ""),
        (with_steps({"id": "a", "do": "send", "campaign": None}), "a"),
        (with_steps({"id": "a", "do": "send", "campaign": 1}, {"id": "b", "do": "send", "campaign": 1}), "b"),
        (with_steps({"id": "a", "do": "wait", "for": {}}), "a"),
        (with_steps({"id": "a", "do": "wait"}), "a"),
        (with_steps({"id": "a", "do": "wait", "date": "", "offset_days": 1}), "a"),
        (with_steps({"id": "a", "do": "branch", "if": None, "then": [], "else": []}), "a"),
        (with_steps({"id": "a", "do": "split", "arms": [{"share": 50}, {"share": 40}]}), "a"),
        (with_steps({"id": "a", "do": "add_tag"}), "a"),
        (with_steps({"id": "a", "do": "set_field"}), "a"),
        (with_steps({"id": "a", "do": "notify", "user": 1, "text": " "}), "a"),
        (with_steps({"id": "a", "do": "webhook"}), "a"),
        (with_steps({"id": "a", "do": "go_to"}), "a"),
        ({"entry": {"on": "date"}, "steps": [{"id": "a", "do": "end"}]}, "entry"),
        ({"entry": {"on": "tag_added"}, "steps": [{"id": "a", "do": "end"}]}, "entry"),
        (with_steps({"id": "a", "do": "end"}, reentry={"mode": "after", "days": 0}), "entry"),
        (with_steps({"id": "a", "do": "end"}, goal={"if": [], "then": "end"}), "goal"),
        (with_steps({"id": "a", "do": "end"}, goal={"if": [{"field": "tag"}], "then": "zz"}), "goal"),
    ],
)
def test_what_is_unfinished_is_a_problem_of_its_step(raw: dict[str, Any], step: str) -> None:
    assert step in {where for where, _message in said(raw)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON, st.sampled_from(["entry", "steps", "goal", "quiet", "reentry", "late", "cap_per_week"]))
def test_whatever_is_posted_is_read_or_refused(raw: Any, where: str) -> None:
    with contextlib.suppress(GraphRefused):
        assert isinstance(read_graph({**WELCOME, where: raw}), Graph)


def steps_of(depth: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    leaf = st.fixed_dictionaries({"do": st.sampled_from(["end", "send", "wait", "go_to", "add_tag"])})
    if not depth:
        return st.lists(leaf, max_size=3)
    inner = steps_of(depth - 1)
    branch = st.fixed_dictionaries({"do": st.just("branch"), "then": inner, "else": inner})
    arm = st.fixed_dictionaries({"share": st.just(50), "steps": inner})
    split = st.fixed_dictionaries({"do": st.just("split"), "arms": st.lists(arm, min_size=2, max_size=2)})
    return st.lists(leaf | branch | split, max_size=3)


def numbered(steps: list[dict[str, Any]], count: list[int]) -> list[dict[str, Any]]:
    made = []
    for step in steps:
        count[0] += 1
        copy = {"id": f"s{count[0]}", **step}
        for name in ("then", "else"):
            if name in step:
                copy[name] = numbered(step[name], count)
        if "arms" in step:
            copy["arms"] = [{**arm, "steps": numbered(arm["steps"], count)} for arm in step["arms"]]
        made.append(copy)
    return made


@settings(max_examples=60, deadline=None)
@given(steps_of(2))
def test_every_path_through_compiled_steps_ends(raw: list[dict[str, Any]]) -> None:
    """Each step leads to a later one or to the end, so that no one is led in a circle or into nowhere."""
    steps = compile_graph(read_graph(with_steps(*numbered(raw, [0]))))
    number = {step.key: step.number for step in steps}
    for step in steps:
        for target in step.targets:
            assert target == FINISH or number[target] > step.number
        json.dumps(step.parameters)
    assert all(step.targets == (FINISH,) for step in steps if step.kind in (End.kind, GoTo.kind))


@given(st.integers(1, 2**62), st.lists(st.integers(1, 99), min_size=2, max_size=8))
def test_an_arm_is_always_the_same_and_there(enrolment: int, shares: list[int]) -> None:
    arm = arm_of(enrolment, "s", shares)
    assert arm == arm_of(enrolment, "s", shares) and 0 <= arm < len(shares)


def test_arms_get_their_shares() -> None:
    taken = [arm_of(number, "s", [20, 30, 50]) for number in range(10_000)]
    assert [round(taken.count(arm) / 100) for arm in range(3)] == pytest.approx([20, 30, 50], abs=2)
