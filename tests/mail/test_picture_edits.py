"""Pictures are turned, cropped and scaled into new ones."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mailflatrate.mail.images.picture_edits import edit_picture
from mailflatrate.mail.images.picture_values import (
    LEAST_SIDE_PX,
    WHOLE_SHARE,
    PictureEdit,
    PictureFormat,
    PictureRefused,
    crop_around,
    turned_point,
)


def halves(form: str = "PNG", **options: object) -> bytes:
    """A picture of 200 x 100 pixels: red on the left, blue on the right."""
    image = Image.new("RGB", (200, 100), "red")
    image.paste((0, 0, 255), (100, 0, 200, 100))
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_a_crop_is_taken_after_the_turn() -> None:
    upright = edit_picture(halves(), PictureEdit(turn=90)).whole
    assert (upright.width, upright.height, upright.format) == (100, 200, PictureFormat.PNG)
    assert shown(upright.data).getpixel((50, 10)) == (255, 0, 0), "clockwise: left becomes top"
    assert shown(upright.data).getpixel((50, 190)) == (0, 0, 255)
    lower = edit_picture(halves(), PictureEdit(turn=90, top=5_000, width=50)).whole
    assert (lower.width, lower.height) == (50, 50)
    assert shown(lower.data).getpixel((25, 5)) == (0, 0, 255)
    mirrored = edit_picture(halves("JPEG", quality=95), PictureEdit(mirror=True, right=5_000))
    assert mirrored.whole.format is PictureFormat.JPEG
    assert mirrored.whole.width == 100
    red, _green, blue = shown(mirrored.whole.data).getpixel((50, 50))  # type: ignore[misc]
    assert blue > 200 > red


def test_an_animation_keeps_its_frames_and_their_times() -> None:
    frames = [Image.new("RGB", (60, 40), color) for color in ("red", "lime", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=[50, 100, 150], loop=0)
    edited = edit_picture(out.getvalue(), PictureEdit(turn=270, bottom=5_000)).whole
    assert (edited.width, edited.height, edited.animated) == (40, 30, True)
    image = Image.open(io.BytesIO(edited.data))
    found = []
    for number in range(image.n_frames):
        image.seek(number)
        found.append(image.info["duration"])
    assert found == [50, 100, 150]


@pytest.mark.parametrize(
    "edit",
    [PictureEdit(turn=45), PictureEdit(left=5, right=5), PictureEdit(bottom=WHOLE_SHARE + 1), PictureEdit(width=1)],
)
def test_an_edit_that_leaves_no_picture_is_refused(edit: PictureEdit) -> None:
    with pytest.raises(PictureRefused):
        edit_picture(halves(), edit)


share = st.integers(-10, WHOLE_SHARE + 10)


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        PictureEdit,
        st.sampled_from([0, 90, 180, 270]),
        st.booleans(),
        share,
        share,
        share,
        share,
        st.integers(0, 4_000),
    )
)
def test_any_sound_edit_gives_a_picture_that_is_never_larger(edit: PictureEdit) -> None:
    if not edit.is_sound:
        return
    whole = edit_picture(halves(), edit).whole
    assert LEAST_SIDE_PX <= max(whole.width, whole.height) <= 200


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_octets_that_are_no_picture_are_refused(noise: bytes, at: int) -> None:
    picture = halves("GIF")
    broken = picture[:at] + noise + picture[at + len(noise) :]
    try:
        edit_picture(broken, PictureEdit(turn=90))
    except PictureRefused:
        return


def test_a_shape_is_cut_around_what_matters() -> None:
    assert crop_around((200, 100), (1, 1), (50, 50)) == (2_500, 0, 7_500, 10_000)
    assert crop_around((200, 100), (1, 1), (90, 10)) == (5_000, 0, 10_000, 10_000), "at the edge"
    assert crop_around((100, 100), (2, 1), (50, 20)) == (0, 0, 10_000, 5_000)
    assert turned_point(10, 20, 90, mirror=False) == (80, 10)
    assert turned_point(10, 20, 180, mirror=True) == (10, 80)
