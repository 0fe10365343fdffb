"""Measures the size of a document before a library that cannot be stopped processes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from mailflatrate.mail.html.tokens import Token, TokenKind

_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?+")
_PRELUDE = re.compile(r"(?<![^{};])[^{};]++(?=\{)")
_COSTLY = re.compile(r"~(?!=)|:has\(|:(?:not|is|where)\([^)]*[\s>+:(]", re.IGNORECASE)
_ELEMENTS_PER_WEIGHT = 100
"""A selector that looks through siblings, ancestors or descendants costs more the more elements there are."""


def count_style_work(tokens: Iterable[Token]) -> tuple[int, int]:
    elements = 0
    sheets = []
    for token in tokens:
        if token.kind is TokenKind.START:
            elements += 1
        elif token.kind is TokenKind.RAW and token.name == "style":
            sheets.append(_COMMENT.sub("", token.text))
    costly = 1 + elements // _ELEMENTS_PER_WEIGHT
    return elements, sum(_weight(prelude, costly) for css in sheets for prelude in _PRELUDE.findall(css))


def _weight(prelude: str, costly: int) -> int:
    return 1 + prelude.count(",") + costly * len(_COSTLY.findall(prelude))


def count_table_cells(markdown: str) -> int:
    blocks = groupby(markdown.splitlines(), lambda line: bool(line.strip()))
    return sum(_cells(list(lines)) for is_written, lines in blocks if is_written)


def _cells(block: list[str]) -> int:
    return len(block) * max(line.count("|") for line in block)
