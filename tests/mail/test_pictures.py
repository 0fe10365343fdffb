"""Pictures: judged by content, cleaned, scaled; what is no picture is refused with its reason.

Pictures are turned, cropped and scaled into new ones.
"""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from mailflatrate.mail.images.picture_edits import edit_picture
from mailflatrate.mail.images.picture_values import (
    LEAST_SIDE_PX,
    WHOLE_SHARE,
    PictureEdit,
    PictureFormat,
    PictureRefused,
    Refusal,
    crop_around,
    turned_point,
)
from mailflatrate.mail.images.pictures import LONGEST_SIDE_PX, narrower, read_picture, thumbnail


def encoded(form: str, size: tuple[int, int] = (900, 600), mode: str = "RGB", **options: object) -> bytes:
    """Return an image with a gradient, so that it is not one color."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def refused(data: bytes) -> Refusal:
    """Why it is not taken."""
    with pytest.raises(PictureRefused) as problem:
        read_picture(data)
    return problem.value.reason


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ("PNG", PictureFormat.PNG),
        ("JPEG", PictureFormat.JPEG),
        ("GIF", PictureFormat.PNG),
        ("WEBP", PictureFormat.JPEG),
    ],
)
def test_each_kind_is_kept_in_a_form_that_mail_clients_show(form: str, kept: PictureFormat) -> None:
    """WebP becomes JPEG, a still GIF becomes PNG."""
    picture = read_picture(encoded(form))
    assert (picture.format, picture.width, picture.height) == (kept, 900, 600)
    assert Image.open(io.BytesIO(picture.data)).format == ("JPEG" if kept is PictureFormat.JPEG else "PNG")


def test_transparency_survives() -> None:
    """A WebP or PNG logo keeps its transparent ground, as PNG."""
    logo = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    logo.paste((10, 90, 99, 255), (10, 10, 60, 60))
    for form in ("PNG", "WEBP"):
        out = io.BytesIO()
        logo.save(out, form, lossless=True)
        picture = read_picture(out.getvalue())
        assert picture.format is PictureFormat.PNG
        assert Image.open(io.BytesIO(picture.data)).getpixel((1, 1))[3] == 0


def test_a_photograph_loses_its_place_and_stands_upright() -> None:
    """EXIF holds GPS and the turn; the turn is done, the rest is gone."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "taken at home"
    picture = read_picture(encoded("JPEG", exif=exif))
    assert (picture.width, picture.height) == (600, 900)
    assert b"taken at home" not in picture.data
    assert not Image.open(io.BytesIO(picture.data)).getexif()


def test_what_follows_the_pixels_is_gone() -> None:
    """A file that is a picture and something else at once is only a picture afterward."""
    for form in ("PNG", "JPEG", "GIF"):
        data = encoded(form) + b"<script>alert(1)</script>PK\x03\x04"
        assert b"script" not in read_picture(data).data


def test_an_animation_keeps_its_frames() -> None:
    """It is written anew and stays one."""
    frames = [Image.new("RGB", (60, 40), (n * 20, 0, 0)) for n in range(6)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    picture = read_picture(out.getvalue())
    assert picture.animated
    assert Image.open(io.BytesIO(picture.data)).n_frames == 6
    assert narrower(picture, 30) is None
    assert not thumbnail(picture).animated


@pytest.mark.parametrize(
    "svg",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?>\n<!-- a -->\n<svg/>",
        b"\n  <!DOCTYPE svg>\n<SVG/>",
    ],
)
def test_svg_is_refused_by_name(svg: bytes) -> None:
    """It has its own reason, whatever comes before it."""
    assert refused(svg) is Refusal.SVG


def test_what_is_no_picture_is_refused() -> None:
    """HTML, PDF, TIFF, nothing, and a picture that breaks off."""
    assert refused(b"") is Refusal.EMPTY
    assert refused(b"<html><img src=x onerror=alert(1)>") is Refusal.NO_PICTURE
    assert refused(b"%PDF-1.7 ...") is Refusal.NO_PICTURE
    assert refused(encoded("TIFF")) is Refusal.NO_PICTURE
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # what WeasyPrint does to the whole process
    assert refused(encoded("JPEG")[:-2000]) is Refusal.BROKEN


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """Few octets, far too many pixels."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    assert refused(out.getvalue()) is Refusal.TOO_MANY_PIXELS


def test_sizes() -> None:
    """Large ones are made smaller, small ones are never blown up."""
    large = read_picture(encoded("JPEG", (3000, 1500)))
    assert (large.width, large.height) == (LONGEST_SIDE_PX, LONGEST_SIDE_PX // 2)
    half = narrower(large, 600)
    assert half is not None
    assert (half.width, half.height) == (600, 300)
    assert narrower(half, 600) is None
    assert max(thumbnail(large).width, thumbnail(large).height) == 320


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF"]))
def test_any_octets_are_a_picture_or_refused(rest: bytes, head: bytes) -> None:
    """Nothing else is ever raised."""
    try:
        read_picture(head + rest)
    except PictureRefused as problem:
        assert isinstance(problem.reason, Refusal)


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
