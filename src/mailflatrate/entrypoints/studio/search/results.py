"""The results of a search: groups of hits, with the typed text marked."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SHORTEST, LONGEST = 2, 100
"""Characters a search needs, and how many of it are read."""
GROUP_HITS = 6


@dataclass(frozen=True, slots=True)
class SearchHit:
    url: str
    title: SafeString
    text: SafeString
    badge: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class HitGroup:
    """`more_url` leads to all results; it is empty if all are shown, or if there is no such page."""

    key: str
    label: str
    icon: str
    hits: Sequence[SearchHit]
    more_url: str = ""


def normalized(text: str) -> str:
    """Return the typed text in the form that is searched for: composed characters, single spaces, limited in length."""
    return " ".join(unicodedata.normalize("NFC", text[: LONGEST * 2]).replace("\0", " ").split())[:LONGEST].strip()


def marked(text: str, query: str, *, words: bool = False) -> SafeString:
    """Return `text` escaped, with every occurrence of `wanted` (or of one of its words) in a <mark>."""
    parts = sorted(query.split(), key=len, reverse=True) if words else [query]
    pattern = "|".join(re.escape(part) for part in parts if part)
    if not pattern:
        return format_html("{}", text)
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return format_html_join("", "{}", ((_piece(number, piece),) for number, piece in enumerate(pieces)))


def _piece(number: int, piece: str) -> str:
    return format_html("<mark>{}</mark>", piece) if number % 2 else piece
