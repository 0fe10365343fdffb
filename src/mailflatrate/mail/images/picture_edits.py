"""Turns, crops and scales a stored picture into a new one; the original is never changed. Runs in a child process."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageSequence

from mailflatrate.mail.images.picture_values import (
    LEAST_SIDE_PX,
    WHOLE_SHARE,
    PictureEdit,
    PictureFormat,
    PictureRefused,
    PictureSet,
    Refusal,
)
from mailflatrate.mail.images.pictures import encode_animation, encode_still, plain, read_picture_set, refused_as

_TURNS: Final = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def edit_picture(data: bytes, edit: PictureEdit) -> PictureSet:
    if not edit.is_sound:
        raise PictureRefused(Refusal.BROKEN)
    whole = read_picture_set(data).whole  # the same limits as for an upload
    with refused_as(Refusal.BROKEN), Image.open(io.BytesIO(whole.data)) as image:
        if whole.animated:
            frames = [_edited(frame.convert("RGBA"), edit) for frame in ImageSequence.Iterator(image)]
            durations = _durations(image)
            done = encode_animation(frames, durations, loop=int(image.info.get("loop", 0)))
        else:
            done = encode_still(_edited(plain(image), edit), photograph=whole.format is PictureFormat.JPEG)
    return read_picture_set(done.data)


def _durations(image: Image.Image) -> list[int]:
    durations = []
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration", 100)))
    return durations


def _edited(image: Image.Image, edit: PictureEdit) -> Image.Image:
    if edit.turn:
        image = image.transpose(_TURNS[edit.turn])
    if edit.mirror:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    left, right = _pixels(edit.left, edit.right, image.width)
    top, bottom = _pixels(edit.top, edit.bottom, image.height)
    image = image.crop((left, top, right, bottom))
    if edit.width and edit.width < image.width:
        height = max(1, round(image.height * edit.width / image.width))
        image = image.resize((edit.width, height), Image.Resampling.LANCZOS)
    return image


def _pixels(first: int, last: int, side: int) -> tuple[int, int]:
    least = min(LEAST_SIDE_PX, side)
    start = min(round(first * side / WHOLE_SHARE), side - least)
    return start, max(start + least, round(last * side / WHOLE_SHARE))
