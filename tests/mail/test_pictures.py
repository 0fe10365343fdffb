"""Pictures: judged by content, cleaned, scaled; what is no picture is refused with its reason."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from mailflatrate.mail.images.picture_values import PictureFormat, PictureRefused, Refusal
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
