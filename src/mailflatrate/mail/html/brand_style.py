"""An account's colors, fonts and logo. The customer chooses four colors; the rest is derived, so that no choice can
make a message unreadable.
"""

from __future__ import annotations

import re
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass, field
from typing import Final

from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, contrast
from mailflatrate.mail.html.imprint import DARK_GROUND, DARK_INK, BlockStyle

FONTS: Final = {
    "georgia": "Georgia,'Iowan Old Style','Times New Roman',serif",
    "palatino": "'Palatino Linotype',Palatino,'Book Antiqua',Georgia,serif",
    "arial": "Arial,Helvetica,sans-serif",
    "system": "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
    "verdana": "Verdana,Geneva,sans-serif",
    "trebuchet": "'Trebuchet MS',Tahoma,Arial,sans-serif",
    "courier": "'Courier New',Courier,monospace",
}
"""Fonts installed on readers' machines; a message loads none (R-111)."""

BUTTON_SHAPES: Final = {"square": "0", "rounded": "6px", "pill": "24px"}
LINK_STYLES: Final = {
    "underline": {"link_line": "underline", "link_weight": "inherit"},
    "bold": {"link_line": "none", "link_weight": "bold"},
}
"""Links in text always differ from it by more than their color (WCAG 1.4.1)."""
DARK_SHEET: Final = "#1e222a"
DARK_TEXT: Final = "#ebe6dc"
DARK_RULE: Final = "#363c47"
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


def is_colour(text: str) -> bool:
    return _COLOUR.fullmatch(text) is not None


def mixed(colour: str, other: str, share: float) -> str:
    pairs = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(channel + (target - channel) * share):02x}" for channel, target in pairs)


def text_on(ground: str) -> str:
    best = max(("#ffffff", "#16191f"), key=lambda ink: contrast(ink, ground))
    return best if contrast(best, ground) >= MINIMUM_CONTRAST else "#000000"


def readable(colour: str, ground: str) -> str:
    if contrast(colour, ground) >= MINIMUM_CONTRAST:
        return colour
    goal = text_on(ground)
    hue, lightness, saturation = rgb_to_hls(*_channels(colour))
    end = rgb_to_hls(*_channels(goal))[1]
    for step in range(41):
        tried = hls_to_rgb(hue, lightness + (end - lightness) * step / 40, saturation)
        written = "#" + "".join(f"{round(channel * 255):02x}" for channel in tried)
        if contrast(written, ground) >= MINIMUM_CONTRAST:
            return written
    return goal


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class BrandStyle:
    """Colors as `#rrggbb`, fonts by their name in `FONTS`; `dark_logo_url` replaces `logo_url` in dark mode."""

    primary: str = "#0b5a63"
    ink: str = "#2a2622"
    sheet: str = "#fdfbf7"
    page: str = "#f4f0e8"
    heading_font: str = "georgia"
    body_font: str = "georgia"
    logo_url: str = ""
    logo_width: int = 0
    imprint: BlockStyle = field(default_factory=BlockStyle)
    dark_logo_url: str = ""
    dark_logo_width: int = 0
    button_shape: str = "rounded"
    link_style: str = "underline"

    @property
    def link(self) -> str:
        return self._readable(self.primary)

    @property
    def dark_link(self) -> str:
        return readable(self.primary, DARK_SHEET)

    @property
    def soft(self) -> str:
        return self._readable(mixed(self.ink, self.sheet, 0.35))

    def _readable(self, colour: str) -> str:
        shade = readable(readable(colour, self.sheet), self.tint)
        if self._least_contrast(shade) >= MINIMUM_CONTRAST:
            return shade
        return max((shade, "#000000", "#16191f", "#ffffff"), key=self._least_contrast)

    def _least_contrast(self, colour: str) -> float:
        return min(contrast(colour, self.sheet), contrast(colour, self.tint))

    @property
    def rule(self) -> str:
        return mixed(self.sheet, self.ink, 0.13)

    @property
    def tint(self) -> str:
        tried = mixed(self.sheet, self.primary, 0.09)
        return tried if text_on(tried) == text_on(self.sheet) else self.sheet

    def words(self) -> dict[str, str]:
        return {
            "primary": self.primary, "on_primary": text_on(self.primary), "link": self.link, "ink": self.ink,
            "soft": self.soft, "sheet": self.sheet, "page": self.page, "rule": self.rule, "tint": self.tint,
            "heading_font": FONTS[self.heading_font], "body_font": FONTS[self.body_font],
            "radius": BUTTON_SHAPES[self.button_shape], **LINK_STYLES[self.link_style],
            "dark_logo": f".logo img {{ content: url({self.dark_logo_url}); }}" if self.dark_logo_url else "",
            "dark_page": DARK_GROUND, "dark_sheet": DARK_SHEET, "dark_ink": DARK_TEXT, "dark_soft": DARK_INK,
            "dark_rule": DARK_RULE, "dark_link": self.dark_link, "dark_on_link": text_on(self.dark_link),
            "dark_tint": mixed(DARK_SHEET, self.dark_link, 0.13),
        }  # fmt: skip
