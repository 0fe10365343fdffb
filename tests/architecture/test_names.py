"""A class name means one thing in the whole code base."""

import ast
from collections import defaultdict
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "mailflatrate"

TWO_HOMES = {
    "ConsentKind", "ContentKind", "OriginState", "AccountStatus", "SubscriptionState", "Suppression", "TlsMode",
}  # fmt: skip
"""States that the pure rules and the tables both declare; each is to become one type."""

BARE = {
    "Given",
    "Left",
    "Asked",
    "Shown",
    "Found",
    "Tried",
    "Trying",
    "Asking",
    "Leaving",
    "Looking",
    "Choosing",
    "Told",
    "Taken",
    "Written",
    "Counted",
    "Judged",
    "Said",
    "Says",
    "Saved",
    "Sought",
    "Spoken",
    "Wanted",
    "Happened",
    "Happening",
    "Released",
    "Releasing",
    "Erased",
    "Erasing",
    "Uploaded",
    "Added",
    "Filed",
    "Keeping",
    "Starting",
    "Archiving",
}
"""Participles that once were class names and say nothing about what an object is."""


def _places() -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for module in sorted(SOURCES.rglob("*.py")):
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{module.relative_to(SOURCES)}:{node.lineno}")
    del places["Migration"]  # the name that Django looks for
    return places


def test_a_class_name_is_used_once() -> None:
    twice = {name: where for name, where in _places().items() if len(where) > 1 and name not in TWO_HOMES}
    assert twice == {}


def test_the_exceptions_are_needed() -> None:
    places = _places()
    assert {name for name in TWO_HOMES if len(places.get(name, ())) < 2} == set()


def test_no_class_is_called_by_a_bare_participle() -> None:
    assert {name: where for name, where in _places().items() if name in BARE} == {}
