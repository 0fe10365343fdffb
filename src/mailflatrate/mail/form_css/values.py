"""The properties that a form's style sheet may set, and their values: each is read token by token and written anew, so
nothing that isn't understood reaches a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tinycss2 import color4

from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, contrast

LIGHT_INK: Final = "#ffffff"
INKS: Final = ("#16181d", LIGHT_INK)
"""The colors of text on a background of the customer's."""
_REM = 16.0
_MOST_COLORS: Final = 6
_FAMILY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,60}")
_SIDES: Final = ("top", "right", "bottom", "left")
_STYLES: Final = frozenset({"none", "solid", "dashed", "dotted", "double"})


class UnusableValue(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Paint:
    text: str
    colors: tuple[str, ...]

    def is_readable(self, color: str) -> bool:
        return all(contrast(color, background) >= MINIMUM_CONTRAST for background in self.colors)

    def ink(self) -> str:
        """Return a readable color. Raises UnusableValue if there is none."""
        readable_ink = next((ink for ink in INKS if self.is_readable(ink)), None)
        if readable_ink is None:
            raise UnusableValue
        return readable_ink


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def color_of(token: Any, *, is_opaque: bool = True) -> str:
    """Return `#rrggbb`, or `#rrggbbaa` if it may be translucent. Raises UnusableValue."""
    try:
        parsed = color4.parse_color(token)
    except (ValueError, ArithmeticError) as error:  # for example NaN
        raise UnusableValue from error
    if parsed is None or isinstance(parsed, str):
        raise UnusableValue  # currentcolor has no value of its own
    try:
        srgb = parsed.to("srgb")
        parts = [round(255 * min(max(float(part or 0.0), 0.0), 1.0)) for part in (*srgb[:3], parsed.alpha)]
    except (ValueError, ArithmeticError, NotImplementedError) as error:
        raise UnusableValue from error
    if is_opaque and parts[3] != 255:
        raise UnusableValue
    return "#" + "".join(f"{part:02x}" for part in (parts[:3] if parts[3] == 255 else parts))


def paint_of(tokens: Sequence[Any]) -> Paint:
    token = _only(tokens)
    if token.type != "function" or token.lower_name != "linear-gradient":
        color = color_of(token)
        return Paint(color, (color,))
    written, colors = [], []
    for number, part in enumerate(_split(token.arguments)):
        if number == 0 and part[0].type in ("ident", "dimension") and _is_direction(part):
            written.append(_direction(part))
            continue
        color = color_of(part[0])
        stop = f" {_number(_percentage(part[1]))}%" if len(part) > 1 else ""
        if len(part) > 2:
            raise UnusableValue
        colors.append(color)
        written.append(f"{color}{stop}")
    if not 2 <= len(colors) <= _MOST_COLORS:
        raise UnusableValue
    return Paint(f"linear-gradient({','.join(written)})", tuple(colors))


def _is_direction(part: Sequence[Any]) -> bool:
    return bool(part[0].type == "dimension" or part[0].lower_value == "to")


def _direction(part: Sequence[Any]) -> str:
    first = part[0]
    if first.type == "dimension" and first.lower_unit == "deg" and len(part) == 1:
        return f"{_number(_between(first.value, -360, 360))}deg"
    sides = [token.lower_value for token in part[1:] if token.type == "ident"]
    if first.type == "ident" and len(sides) == len(part) - 1 and 1 <= len(sides) <= 2 and set(sides) <= set(_SIDES):
        return f"to {' '.join(sides)}"
    raise UnusableValue


def _percentage(token: Any) -> float:
    if token.type != "percentage":
        raise UnusableValue
    return _between(token.value, 0, 100)


def _between(value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise UnusableValue
    return value


def _only(tokens: Sequence[Any]) -> Any:
    if len(tokens) != 1:
        raise UnusableValue
    return tokens[0]


def _split(tokens: Sequence[Any]) -> list[list[Any]]:
    parts: list[list[Any]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        elif token.type not in ("whitespace", "comment"):
            parts[-1].append(token)
    if not all(parts):
        raise UnusableValue
    return parts


def length(token: Any, least: float, most: float) -> str:
    if token.type == "number" and token.value == 0 and least <= 0:
        return "0"
    if token.type != "dimension" or token.lower_unit not in ("px", "rem"):
        raise UnusableValue
    _between(token.value * (_REM if token.lower_unit == "rem" else 1.0), least, most)
    return f"{_number(token.value)}{token.lower_unit}"


def _lengths(tokens: Sequence[Any], least: float, most: float, *, count: int = 4, words: Sequence[str] = ()) -> str:
    if not 1 <= len(tokens) <= count:
        raise UnusableValue
    return " ".join(
        token.lower_value if token.type == "ident" and token.lower_value in words else length(token, least, most)
        for token in tokens
    )


def _word(tokens: Sequence[Any], words: Sequence[str]) -> str:
    token = _only(tokens)
    if token.type != "ident" or token.lower_value not in words:
        raise UnusableValue
    return str(token.lower_value)


def _line(tokens: Sequence[Any]) -> str:
    parts: dict[str, str] = {}
    for token in tokens:
        if token.type == "ident" and token.lower_value in _STYLES:
            kind, text = "style", str(token.lower_value)
        elif token.type in ("dimension", "number"):
            kind, text = "width", length(token, 0, 8)
        else:
            kind, text = "color", color_of(token, is_opaque=False)
        if parts.setdefault(kind, text) is not text:
            raise UnusableValue
    if not parts:
        raise UnusableValue
    return " ".join(parts[kind] for kind in ("width", "style", "color") if kind in parts)


def _shadow(tokens: Sequence[Any]) -> str:
    if len(tokens) == 1 and tokens[0].type == "ident" and tokens[0].lower_value == "none":
        return "none"
    parts = _split(tokens)
    if len(parts) > 3:
        raise UnusableValue
    return ",".join(map(_one_shadow, parts))


def _one_shadow(part: Sequence[Any]) -> str:
    inset = [token for token in part if token.type == "ident" and token.lower_value == "inset"]
    rest = [token for token in part if token not in inset]
    sizes = [token for token in rest if token.type in ("dimension", "number")]
    colors = [token for token in rest if token not in sizes]
    if len(inset) > 1 or not 2 <= len(sizes) <= 4 or len(colors) != 1:
        raise UnusableValue
    bounds = ((-16, 16), (-16, 16), (0, 48), (-4, 4))
    written = [length(token, *bound) for token, bound in zip(sizes, bounds, strict=False)]
    return " ".join([*(["inset"] if inset else []), *written, color_of(colors[0], is_opaque=False)])


def _families(tokens: Sequence[Any]) -> str:
    written: list[str] = []
    for part in _split(tokens):
        names = [str(token.value) for token in part if token.type in ("ident", "string")]
        name = " ".join(names)
        if len(names) != len(part) or not _FAMILY.fullmatch(name) or len(written) >= 8:
            raise UnusableValue
        written.append(f'"{name}"' if " " in name or part[0].type == "string" else name)
    return ",".join(written)


def _weight(tokens: Sequence[Any]) -> str:
    token = _only(tokens)
    if token.type == "number" and token.int_value in (400, 500, 600, 700, 800):
        return str(token.int_value)
    return _word(tokens, ("normal", "bold"))


def _line_height(tokens: Sequence[Any]) -> str:
    token = _only(tokens)
    if token.type != "number":
        raise UnusableValue
    return _number(_between(token.value, 1, 2))


Reader = Callable[[Sequence[Any]], str]


def _words(*words: str) -> Reader:
    return lambda tokens: _word(tokens, words)


def _spaces(least: float, most: float, count: int = 4, words: Sequence[str] = ()) -> Reader:
    return lambda tokens: _lengths(tokens, least, most, count=count, words=words)


def _translucent(token: Any) -> str:
    return color_of(token, is_opaque=False)


def _border_style(token: Any) -> str:
    return _word([token], tuple(_STYLES))


def _sides(reader: Callable[[Any], str]) -> Reader:
    def read(tokens: Sequence[Any]) -> str:
        if not 1 <= len(tokens) <= len(_SIDES):
            raise UnusableValue
        return " ".join(map(reader, tokens))

    return read


def _width(tokens: Sequence[Any]) -> str:
    token = _only(tokens)
    return "100%" if token.type == "percentage" and token.value == 100 else _word(tokens, ("auto", "fit-content"))


PROPERTIES: Final[dict[str, Reader]] = {
    "color": lambda tokens: color_of(_only(tokens)),
    "background": lambda tokens: paint_of(tokens).text,
    "background-color": lambda tokens: color_of(_only(tokens)),
    "accent-color": lambda tokens: color_of(_only(tokens)),
    "font-family": _families,
    "font-size": _spaces(12, 48, 1),
    "font-weight": _weight,
    "font-style": _words("normal", "italic"),
    "line-height": _line_height,
    "letter-spacing": _spaces(-1, 4, 1, ("normal",)),
    "text-align": _words("left", "center", "right", "start", "end"),
    "text-transform": _words("none", "uppercase", "lowercase", "capitalize"),
    "text-decoration": _words("none", "underline"),
    "padding": _spaces(0, 64),
    "margin": _spaces(0, 64, words=("auto",)),
    "gap": _spaces(0, 48, 2),
    "width": _width,
    "max-width": _spaces(240, 960, 1),
    "border": _line,
    "border-color": _sides(_translucent),
    "border-style": _sides(_border_style),
    "border-width": _spaces(0, 8),
    "border-radius": _spaces(0, 999),
    "box-shadow": _shadow,
    **{f"padding-{side}": _spaces(0, 64, 1) for side in _SIDES},
    **{f"margin-{side}": _spaces(0, 64, 1, ("auto",)) for side in _SIDES},
    **{f"border-{side}": _line for side in _SIDES},
}
