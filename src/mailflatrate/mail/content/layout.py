"""Finds what breaks the layout of an HTML part: CSS that mail programs ignore, images that are too wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailflatrate.mail.content.style import declarations
from mailflatrate.mail.html.tokens import Token

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
MOST_IMAGE_PX: Final = 640
"""No common layout is wider."""
# CSS that moves things and that Gmail or Outlook for Windows ignore (caniemail.com). Graceful decoration is left out.
_UNSUPPORTED: Final = {
    "display": frozenset({"grid", "inline-grid", "flex", "inline-flex"}),
    "position": frozenset({"absolute", "fixed", "sticky"}),
}
_MOVES: Final = ("grid-template-columns", "grid-template-areas", "column-count", "columns")
_PIXELS: Final = re.compile(r"\s*(\d+(?:\.\d+)?)(px)?\s*")


def unsupported_css(token: Token) -> Iterator[str]:
    """Yield `name: value` of what large mail programs ignore. Media queries don't count: they only improve."""
    for name, value in declarations(token.attributes.get("style") or "").items():
        if value in _UNSUPPORTED.get(name, ()) or (name in _MOVES and value not in ("auto", "none", "1")):
            yield f"{name}: {value}"


def is_oversized(token: Token) -> bool:
    """Outlook shows `width`, otherwise the file's own. A limit in percent counts: other programs respect it."""
    style = declarations(token.attributes.get("style") or "")
    widths = [token.attributes.get("width") or "", style.get("width", ""), style.get("max-width", "")]
    if not any(width.strip() not in ("", "auto", "none") for width in widths):
        return True
    limits = [float(match[1]) for width in widths if (match := _PIXELS.fullmatch(width))]
    relative = any(width.strip().endswith("%") for width in widths)
    return not relative and bool(limits) and min(limits) > MOST_IMAGE_PX
