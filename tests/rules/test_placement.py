"""Where a form appears on a website: what is stored, and the paths that people enter.

The addresses that a form may lead to: a fuzz of what a browser could read in another way than we do.
"""

from urllib.parse import urlsplit

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
from mailflatrate.rules.forms.redirects import redirect_target
from support.cost import costs_at_most


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


OWN = ("lindenhof.example", "xn--grtnerei-0za.example")


@pytest.mark.parametrize(
    "url",
    [
        "https://lindenhof.example/danke?from=form#top",
        "https://www.lindenhof.example",
        "https://xn--grtnerei-0za.example/",
    ],
)
def test_own_pages_are_allowed(url: str) -> None:
    assert redirect_target(url, OWN) == url
    assert redirect_target(url, ()) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://lindenhof.example/",
        "//lindenhof.example/",
        "javascript:alert(1)//https://lindenhof.example/",
        "https://lindenhof.example.evil.example/",
        "https://evillindenhof.example/",
        "https://evil.example/lindenhof.example",
        "https://lindenhof.example@evil.example/",
        "https://user:word@lindenhof.example/",
        "https://lindenhof.example:8443/",
        "https://evil.example\\.lindenhof.example/",
        "https://evil.example\\@lindenhof.example/",
        "https://lindenhof.example\r\nSet-Cookie: a=b",
        "https://lindenhof.example /",
        "https://gärtnerei.example/",
        "https://[::1]/",
        "https:///lindenhof.example/",
        " https://lindenhof.example/",
        "https://lindenhof.example/" + "a" * 500,
    ],
)
def test_nothing_else_is(url: str) -> None:
    assert redirect_target(url, OWN) == ""


PIECES = st.sampled_from(
    ["https:", "/", "\\", "@", ":", "?", "#", ".", "lindenhof.example", "evil.example", "\t", "\0", "%2f", "[", "]"]
)


@pytest.mark.slow
@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=700))
def test_whatever_is_entered_leads_to_an_own_host_or_nowhere(url: str) -> None:
    with costs_at_most(10):
        found = redirect_target(url, OWN)
    if found:
        assert found == url
        host = urlsplit(found).hostname or ""
        assert host in OWN or host.endswith(tuple(f".{name}" for name in OWN))
        assert found.partition("//")[2].partition("/")[0].partition("?")[0].partition("#")[0].lower() == host
