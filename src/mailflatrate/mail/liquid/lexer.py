"""Produces the tokens that python-liquid's parser reads from `marks` instead of python-liquid's own lexer."""

from __future__ import annotations

from collections.abc import Iterator

from liquid.exceptions import LiquidSyntaxError
from liquid.token import (
    TOKEN_COMMENT,
    TOKEN_CONTENT,
    TOKEN_EOF,
    TOKEN_EXPRESSION,
    TOKEN_OUTPUT,
    TOKEN_TAG,
    Token,
)

from mailflatrate.mail.liquid.marks import BadMark, LiquidMark, MarkKind, find_marks


class MarkError(LiquidSyntaxError):
    """`bad` says why."""

    def __init__(self, bad: BadMark, source: str) -> None:
        super().__init__(bad.code, token=Token(TOKEN_EOF, "", bad.index, source))
        self.bad = bad


def tokenize(source: str) -> Iterator[Token]:
    at, strip = 0, False
    try:
        for mark in find_marks(source):
            yield from _content(source, at, mark.start, strip_left=strip, strip_right=mark.strips_before)
            yield from _tokens(source, mark)
            at, strip = mark.end, mark.strips_after
    except BadMark as bad:
        raise MarkError(bad, source) from bad
    yield from _content(source, at, len(source), strip_left=strip, strip_right=False)


def _content(source: str, start: int, end: int, *, strip_left: bool, strip_right: bool) -> Iterator[Token]:
    text = source[start:end]
    text = text.lstrip() if strip_left else text
    text = text.rstrip() if strip_right else text
    if text:
        yield Token(TOKEN_CONTENT, text, start, source)


def _tokens(source: str, mark: LiquidMark) -> Iterator[Token]:
    if mark.kind is MarkKind.OUTPUT:
        yield Token(TOKEN_OUTPUT, source[mark.start : mark.end], mark.start, source)
        yield Token(TOKEN_EXPRESSION, mark.inner, mark.inner_at, source)
        return
    if mark.kind is MarkKind.RAW:
        if mark.inner:
            yield Token(TOKEN_CONTENT, mark.inner, mark.start, source)
        return
    name_at = source.index(mark.name, mark.start)
    yield Token(TOKEN_TAG, mark.name, name_at, source)
    if mark.kind is MarkKind.COMMENT:
        yield Token(TOKEN_COMMENT, mark.inner, mark.inner_at, source)
        yield Token(TOKEN_TAG, "endcomment", mark.inner_at + len(mark.inner), source)
    elif mark.inner:
        yield Token(TOKEN_EXPRESSION, mark.inner, mark.inner_at, source)
