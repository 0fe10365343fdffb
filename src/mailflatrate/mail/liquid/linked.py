"""Renders a value that may be a web address as HTML: a link if it is one, text if not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from markupsafe import escape

LINK_FILTER: Final = "mailflatrate_link"
"""Put by the compiler after the source of a subscription in the imprint; not for authors."""
_PAGE: Final = re.compile(r"https?://[^\s<>\"'\x00-\x20]{1,500}", re.IGNORECASE)


@lru_cache(maxsize=512)
def linked(text: str) -> str:
    shown = str(escape(text))
    if _PAGE.fullmatch(text) is None:
        return shown
    return f'<a href="{shown}" style="color:inherit">{shown}</a>'
