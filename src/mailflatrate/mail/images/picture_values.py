"""The values of an uploaded picture, and the reasons to refuse one; `pictures` reads it, in a child process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_UPLOAD_OCTETS: Final = 8 * 1024 * 1024


class PictureFormat(Enum):
    """The value is also the file name extension."""

    PNG = "png"
    JPEG = "jpg"
    GIF = "gif"

    @property
    def content_type(self) -> str:
        return {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}[self.value]


class Refusal(Enum):
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
    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoredPicture:
    format: PictureFormat
    width: int
    height: int
    data: bytes
    animated: bool = False


@dataclass(frozen=True, slots=True)
class PictureSet:
    """`narrower` has one for each of `MESSAGE_WIDTHS_PX`, None where the picture is not wider."""

    whole: StoredPicture
    thumbnail: StoredPicture
    narrower: tuple[StoredPicture | None, ...]


WHOLE_SHARE: Final = 10_000
"""A crop is in ten-thousandths of the turned picture, so it fits whichever size a browser showed."""
LEAST_SIDE_PX: Final = 16
TURNS: Final = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """In this order. `turn` is clockwise: 0, 90, 180 or 270 degrees. The crop is in `WHOLE_SHARE`ths of the turned
    picture; `width` in pixels scales it down, 0 keeps it.
    """

    turn: int = 0
    mirror: bool = False
    left: int = 0
    top: int = 0
    right: int = WHOLE_SHARE
    bottom: int = WHOLE_SHARE
    width: int = 0

    @property
    def is_sound(self) -> bool:
        return (
            self.turn in TURNS
            and 0 <= self.left < self.right <= WHOLE_SHARE
            and 0 <= self.top < self.bottom <= WHOLE_SHARE
            and (self.width == 0 or self.width >= LEAST_SIDE_PX)
        )

    @property
    def changes_nothing(self) -> bool:
        return self == PictureEdit()


def turned_size(width: int, height: int, turn: int) -> tuple[int, int]:
    return (height, width) if turn in (90, 270) else (width, height)


def turned_point(x: int, y: int, turn: int, *, mirror: bool) -> tuple[int, int]:
    for _quarter in range(turn // 90):
        x, y = 100 - y, x
    return (100 - x if mirror else x), y


def crop_around(size: tuple[int, int], shape: tuple[int, int], point: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest in `WHOLE_SHARE`ths: left, top, right, bottom, the point in the middle where there is room. `size` in
    pixels, `shape` as width to height, `point` in percent.
    """
    wide = min(WHOLE_SHARE, round(WHOLE_SHARE * size[1] * shape[0] / (shape[1] * size[0])))
    high = min(WHOLE_SHARE, round(WHOLE_SHARE * size[0] * shape[1] / (shape[0] * size[1])))
    left = min(max(0, point[0] * 100 - wide // 2), WHOLE_SHARE - wide)
    top = min(max(0, point[1] * 100 - high // 2), WHOLE_SHARE - high)
    return left, top, left + wide, top + high
