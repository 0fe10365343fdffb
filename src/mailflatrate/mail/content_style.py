"""How an element of an HTML part looks to a reader, as far as attributes and inline styles say (R-44, R-48, R-50)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, MINIMUM_FONT_PX, contrast, luminance
from mailflatrate.mail.html.tokens import Token

_FONT_SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(px|pt|em|rem|%)")
_DARK = 0.10
"""Relative luminance below which a text colour is meant for a light page."""


class Hiding(Enum):
    """How text is kept from a reader's eyes (R-48)."""

    NOT_DISPLAYED = "not displayed"
    TINY = "font size of at most 1 px"
    TRANSPARENT = "transparent"
    SAME_COLOR = "text in the colour of its background"
    OFF_SCREEN = "placed outside of the page"
    NO_HEIGHT = "no height"


@dataclass(frozen=True, slots=True)
class Style:
    """What an element's text inherits. `own_color` and `own_background`: somebody set it on purpose."""

    hiding: Hiding | None = None
    color: str = "#000000"
    background: str = "#ffffff"
    tiny: bool = False
    pixels: float = 16.0
    own_color: bool = False
    own_background: bool = False

    def inside(self, token: Token) -> Style:
        declared = _declarations(token.attributes.get("style") or "")
        color = _color(declared.get("color") or token.attributes.get("color"))
        background = _color(
            declared.get("background-color") or declared.get("background") or token.attributes.get("bgcolor")
        )
        own_background = self.own_background or background is not None
        background = background or self.background
        pictures = declared.get("background", "") + declared.get("background-image", "")
        if token.attributes.get("background") or "url(" in pictures:
            background, own_background = "", True  # over a picture no colour can be judged
        size = declared.get("font-size")
        tiny = self.tiny if size is None else re.fullmatch(r"0(?:\.0+)?[a-z%]*|1(?:\.\d+)?(?:px|pt)", size) is not None
        return Style(
            hiding=self.hiding or _hiding(declared, token),
            color=color or self.color,
            background=background,
            tiny=tiny,
            pixels=_pixels(size, self.pixels),
            own_color=self.own_color or color is not None,
            own_background=own_background,
        )

    def is_faint(self) -> bool:
        """Below the least size or contrast of an imprint (R-44)."""
        pale = bool(self.background) and contrast(self.color, self.background) < MINIMUM_CONTRAST
        return pale or self.pixels < MINIMUM_FONT_PX

    def is_dark_trap(self) -> bool:
        """Dark by its own choice on a page whose colour is left to the program."""
        return self.own_color and not self.own_background and luminance(self.color) < _DARK

    def verdict(self) -> Hiding | None:
        if self.hiding:
            return self.hiding
        if self.tiny:
            return Hiding.TINY
        if self.background and contrast(self.color, self.background) < 1.1:
            return Hiding.SAME_COLOR
        return None


def _pixels(size: str | None, inherited: float) -> float:
    match = _FONT_SIZE.fullmatch(size or "")
    if match is None:
        return inherited
    number = float(match[1])
    return number * {"px": 1.0, "pt": 4 / 3, "em": inherited, "rem": 16.0, "%": inherited / 100}[match[2]]


def _hiding(declared: dict[str, str], token: Token) -> Hiding | None:
    if declared.get("display") == "none" or declared.get("visibility") == "hidden" or "hidden" in token.attributes:
        return Hiding.NOT_DISPLAYED
    if declared.get("mso-hide") == "all" and len(declared) == 1:
        return Hiding.NOT_DISPLAYED
    if re.fullmatch(r"0?\.?0+", declared.get("opacity", "")):
        return Hiding.TRANSPARENT
    if re.match(r"0(?:\D|$)", declared.get("max-height", "")) and declared.get("overflow") == "hidden":
        return Hiding.NO_HEIGHT
    moved = [declared.get(name, "") for name in ("text-indent", "left", "top", "margin-left", "margin-top")]
    if any(re.match(r"-\d{3,}", one) for one in moved):
        return Hiding.OFF_SCREEN
    return None


def is_pixel(token: Token) -> bool:
    """A picture of at most 2 by 2, or one that is not displayed (R-111)."""
    declared = _declarations(token.attributes.get("style") or "")
    sides = [declared.get(side) or token.attributes.get(side) or "" for side in ("width", "height")]
    small = [re.fullmatch(r"[0-2](?:px)?", side.strip()) is not None for side in sides]
    return all(small) or (any(small) and not all(sides)) or declared.get("display") == "none"


def _declarations(style: str) -> dict[str, str]:
    pairs = (one.split(":", 1) for one in style.split(";") if ":" in one)
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, value in pairs}


_NAMED = {"white": "#ffffff", "black": "#000000", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0"}


def _color(value: str | None) -> str | None:
    """Return a colour as `#rrggbb`, or None where the notation is not a plain one."""
    for word in (value or "").lower().split():
        if word in _NAMED:
            return _NAMED[word]
        if re.fullmatch(r"#[0-9a-f]{6}", word):
            return word
        if re.fullmatch(r"#[0-9a-f]{3}", word):
            return "#" + "".join(2 * digit for digit in word[1:])
    found = re.match(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})", value or "")
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups()) if found else None
