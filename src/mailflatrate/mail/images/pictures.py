"""Images for campaigns: judged by content, stripped of all but pixels (EXIF has the place of a photograph), in the
widths that messages need. WebP becomes JPEG or PNG: Outlook for Windows shows no WebP. SVG is refused: no common mail
client draws it, and it may hold scripts.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, ImageFile, ImageOps

from mailflatrate.mail.images.picture_values import (
    MAX_UPLOAD_OCTETS,
    PictureFormat,
    PictureRefused,
    PictureSet,
    Refusal,
    StoredPicture,
)

MAX_PIXELS: Final = 16_000_000
MAX_ANIMATION_PIXELS: Final = 24_000_000
"""Of all frames together; they are in memory at the same time while they are written."""
MAX_ANIMATION_OCTETS: Final = 3 * 1024 * 1024
MAX_FRAMES: Final = 300
LONGEST_SIDE_PX: Final = 2400
THUMBNAIL_PX: Final = 320
MESSAGE_WIDTHS_PX: Final = (600, 1200)
"""The column width of a message, and the same for screens with twice the pixels."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_SVG = re.compile(rb"\A\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<svg\b", re.DOTALL | re.IGNORECASE)


def read_picture_set(data: bytes) -> PictureSet:
    """Raises PictureRefused."""
    whole = read_picture(data)
    return PictureSet(whole, thumbnail(whole), tuple(narrower(whole, width) for width in MESSAGE_WIDTHS_PX))


def read_still_picture(data: bytes) -> StoredPicture:
    """Return the first frame without transparency. Raises PictureRefused."""
    image = _judged(data)
    is_photograph = image.format == "JPEG"
    return encode_still(_fitted(_loaded(image), LONGEST_SIDE_PX).convert("RGB"), photograph=is_photograph)


def read_picture(data: bytes) -> StoredPicture:
    """Cleaned, turned upright, at most `LONGEST_SIDE_PX` long. Raises PictureRefused."""
    image = _judged(data)
    if _frames(image) > 1 and image.format in ("GIF", "WEBP"):
        return _animation(image, data)
    is_photograph = image.format == "JPEG" or _is_photograph(image)
    return encode_still(_fitted(_loaded(image), LONGEST_SIDE_PX), photograph=is_photograph)


def _judged(data: bytes) -> Image.Image:
    if not data:
        raise PictureRefused(Refusal.EMPTY)
    if len(data) > MAX_UPLOAD_OCTETS:
        raise PictureRefused(Refusal.TOO_LARGE)
    if _SVG.match(data[:4096]):
        raise PictureRefused(Refusal.SVG)
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint turns it on for the whole process when it is loaded
    image = _open(data)
    if image.width * image.height > MAX_PIXELS:
        raise PictureRefused(Refusal.TOO_MANY_PIXELS)
    return image


def _loaded(image: Image.Image) -> Image.Image:
    with refused_as(Refusal.BROKEN):
        image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _frames(image: Image.Image) -> int:
    with refused_as(Refusal.BROKEN):
        return int(getattr(image, "n_frames", 1))


@contextmanager
def refused_as(refusal: Refusal) -> Iterator[None]:
    """The library's many readers raise errors of every type."""
    try:
        yield
    except (PictureRefused, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise PictureRefused(Refusal.TOO_MANY_PIXELS) from error
    except Exception as error:
        raise PictureRefused(refusal) from error


def narrower(picture: StoredPicture, width: int) -> StoredPicture | None:
    if picture.animated or picture.width <= width:
        return None
    image = Image.open(io.BytesIO(picture.data))
    height = max(1, round(picture.height * width / picture.width))
    small = plain(image).resize((width, height), Image.Resampling.LANCZOS)
    return encode_still(small, photograph=picture.format is PictureFormat.JPEG)


def thumbnail(picture: StoredPicture) -> StoredPicture:
    image = Image.open(io.BytesIO(picture.data))
    image.seek(0)
    return encode_still(_fitted(image, THUMBNAIL_PX), photograph=picture.format is PictureFormat.JPEG)


def _open(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow only warns where we refuse, at our own limit.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with refused_as(Refusal.NO_PICTURE):
            return Image.open(io.BytesIO(data), formats=_FORMATS)


def _animation(image: Image.Image, data: bytes) -> StoredPicture:
    """Re-encode all frames, so that no data is hidden behind them."""
    frames = _frames(image)
    if (
        len(data) > MAX_ANIMATION_OCTETS
        or frames > MAX_FRAMES
        or image.width * image.height * frames > MAX_ANIMATION_PIXELS
    ):
        raise PictureRefused(Refusal.LONG_ANIMATION)
    with refused_as(Refusal.BROKEN):
        pictures, durations = [], []
        for number in range(frames):
            image.seek(number)
            # A frame may lie outside of the screen that the header announced, and the library makes room for it.
            if image.width * image.height * frames > MAX_ANIMATION_PIXELS:
                raise PictureRefused(Refusal.LONG_ANIMATION)
            pictures.append(image.convert("RGBA"))
            durations.append(int(image.info.get("duration", 100)))
    return encode_animation(pictures, durations, loop=int(image.info.get("loop", 0)))


def encode_animation(frames: list[Image.Image], durations: list[int], *, loop: int) -> StoredPicture:
    """Frames have one size; `durations` are in milliseconds, `loop` 0 repeats forever."""
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=loop, optimize=True, disposal=2,
    )  # fmt: skip
    return StoredPicture(PictureFormat.GIF, *frames[0].size, out.getvalue(), animated=True)


def plain(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "RGBA", "L"):
        return image
    if image.mode in ("LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


def _fitted(image: Image.Image, longest: int) -> Image.Image:
    fit = plain(image)
    if max(fit.size) <= longest:
        return fit
    share = longest / max(fit.size)
    size = (max(1, round(fit.width * share)), max(1, round(fit.height * share)))
    return fit.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _is_transparent(image: Image.Image) -> bool:
    if image.mode != "RGBA":
        return False
    lowest = image.getchannel("A").getextrema()[0]
    return isinstance(lowest, int | float) and lowest < 255


def _is_photograph(image: Image.Image) -> bool:
    return image.format == "WEBP" and image.mode == "RGB"


def encode_still(image: Image.Image, *, photograph: bool) -> StoredPicture:
    """Keep only the pixels: no metadata, no color profile, no comment."""
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    out = io.BytesIO()
    if photograph and not _is_transparent(clean):
        clean.convert("RGB").save(out, "JPEG", quality=84, optimize=True, progressive=True)
        return StoredPicture(PictureFormat.JPEG, *image.size, out.getvalue())
    clean.save(out, "PNG", compress_level=6)
    return StoredPicture(PictureFormat.PNG, *image.size, out.getvalue())
