"""Edits of a graph: what is inserted, changed, moved and removed, and what stays as it is."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.automations.editing import (
    StepGone,
    StepPlace,
    change_step,
    find_step,
    insert_step,
    move_step,
    new_step_id,
    remove_step,
    shift_step,
)
from mailflatrate.rules.automations.reading import STEP_ID, read_graph

TAG = {"do": "add_tag", "tag": 1}
GRAPH: dict[str, Any] = {
    "entry": {"on": "confirmed"},
    "goal": {"if": [], "then": "d"},
    "steps": [
        {"id": "a", **TAG},
        {
            "id": "b",
            "do": "branch",
            "if": None,
            "then": [{"id": "b1", **TAG}, {"id": "b2", **TAG}],
            "else": [
                {
                    "id": "c",
                    "do": "split",
                    "arms": [{"share": 50, "steps": [{"id": "c1", **TAG}]}, {"share": 50, "steps": []}],
                },
            ],
        },
        {"id": "d", **TAG},
    ],
}
KEYS = [step.id for step in read_graph(GRAPH).all_steps()]
PLACES = ["top:0", "top:2", "top:3", "b.then:0", "b.then:2", "b.else:1", "c.0:0", "c.0:1", "c.1:0"]


def order(graph: dict[str, Any]) -> list[str]:
    return [step.id for step in read_graph(graph).all_steps()]


def where(graph: dict[str, Any], key: str) -> str:
    found = find_step(graph, key)
    return f"{found.address}:{found.index}"


@pytest.mark.parametrize("place", PLACES)
def test_a_step_is_inserted_at_its_place_and_the_rest_stays(place: str) -> None:
    before = copy.deepcopy(GRAPH)
    made = insert_step(GRAPH, StepPlace.read(place), {"id": "new", "do": "end"})
    assert where(made, "new") == place
    assert [key for key in order(made) if key != "new"] == KEYS
    assert before == GRAPH, "the graph that was given stays"


@pytest.mark.parametrize("place", ["", "top", "top:-1", "top:9", "b.then:3", "z.then:0", "b.0:0", "a.then:0", "c.2:0"])
def test_a_place_that_is_not_there_is_refused(place: str) -> None:
    with pytest.raises(StepGone):
        insert_step(GRAPH, StepPlace.read(place), {"id": "new", "do": "end"})


def test_a_changed_step_keeps_its_kind_and_what_is_nested_in_it() -> None:
    made = change_step(GRAPH, "b", {"if": [{"field": "tag"}]})
    assert find_step(made, "b").step["if"] == [{"field": "tag"}]
    assert order(made) == KEYS
    made = change_step(GRAPH, "c", {"arms": [{"share": 20}, {"share": 20}, {"share": 60}]})
    arms = find_step(made, "c").step["arms"]
    assert [arm["share"] for arm in arms] == [20, 20, 60]
    assert [[step["id"] for step in arm["steps"]] for arm in arms] == [["c1"], [], []]
    with pytest.raises(StepGone):
        change_step(GRAPH, "gone", {})


@given(st.sampled_from(KEYS), st.sampled_from(PLACES))
def test_a_moved_step_is_where_it_was_put_and_none_is_lost(key: str, place: str) -> None:
    try:
        made = move_step(GRAPH, key, StepPlace.read(place))
    except StepGone:
        nested = order({"entry": GRAPH["entry"], "steps": [find_step(GRAPH, key).step]})
        assert place.partition(".")[0] in nested, "only into itself"
        return
    assert sorted(order(made)) == sorted(KEYS)
    target, before = StepPlace.read(place), find_step(GRAPH, key)
    same = before.address == target.list and target.index > before.index
    assert where(made, key) == str(StepPlace(target.list, target.index - same))


@pytest.mark.parametrize(
    ("key", "down", "place"),
    [
        ("a", True, "top:1"),
        ("a", False, "top:0"),
        ("d", True, "top:2"),
        ("b1", True, "b.then:1"),
        ("b1", False, "top:1"),
        ("b2", True, "top:2"),
        ("c1", True, "b.else:1"),
        ("c", False, "top:1"),
    ],
)
def test_a_step_moves_by_one_and_leaves_its_arm_at_the_end(key: str, down: bool, place: str) -> None:
    made = shift_step(GRAPH, key, down=down)
    assert where(made, key) == place
    assert sorted(order(made)) == sorted(KEYS)


def test_what_is_nested_goes_with_a_step_and_a_goal_that_led_there_ends() -> None:
    assert order(remove_step(GRAPH, "b")) == ["a", "d"]
    assert remove_step(GRAPH, "d")["goal"] == {"if": [], "then": "end"}
    assert remove_step(GRAPH, "a")["goal"] == GRAPH["goal"]


def test_a_new_id_is_one_that_a_graph_takes() -> None:
    ids = {new_step_id() for _each in range(50)}
    assert len(ids) == 50
    assert all(STEP_ID.fullmatch(each) and each != "end" for each in ids)
