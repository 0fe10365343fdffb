"""The values of a message copied from another system; `copied_html` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_PAGE_OCTETS: Final = 768 * 1024
MOST_PICTURES: Final = 30
PICTURE_MARK: Final = "mf-picture-{}-"
"""Replaces a picture's address, by its number from 0, until the picture is in Media."""


class LeftOut(Enum):
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
    what: LeftOut
    count: int
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopiedPicture:
    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class CopiedMessage:
    title: str
    html: str
    pictures: tuple[CopiedPicture, ...]
    notes: tuple[CopyNote, ...]
    words: int
