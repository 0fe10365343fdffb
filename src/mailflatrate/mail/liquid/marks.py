"""The marks of Liquid, found in one pass: python-liquid's lexer and a lazy pattern need minutes for some kilobytes of
`{{`. Each character is read a fixed number of times; a mark without an end is reported where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

MAX_MARKS = 1_000
"""Marks in one part of a campaign, as its author wrote it. A newsletter has some dozens."""
_MOST_READ = 1_500
"""Marks that are read at all: the compiler adds those of the imprint and may write a link twice."""
MAX_MARK_CHARS = 4_000
"""Longest single mark; python-liquid's expression lexer needs time by the square of it."""
MAX_MARK_BRACKETS = 50
MAX_MARK_OPERATORS = 100
"""Conditions joined in one tag; the parser and the renderer walk them by recursion."""

_BEGIN = re.compile(r"\{[{%]")
_NAME = re.compile(r"-?\s*+(#|\w+)")
_ENDRAW = re.compile(r"\{%-?\s*+endraw\s*+(-?)%\}")
_COMMENT_EDGE = re.compile(r"\{%-?\s*+(?P<end>end)?comment(?!\w)(?P<rest>[^{%]*+)(?P<closed>%\})?")
_BRACKETS = re.compile(r"[(\[]")
_OPERATORS = re.compile(r"\b(?:and|or|not)\b")


class MarkKind(Enum):
    OUTPUT = "output"
    TAG = "tag"
    RAW = "raw"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class LiquidMark:
    """`source[start:end]`. `inner`, at `inner_at`, is the expression, or the content of a raw or comment block.
    `strips_*`: the dashes that remove white space.
    """

    kind: MarkKind
    start: int
    end: int
    name: str
    inner: str
    inner_at: int
    strips_before: bool
    strips_after: bool


class BadMark(Exception):
    """`code` and `facts` as in `author_mistakes`."""

    def __init__(self, index: int, code: str, *facts: str) -> None:
        super().__init__(code)
        self.index = index
        self.code = code
        self.facts = facts


def find_marks(source: str) -> Iterator[LiquidMark]:
    """Raises BadMark at the first one that is unclosed, nameless or too long."""
    at = 0
    for count in range(_MOST_READ + 1):
        match = _BEGIN.search(source, at)
        if match is None:
            return
        if count == _MOST_READ:
            raise BadMark(match.start(), "too-many-marks", str(MAX_MARKS))
        mark = _output(source, match.start()) if match.group() == "{{" else _tag(source, match.start())
        yield mark
        at = mark.end


def first_of_too_many(source: str) -> int | None:
    try:
        return next((mark.start for number, mark in enumerate(find_marks(source)) if number == MAX_MARKS), None)
    except BadMark:
        return None


def _output(source: str, start: int) -> LiquidMark:
    end = source.find("}}", start + 2)
    if end < 0:
        raise BadMark(start, "braces-missing", "}}")
    return _mark(MarkKind.OUTPUT, source, start, start + 2, end, "")


def _tag(source: str, start: int) -> LiquidMark:
    end = source.find("%}", start + 2)
    if end < 0:
        raise BadMark(start, "braces-missing", "%}")
    named = _NAME.match(source, start + 2, end)
    if named is None:
        raise BadMark(start, "tag-nameless")
    tag = _mark(MarkKind.TAG, source, start, named.end(), end, named[1])
    if tag.name == "comment":
        return _comment(source, tag)
    if tag.name == "raw" and not tag.inner:
        return _raw(source, tag)
    return tag


def _mark(kind: MarkKind, source: str, start: int, inner_from: int, closing: int, name: str) -> LiquidMark:
    if closing - start > MAX_MARK_CHARS:
        raise BadMark(start, "mark-too-long", str(MAX_MARK_CHARS))
    if inner_from == start + 2 and source.startswith("-", inner_from) and inner_from < closing:
        inner_from += 1
    strips_after = closing > inner_from and source[closing - 1] == "-"
    written = source[inner_from : closing - strips_after]
    inner = written.strip()
    if len(_BRACKETS.findall(inner)) > MAX_MARK_BRACKETS or len(_OPERATORS.findall(inner)) > MAX_MARK_OPERATORS:
        raise BadMark(start, "mark-too-involved")
    inner_at = inner_from + len(written) - len(written.lstrip()) if inner else inner_from
    return LiquidMark(kind, start, closing + 2, name, inner, inner_at, source.startswith("-", start + 2), strips_after)


def _raw(source: str, tag: LiquidMark) -> LiquidMark:
    match = _ENDRAW.search(source, tag.end)
    if match is None:
        raise BadMark(tag.start, "tag-missing", "endraw")
    inner = source[tag.end : match.start()]
    return LiquidMark(
        MarkKind.RAW, tag.start, match.end(), tag.name, inner, tag.end, tag.strips_before, tag.strips_after
    )


def _comment(source: str, tag: LiquidMark) -> LiquidMark:
    depth, at = 1, tag.end
    while match := _COMMENT_EDGE.search(source, at):
        at = match.end()
        if match["closed"]:
            depth += -1 if match["end"] else 1
        if not depth:
            inner, strips_after = source[tag.end : match.start()], match["rest"].endswith("-")
            return LiquidMark(
                MarkKind.COMMENT, tag.start, at, tag.name, inner, tag.end, tag.strips_before, strips_after
            )
    raise BadMark(tag.start, "comment-open")


def replace_marks(source: str, change: Callable[[LiquidMark], str]) -> str:
    """Everything from an unreadable mark on stays unchanged."""
    parts: list[str] = []
    at = 0
    try:
        for mark in find_marks(source):
            parts += (source[at : mark.start], change(mark))
            at = mark.end
    except BadMark:
        pass
    return "".join((*parts, source[at:]))
