"""Names and colors of tags."""

import re
from collections.abc import Iterable
from enum import StrEnum

from mailflatrate.rules.contacts.personal_data import is_special

MAX_TAG_CHARACTERS = 60
MAX_TAGS = 1_000
MAX_TAGS_AT_ONCE = 50
"""Tags that one cell, form or request may name."""
_SEPARATOR = re.compile(r"[,;|\n]")
_QUOTES = "\"'“”„«»[]"


class TagColor(StrEnum):
    """The colors of tags."""

    GRAY = "gray"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    PURPLE = "purple"


class TagFault(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too_long"
    SEPARATOR = "separator"
    SPECIAL = "special"


def tag_name(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())


def tag_fault(name: str) -> TagFault | None:
    if not name:
        return TagFault.EMPTY
    if len(name) > MAX_TAG_CHARACTERS:
        return TagFault.TOO_LONG
    if _SEPARATOR.search(name):
        return TagFault.SEPARATOR
    return TagFault.SPECIAL if is_special(name) else None


def split_tags(text: str) -> list[str]:
    return known_once(tag_name(part.strip(_QUOTES + " ")) for part in _SEPARATOR.split(text))


def known_once(names: Iterable[str]) -> list[str]:
    tags: dict[str, str] = {}
    for name in names:
        if name.casefold() not in tags and tag_fault(name) is None:
            tags[name.casefold()] = name
        if len(tags) == MAX_TAGS_AT_ONCE:
            break
    return list(tags.values())


def next_color(position: int) -> TagColor:
    colors = list(TagColor)
    return colors[1 + position % (len(colors) - 1)]
