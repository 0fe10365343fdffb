"""Whether styles, as style attributes or as MJML's attributes, leave a slot's content in its place, so that it can't
cover what is locked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Final

import tinycss2

from mailflatrate.mail.html.tokens import Token

_PROPERTIES: Final = re.compile(
    r"color|background(?:-color)?|text-(?:align|decoration(?:-[a-z]+)?|transform)|font-[a-z]+|line-height"
    r"|letter-spacing|white-space|word-break|overflow-wrap|vertical-align|list-style(?:-[a-z]+)?|border(?:-[a-z-]+)?"
    r"|(?:padding|margin)(?:-(?:top|right|bottom|left))?|(?:max-)?width|display"
)
"""Properties that leave an element where the text puts it, as long as no length is negative."""
_COLORS: Final = frozenset({"rgb", "rgba", "hsl", "hsla"})
_WORDS: Final = re.compile(r"href|src|srcset|sizes|alt|title|name|rel|target|mf-[a-z-]+")
"""Attributes of MJML that become no style."""
_ADDRESS: Final = re.compile(r"[^\s'\"();\\{}]*")
_LOW: Final = 0.9
"""A line that is lower than this share of its characters is drawn over its neighbors."""
_CLOSEST: Final = {"em": -0.1, "px": -2.0}
"""Characters that are closer than this run out of their column to the left."""
_USUAL_SIZE: Final = 16.0
"""Pixels of characters whose size isn't declared."""


class OutOfPlace(Exception):
    """A style could move an element or its characters over what is around it."""


def line_within(token: Token, line: float | None) -> float | None:
    """In pixels; `line` is the height around it. None: lines grow with their characters. Raises OutOfPlace."""
    declared = list(_declared(token))
    for name, value in declared:
        if not all(_is_modest(part, name) for part in value):
            raise OutOfPlace(name)
    sizes = [_pixels(value) for name, value in declared if name == "font-size"]
    if token.name in ("font", "big"):  # larger than what is around it, by how much is up to the reader's program
        sizes.append(inf)
    own = max(sizes, default=None)
    for lowest in [value for name, value in declared if name == "line-height"]:
        line = _line(lowest, _USUAL_SIZE if own in (None, inf) else own, line)
        own = own or _USUAL_SIZE
    if line is not None and own is not None and line < _LOW * own:
        raise OutOfPlace("line-height")
    return line


def _declared(token: Token) -> Iterator[tuple[str, Sequence[Any]]]:
    style = token.attributes.get("style") or ""
    try:
        for declaration in tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True):
            if declaration.type != "declaration" or not _PROPERTIES.fullmatch(declaration.lower_name):
                raise OutOfPlace(style)
            yield declaration.lower_name, declaration.value
        for name, value in token.attributes.items() if token.name.startswith("mj-") else ():
            if name == "background-url":
                if not _ADDRESS.fullmatch(value or ""):
                    raise OutOfPlace(name)
            elif name != "style" and not _WORDS.fullmatch(name):
                yield name, tinycss2.parse_component_value_list(value or "")
    except (RecursionError, ValueError) as error:  # brackets without an end, a number of thousands of digits
        raise OutOfPlace(style) from error


def _is_modest(part: Any, name: str) -> bool:
    if part.type == "function":
        return part.lower_name in _COLORS
    if part.type not in ("number", "percentage", "dimension"):
        return part.type in ("whitespace", "ident", "string", "hash") or part == ","
    least = 0.0
    if name == "line-height":
        least = {"percentage": 100 * _LOW, "number": _LOW}.get(part.type, 0.0)
    elif name == "letter-spacing" and part.type == "dimension":
        least = _CLOSEST.get(part.lower_unit, 0.0)
    return bool(part.value >= least)


def _pixels(value: Sequence[Any]) -> float:
    """0 if it is at most that of the text around it, infinite if only a reader's program knows."""
    for part in value:
        if part.type == "dimension" and part.lower_unit in ("px", "pt"):
            return float(part.value) * (4 / 3 if part.lower_unit == "pt" else 1)
        if part.type == "percentage" or (part.type == "dimension" and part.lower_unit == "em"):
            return 0.0 if part.value <= (100 if part.type == "percentage" else 1) else inf
    return 0.0 if [part.value for part in value if part.type == "ident"] in (["inherit"], ["smaller"]) else inf


def _line(value: Sequence[Any], size: float, around: float | None) -> float | None:
    for part in value:
        if part.type == "number":  # stays relative to each element's own characters
            return None
        if part.type == "percentage":
            return float(part.value) / 100 * size
        if part.type == "dimension":
            return {"px": 1.0, "pt": 4 / 3, "em": size}.get(part.lower_unit, 0.0) * float(part.value)
    return None if [part.value for part in value if part.type == "ident"] == ["normal"] else around
