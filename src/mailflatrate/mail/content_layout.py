"""What in an HTML part keeps its layout from arriving: CSS that mail programs ignore, images that are too wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailflatrate.mail.content_style import declarations
from mailflatrate.mail.html.tokens import Token

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
MOST_IMAGE_PX: Final = 640
"""No common layout is wider."""
# What Gmail or Outlook for Windows ignore, of what moves things (caniemail.com). Graceful decoration is left out.
_UNSUPPORTED: Final = {
    "display": frozenset({"grid", "inline-grid", "flex", "inline-flex"}),
    "position": frozenset({"absolute", "fixed", "sticky"}),
}
_MOVES: Final = ("grid-template-columns", "grid-template-areas", "column-count", "columns")
_PIXELS: Final = re.compile(r"\s*(\d+(?:\.\d+)?)(px)?\s*")


def unsupported_css(token: Token) -> Iterator[str]:
    """The declarations of an element's own style that large mail programs ignore, as `name: value`.

    Style sheets have been applied before; what is left in a media query is an improvement for those who know it.
    """
    for name, value in declarations(token.attributes.get("style") or "").items():
        if value in _UNSUPPORTED.get(name, ()) or (name in _MOVES and value not in ("auto", "none", "1")):
            yield f"{name}: {value}"


def is_oversized(token: Token) -> bool:
    """Whether Outlook shows an image wider than a message: it takes `width`, and otherwise the file's own width.

    A limit in percent is taken for intention, because every other program keeps to it.
    """
    style = declarations(token.attributes.get("style") or "")
    widths = [token.attributes.get("width") or "", style.get("width", ""), style.get("max-width", "")]
    if not any(width.strip() not in ("", "auto", "none") for width in widths):
        return True
    limits = [float(found[1]) for width in widths if (found := _PIXELS.fullmatch(width))]
    relative = any(width.strip().endswith("%") for width in widths)
    return not relative and bool(limits) and min(limits) > MOST_IMAGE_PX
