"""Simple cases of `{{ ... }}` as Python closures: python-liquid needs 8 µs for a context and 3 µs a node, and a
campaign prints a million times. They give exactly its results under our sandbox (`tests/mail/test_liquid_closures.py`)
and pass any other value to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final

from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path, StringLiteral
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.output import OutputNode
from markupsafe import escape

from mailflatrate.mail.liquid.work_limit import LONGEST_DATE_FORMAT
from mailflatrate.mail.source_errors import MissingValue

LINK_FILTER: Final = "mailflatrate_link"
"""Put by the compiler after the source of a subscription in the imprint; not for authors."""
_PAGE: Final = re.compile(r"https?://[^\s<>\"'\x00-\x20]{1,500}", re.IGNORECASE)


@lru_cache(maxsize=512)
def linked(text: str) -> str:
    markup = str(escape(text))
    if _PAGE.fullmatch(text) is None:
        return markup
    return f'<a href="{markup}" style="color:inherit">{markup}</a>'


Values = Mapping[str, Any]
Render = Callable[[Values], str]

LONGEST_PLAIN = 1_000
"""A longer value goes through python-liquid, where the work done with it is counted."""
_MOST_FILTERS = 4
_TEXT_FILTERS: Mapping[str, Callable[[str], str]] = {
    "upcase": str.upper,
    "downcase": str.lower,
    "capitalize": str.capitalize,
    "strip": str.strip,
}


_has_markup = re.compile("[&<>\"']").search
"""The five characters that `escape` replaces; looking for them costs a fifth of a call of it."""


def _escaped(text: str) -> str:
    return text if text.isalnum() or _has_markup(text) is None else str(escape(text))


def compile_output(node: Node, *, html_part: bool, slow: Render) -> Render | None:
    """Accept `{{ root.key default: "x" upcase escape }}` and the like. `slow` renders the node with python-liquid; it
    is called for values that are not text.
    """
    if not isinstance(node, OutputNode) or not isinstance(node.expression, FilteredExpression):
        return None
    path = node.expression.left
    if not isinstance(path, Path) or not all(isinstance(part, str) for part in path.path):
        return None
    keys = [str(part) for part in path.path]
    if len(keys) > 2 or keys[-1] in {"size", "first", "last"}:
        return None
    filters = list(node.expression.filters or ())
    fallback = _default_text(filters[0]) if filters and filters[0].name == "default" else None
    if fallback is not None:
        filters = filters[1:]
    elif len(filters) == 1 and filters[0].name == "date":
        return _date_closure(keys, filters[0], html_part=html_part, slow=slow)
    finish = _finish(filters, html_part=html_part)
    return None if finish is None else _closure(keys, fallback, finish, slow)


def _default_text(used: Filter) -> str | None:
    if len(used.args) != 1 or not isinstance(used.args[0], PositionalArgument):
        return None
    literal = used.args[0].value
    return str(literal.value) if isinstance(literal, StringLiteral) else None


def _finish(filters: list[Filter], *, html_part: bool) -> Callable[[str], str] | None:
    if len(filters) > _MOST_FILTERS:
        return None
    if html_part and [used.name for used in filters] == [LINK_FILTER]:
        return linked
    steps: list[Callable[[str], str]] = []
    escapes_itself = bool(filters) and filters[-1].name == "escape"
    for used in filters[:-1] if escapes_itself else filters:
        step = _TEXT_FILTERS.get(used.name)
        if step is None or used.args:
            return None
        steps.append(step)
    if escapes_itself and filters[-1].args:
        return None
    if html_part:
        steps.append(_escaped)
    match steps:
        case []:
            return str
        case [only]:
            return only
        case [first, second]:
            return lambda text: second(first(text))

    def chain(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return chain


def _closure(keys: list[str], fallback: str | None, finish: Callable[[str], str], slow: Render) -> Render:
    name = ".".join(keys)
    absent = None if fallback is None else finish(fallback)
    root, key = keys[0], keys[-1]

    def render_nested(values: Values) -> str:
        try:
            value = values[root][key]
        except (KeyError, TypeError):
            value = None
        if value.__class__ is str and 0 < len(value) <= LONGEST_PLAIN:
            return finish(value)
        return without_text(value, values)

    def render_root(values: Values) -> str:
        value = values.get(root)
        if value.__class__ is str and 0 < len(value) <= LONGEST_PLAIN:
            return finish(value)
        return without_text(value, values)

    def without_text(value: object, values: Values) -> str:
        if value is not None and value != "":
            return slow(values)
        if absent is None:
            raise MissingValue(name)
        return absent

    return render_nested if len(keys) == 2 else render_root


def _date_closure(keys: list[str], used: Filter, *, html_part: bool, slow: Render) -> Render | None:
    form = _default_text(used)
    if form is None or len(form) > LONGEST_DATE_FORMAT:
        return None
    root, key, nested = keys[0], keys[-1], len(keys) == 2

    def render(values: Values) -> str:
        try:
            value = values[root][key] if nested else values[root]
            if value.__class__ is datetime:
                text = value.strftime(form)
            elif value.__class__ is date:
                text = datetime.combine(value, time.min).strftime(form)
            else:
                return slow(values)
        except (KeyError, TypeError, ValueError):
            return slow(values)
        return str(escape(text)) if html_part else text

    return render
