"""The values of an uploaded picture, and the reasons to refuse one; `pictures` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_UPLOAD_OCTETS: Final = 8 * 1024 * 1024


class PictureFormat(Enum):
    """The formats we store; the value is also the file name extension."""

    PNG = "png"
    JPEG = "jpg"
    GIF = "gif"

    @property
    def content_type(self) -> str:
        """Return the media type (RFC 6838)."""
        return {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}[self.value]


class Refusal(Enum):
    """The reasons for rejecting a file."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    SVG = "svg"
    NO_PICTURE = "no_picture"
    BROKEN = "broken"
    TOO_MANY_PIXELS = "too_many_pixels"
    LONG_ANIMATION = "long_animation"
    TOO_COSTLY = "too_costly"
    BUSY = "busy"
    NOT_STORED = "not_stored"


class PictureRefused(ValueError):
    """The file is rejected; `reason` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture as stored and served. Sizes in pixels."""

    format: PictureFormat
    width: int
    height: int
    data: bytes
    animated: bool = False


@dataclass(frozen=True, slots=True)
class PictureSet:
    """An uploaded picture in every stored size.

    `narrower` has one for each of `pictures.MESSAGE_WIDTHS_PX`, None where the picture is not wider than that.
    """

    whole: StoredPicture
    thumbnail: StoredPicture
    narrower: tuple[StoredPicture | None, ...]
