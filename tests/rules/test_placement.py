"""Where a form appears on a website: what is stored, and the paths that people enter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.forms.placement import (
    Placement,
    PlacementDevices,
    PlacementKind,
    PlacementTrigger,
    known_placement,
    page_patterns,
    placement_from_json,
)


@given(
    st.builds(
        Placement,
        st.sampled_from(PlacementKind),
        st.sampled_from(PlacementTrigger),
        st.integers(0, 600),
        st.integers(1, 100),
        st.sampled_from(PlacementDevices),
        st.tuples(st.just("/shop/*")),
    )
)
def test_a_placement_is_read_as_it_was_written(placement: Placement) -> None:
    assert placement_from_json(placement.as_json()) == placement


def test_a_form_without_a_placement_is_part_of_the_page() -> None:
    assert placement_from_json({}).kind is PlacementKind.INLINE


def test_whole_urls_become_their_path_and_blanks_and_repetitions_go() -> None:
    lines = ["/shop/*", "", "  https://lindenhof.example/shop/* ", "https://lindenhof.example", "/"]
    assert page_patterns(lines) == ("/shop/*", "/")


@pytest.mark.parametrize("line", ["shop", "/shop?color=red", "/a b", "/x#y", "javascript:alert(1)", "/" + "x" * 300])
def test_what_is_no_path_is_named(line: str) -> None:
    with pytest.raises(ValueError) as refused:
        page_patterns(["/fine", line])
    assert line.startswith(str(refused.value))


@pytest.mark.parametrize("text", ["popup", "inline", "hosted", "frame"])
def test_our_own_placements_are_known(text: str) -> None:
    assert known_placement(text) == text


@pytest.mark.parametrize("text", ["", "Popup", "<b>", "popup popup"])
def test_anything_else_is_not_kept(text: str) -> None:
    assert known_placement(text) == ""
