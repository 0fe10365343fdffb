"""How an element looks to a reader, by its attributes and inline styles (R-44, R-48, R-50)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, MINIMUM_FONT_PX, contrast, luminance
from mailflatrate.mail.html.tokens import Token

_LENGTH = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(px|pt|pc|em|rem|ex|ch|vw|vh|vmin|vmax|cm|mm|in|%)?")
_DARK = 0.10
"""Relative luminance below which a text color is meant for a light page."""
_FAR = 500
"""Pixels beyond which nothing is moved for its looks."""
_UNREADABLE_PX = 3
_UNREADABLE_CONTRAST = 1.2
_FAINTEST = 0.1
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "rem": 16.0, "vw": 6.0, "vh": 8.0, "vmin": 6.0, "vmax": 8.0,
       "cm": 37.8, "mm": 3.78, "in": 96.0}  # fmt: skip
_NAMED_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}


class Hiding(Enum):
    """How text is hidden from a reader (R-48)."""

    NOT_DISPLAYED = "not displayed"
    TINY = "font size below 3 px"
    TRANSPARENT = "transparent"
    SAME_COLOR = "text in the colour of its background"
    OFF_SCREEN = "placed outside of the page"
    NO_HEIGHT = "no height or no width"
    CLIPPED = "cut away"


@dataclass(frozen=True, slots=True)
class Style:
    hiding: Hiding | None = None
    color: str = "#000000"
    background: str = "#ffffff"
    pixels: float = 16.0
    own_color: bool = False
    own_background: bool = False
    clear: bool = False

    def inside(self, token: Token, visible_names: Collection[str] = ()) -> Style:
        """`visible_names` are classes and ids that some screens show."""
        declared = declarations(token.attributes.get("style") or "")
        attribute = token.attributes.get("color") if token.name == "font" else None
        color_value = declared.get("color") or _with_hash(attribute)
        color, opacity = _color(color_value)
        painted = declared.get("background-color") or declared.get("background")
        background, filled = _color(painted or _with_hash(token.attributes.get("bgcolor")))
        background = background if filled > 0.5 else None
        own_background = self.own_background or background is not None
        background = background or self.background
        pictures = declared.get("background", "") + declared.get("background-image", "")
        if token.attributes.get("background") or "url(" in pictures or "gradient(" in pictures:
            background, own_background = "", True  # over a picture no color can be judged
        pixels = _font_pixels(declared, self.pixels)
        hiding = (
            None if visible_names and _names(token).intersection(visible_names) else _hiding(declared, token, pixels)
        )
        return Style(
            hiding=self.hiding or hiding,
            color=color or self.color,
            background=background,
            pixels=pixels,
            own_color=self.own_color or color is not None,
            own_background=own_background,
            clear=self.clear if color_value is None else opacity < _FAINTEST,
        )

    def is_faint(self) -> bool:
        pale = bool(self.background) and contrast(self.color, self.background) < MINIMUM_CONTRAST
        return pale or self.pixels < MINIMUM_FONT_PX

    def is_dark_trap(self) -> bool:
        """Text is explicitly dark on a page whose color is left to the program."""
        return self.own_color and not self.own_background and luminance(self.color) < _DARK

    def verdict(self) -> Hiding | None:
        if self.hiding:
            return self.hiding
        if self.pixels < _UNREADABLE_PX:
            return Hiding.TINY
        if self.clear:
            return Hiding.TRANSPARENT
        if self.background and contrast(self.color, self.background) < _UNREADABLE_CONTRAST:
            return Hiding.SAME_COLOR
        return None


def _names(token: Token) -> set[str]:
    return {*(token.attributes.get("class") or "").split(), token.attributes.get("id") or ""}


def _with_hash(value: str | None) -> str | None:
    return f"#{value.strip()}" if value and re.fullmatch(r"\s*[0-9a-fA-F]{6}\s*", value) else value


def _font_pixels(declared: dict[str, str], inherited: float) -> float:
    size = declared.get("font-size")
    if size is None and "font" in declared:
        sizes = (re.split(r"\s*/", word)[0] for word in re.sub(r"\s*/\s*", "/", declared["font"]).split())
        size = next((word for word in sizes if _LENGTH.fullmatch(word) or word in _NAMED_SIZES), None)
    if size is None:
        return inherited
    if size in _NAMED_SIZES:
        return _NAMED_SIZES[size]
    pixels = _pixels(size, inherited)
    return inherited if pixels is None or pixels < 0 else pixels


def _pixels(value: str, base: float) -> float | None:
    match = _LENGTH.fullmatch(value.strip())
    if match is None:
        return None
    number, unit = float(match[1]), match[2] or ""
    if unit == "%":
        return number * base / 100
    return number * (_PX[unit] if unit in _PX else base * (1.0 if unit == "em" else 0.5))


def _hiding(declared: dict[str, str], token: Token, size: float) -> Hiding | None:
    if not declared and not token.attributes:
        return Hiding.NOT_DISPLAYED if token.name == "template" else None
    if (
        declared.get("display") == "none"
        or declared.get("visibility") in ("hidden", "collapse")
        or declared.get("content-visibility") == "hidden"
        or "hidden" in token.attributes
        or token.name == "template"
    ):
        return Hiding.NOT_DISPLAYED
    if declared.get("mso-hide") == "all" and len(declared) == 1:
        return Hiding.NOT_DISPLAYED
    if _is_clear(declared):
        return Hiding.TRANSPARENT
    if _has_no_room(declared, size):
        return Hiding.NO_HEIGHT
    if _is_cut_away(declared):
        return Hiding.CLIPPED
    return Hiding.OFF_SCREEN if _is_off_screen(declared, size) else None


def _is_clear(declared: dict[str, str]) -> bool:
    if _share(declared.get("opacity", "")) < _FAINTEST:
        return True
    filtered = re.search(r"opacity\s*[(=]\s*([\d.]+%?)", declared.get("filter", ""))
    if filtered is not None:
        old = "alpha" in declared["filter"]  # alpha(opacity=0 to 100)
        if _share(f"{filtered[1]}%" if old and not filtered[1].endswith("%") else filtered[1]) < _FAINTEST:
            return True
    filled = declared.get("-webkit-text-fill-color")
    clipped = "text" in (declared.get("background-clip", ""), declared.get("-webkit-background-clip", ""))
    return filled is not None and not clipped and _color(filled)[1] < _FAINTEST


def _share(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)(%?)", text)
    return 1.0 if match is None else float(match[1]) / (100 if match[2] else 1)


def _has_no_room(declared: dict[str, str], size: float) -> bool:
    hidden = {declared.get(name) for name in ("overflow", "overflow-x", "overflow-y")} & {"hidden", "clip"}
    if not hidden:
        return False
    sides = [declared.get(name) for name in ("height", "max-height", "width", "max-width", "line-height")]
    lengths = [_pixels(side, size) for side in sides if side is not None]
    return any(length is not None and length <= 1 for length in lengths) and not _is_plain_number(declared, lengths)


def _is_plain_number(declared: dict[str, str], lengths: list[float | None]) -> bool:
    factor = re.fullmatch(r"\d*\.?\d+", declared.get("line-height", ""))
    small = [length for length in lengths if length is not None and length <= 1]
    return factor is not None and len(small) == 1 and float(factor.group()) == small[0] and small[0] > _FAINTEST


def _is_cut_away(declared: dict[str, str]) -> bool:
    clip = re.fullmatch(r"rect\((.*)\)", declared.get("clip", ""))
    if clip is not None:
        sides = [_pixels(side, 16.0) for side in re.split(r"[\s,]+", clip[1].strip())]
        if len(sides) == 4 and all(side is not None and abs(side) <= 1 for side in sides):
            return True
    path = declared.get("clip-path", "")
    inset = re.match(r"inset\(\s*([\d.]+)%", path)
    if (inset is not None and float(inset[1]) >= 50) or re.match(r"(?:circle|ellipse)\(\s*0", path):
        return True
    zoom = _share(declared.get("zoom", ""))
    return zoom < 0.2 or re.search(r"scale(?:3d|x|y)?\(\s*0?\.?0+\s*[,)]", declared.get("transform", "")) is not None


def _is_off_screen(declared: dict[str, str], size: float) -> bool:
    sides = [
        declared.get(name, "")
        for name in ("text-indent", "left", "top", "right", "bottom", "margin-left", "margin-top", "margin-right")
    ]
    sides += declared.get("margin", "").split()
    moved = declared.get("transform", "")
    sides += re.split(r"[\s,()]+", moved) if "translate" in moved else []
    lengths = [_pixels(side, size) for side in sides if side.startswith(("-", "+")) or side[:1].isdigit()]
    if any(length is not None and length <= -_FAR for length in lengths):
        return True
    indent = re.fullmatch(r"(-?\d+)%", declared.get("text-indent", ""))
    nowhere = declared.get("overflow") in ("hidden", "clip")
    return indent is not None and abs(int(indent[1])) >= 100 and nowhere


def is_pixel(token: Token, style: Style, visible_names: Collection[str] = ()) -> bool:
    """At most 2 by 2, or invisible, as image or background (R-111); `style` is the element's own. A large picture shown
    only on phones, or in a hidden element, does not count.
    """
    declared = declarations(token.attributes.get("style") or "")
    sides = [declared.get(side) or token.attributes.get(side) or "" for side in ("width", "height")]
    small = [re.fullmatch(r"[0-2](?:px)?", side.strip()) is not None for side in sides]
    if all(small) or (any(small) and not all(sides) and token.name == "img"):
        return True
    own = None if visible_names and _names(token).intersection(visible_names) else _hiding(declared, token, 16.0)
    unseen = (Hiding.NOT_DISPLAYED, Hiding.TRANSPARENT)
    return own in unseen or (style.hiding in unseen and not any(side[:1].isdigit() for side in sides))


@lru_cache(maxsize=4096)
def _parsed(style: str) -> tuple[tuple[str, str], ...]:
    plain = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    if "\\" in plain:
        plain = re.sub(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", lambda match: match[2] or _char(match[1]), plain)
    pairs: dict[str, tuple[str, bool]] = {}
    for declaration in re.split(r";(?![^()]*\))", plain):
        name, colon, value = declaration.partition(":")
        if colon:
            urgent = re.sub(r"!\s*important", "", value, flags=re.IGNORECASE)
            name = name.strip().lower()
            if name not in pairs or urgent != value or not pairs[name][1]:
                pairs[name] = (" ".join(urgent.lower().split()), urgent != value)
    return tuple((name, value) for name, (value, _) in pairs.items())


def _char(code: str) -> str:
    number = int(code, 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def declarations(style: str) -> dict[str, str]:
    return dict(_parsed(style)) if style else {}


@lru_cache(maxsize=4096)
def _color(value: str | None) -> tuple[str | None, float]:
    text = (value or "").strip().lower()
    if re.fullmatch(r"#[0-9a-f]{6}", text):
        return text, 1.0
    from tinycss2.color4 import parse_color  # only if a color is not in the usual notation

    for word in (text, *re.findall(r"[a-z-]+\([^()]*\)|[#\w-]+", text)) if text else ():
        color = parse_color(word)
        if color is not None and not isinstance(color, str):
            red, green, blue, alpha = color.to("srgb")
            channels = (min(max(round(255 * (part or 0)), 0), 255) for part in (red, green, blue))
            return "#" + "".join(f"{part:02x}" for part in channels), float(alpha)
    return None, 1.0
