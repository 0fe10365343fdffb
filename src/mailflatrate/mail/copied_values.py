"""The values of a message that was copied from another system; `copied_html` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_PAGE_OCTETS: Final = 768 * 1024
MOST_PICTURES: Final = 30
PICTURE_MARK: Final = "mf-picture-{}-"
"""Replaces the address of a picture in the HTML, by its number from 0, until the picture is in Media."""


class LeftOut(Enum):
    """What was removed from a copied message, or what its author has to look at."""

    SCRIPTS = "scripts"
    FORMS = "forms"
    PIXELS = "pixels"
    UNSUBSCRIBE = "unsubscribe"
    WEB_VIEW = "web_view"
    FOOTER = "footer"
    BADGES = "badges"
    TRACKED_LINKS = "tracked_links"
    FIELDS = "fields"
    UNKNOWN_FIELDS = "unknown_fields"
    MORE_PICTURES = "more_pictures"
    LOST_PICTURES = "lost_pictures"


@dataclass(frozen=True, slots=True)
class CopyNote:
    """One line of the list: how often it was found, and up to a few samples of it."""

    what: LeftOut
    count: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopiedPicture:
    """A picture to fetch: its absolute address, and its description if it has one."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class CopiedMessage:
    """A message from another system: HTML for our source editor, with a mark for each of its `pictures`."""

    title: str
    html: str
    pictures: tuple[CopiedPicture, ...]
    notes: tuple[CopyNote, ...]
    words: int
