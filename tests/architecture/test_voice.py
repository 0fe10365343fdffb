"""How the product speaks: no habit that the table names comes back, in messages, docs, docstrings or comments."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po

from architecture.sources import nodes
from voice_table import HABITS, Habit, Scope

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "mailflatrate"
_CODE_IN_PROSE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+", re.DOTALL)
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"'
    r"|'''(?:[^\\]|\\.)*?'''|'(?:[^'\\\n]|\\.)*'|(?P<comment>#[^\n]*)",
    re.DOTALL,
)
"""What Python reads as a string or a comment; `tokenize` takes thirty times as long."""
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
_THIRD_PARTY = {"Please type your current password."}
"""Message ids of a library whose pages we show in our words."""
_GENERATED = {"rules.md", "schema.md", "attacks.md"}
"""Pages made from the catalog and the models, in two languages or with names of columns; their sources are read."""


class Place(NamedTuple):
    """A text and where it is, as `file:line`."""

    at: str
    text: str


def _messages() -> Iterator[Place]:
    for catalogue in sorted((SOURCES / "locale" / "de").rglob("*.po")):
        with catalogue.open("rb") as file:
            for message in read_po(file, locale="de"):
                texts = (message.id,) if isinstance(message.id, str) else message.id
                for text in texts:
                    if text and text not in _THIRD_PARTY:
                        yield Place(f"{catalogue.relative_to(ROOT)}:{message.lineno}", _PLACEHOLDER.sub("…", text))


def _prose() -> Iterator[Place]:
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        if page.name in _GENERATED:
            continue
        plain = _CODE_IN_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), page.read_text(encoding="utf-8"))
        for number, line in enumerate(plain.splitlines(), 1):
            # The glossary's last column is German.
            english = line.rpartition(" | ")[0] if page.name == "glossary.md" else line
            yield Place(f"{page.relative_to(ROOT)}:{number}", english)


def _code() -> Iterator[Place]:
    for module in sorted(SOURCES.rglob("*.py")):
        if "migrations" in module.parts:
            continue
        source = module.read_text(encoding="utf-8")
        name = module.relative_to(ROOT)
        for node in nodes(source):
            # Docstrings of modules, classes and functions, and those that follow an attribute or a constant.
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                yield Place(f"{name}:{node.lineno}", _CODE_IN_PROSE.sub(" ", node.value.value))
        for found in _STRING_OR_COMMENT.finditer(source):
            if comment := found["comment"]:
                line = source.count("\n", 0, found.start()) + 1
                yield Place(f"{name}:{line}", _CODE_IN_PROSE.sub(" ", comment))


READERS = {Scope.MESSAGES: _messages, Scope.PROSE: _prose, Scope.CODE: _code}


@cache
def _texts(scope: Scope) -> tuple[Place, ...]:
    return tuple(READERS[scope]())


def _found(habit: Habit, scope: Scope) -> list[Place]:
    return [place for place in _texts(scope) if habit.pattern.search(place.text)]


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.key)
def test_each_pattern_finds_its_habit_and_nothing_else(habit: Habit) -> None:
    assert habit.pattern.search(habit.wrong)
    assert not habit.pattern.search(habit.right)


def test_keys_are_told_apart() -> None:
    assert [key for key, count in Counter(habit.key for habit in HABITS).items() if count > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize("scope", Scope)
def test_no_habit_comes_back(scope: Scope) -> None:
    for habit in HABITS:
        if scope in habit.scopes:
            said = "\n".join(f"{place.at}: {place.text.strip()[:160]}" for place in _found(habit, scope))
            assert not said, f"“{habit.key}”: write {habit.instead}.\n{said}"
