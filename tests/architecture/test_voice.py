"""How the product speaks: no habit that VOICE gave up comes back.

`voice_debt.json` counts the places that still wait to be rewritten, by habit and scope. A count may only fall; a test
fails when it grows, and when the file says more than there is, so that it is lowered with the rewriting.
"""

import ast
import io
import json
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po
from voice_table import HABITS, Habit, Scope

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "mailflatrate"
DEBT = Path(__file__).with_name("voice_debt.json")
_CODE_IN_PROSE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+", re.DOTALL)


class Place(NamedTuple):
    """A text and where it is, as `file:line`."""

    at: str
    text: str


def _messages() -> Iterator[Place]:
    for catalogue in sorted((SOURCES / "locale" / "de").rglob("*.po")):
        with catalogue.open("rb") as file:
            for message in read_po(file, locale="de"):
                texts = (message.id,) if isinstance(message.id, str) else message.id
                for text in filter(None, texts):
                    yield Place(f"{catalogue.relative_to(ROOT)}:{message.lineno}", str(text))


def _prose() -> Iterator[Place]:
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        plain = _CODE_IN_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), page.read_text(encoding="utf-8"))
        for number, line in enumerate(plain.splitlines(), 1):
            yield Place(f"{page.relative_to(ROOT)}:{number}", line)


def _code() -> Iterator[Place]:
    for module in sorted(SOURCES.rglob("*.py")):
        if "migrations" in module.parts:
            continue
        source = module.read_text(encoding="utf-8")
        name = module.relative_to(ROOT)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node, clean=False)
                if text:
                    yield Place(f"{name}:{node.body[0].lineno}", _CODE_IN_PROSE.sub(" ", text))
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield Place(f"{name}:{token.start[0]}", _CODE_IN_PROSE.sub(" ", token.string))


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


@pytest.mark.parametrize("scope", Scope)
def test_no_habit_comes_back(scope: Scope) -> None:
    allowed = json.loads(DEBT.read_text()).get(scope.value, {})
    for habit in HABITS:
        if scope not in habit.scopes:
            continue
        places = _found(habit, scope)
        said = "\n".join(f"{place.at}: {place.text.strip()[:160]}" for place in places)
        assert len(places) <= allowed.get(habit.key, 0), f"“{habit.key}”: write {habit.instead}.\n{said}"


@pytest.mark.parametrize("scope", Scope)
def test_the_debt_is_not_larger_than_what_is_there(scope: Scope) -> None:
    allowed = json.loads(DEBT.read_text()).get(scope.value, {})
    known = {habit.key: len(_found(habit, scope)) for habit in HABITS if scope in habit.scopes}
    paid = {key: f"{count} -> {known.get(key, 0)}" for key, count in allowed.items() if known.get(key, 0) < count}
    assert not paid, f"lower voice_debt.json: {paid}"
