"""The brand of a website: colors by their weight, fonts, logo.

The brand: whatever colors are chosen, those derived from them are readable.
"""

from colorsys import rgb_to_hls

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailflatrate.mail.fetched.site_brand import find_sheets, font_of, read_brand
from mailflatrate.mail.html.brand_style import DARK_SHEET, FONTS, BrandStyle, is_colour, mixed, readable, text_on
from mailflatrate.mail.html.imprint import DARK_GROUND, DARK_INK, MINIMUM_CONTRAST, contrast

PAGE = """<html><head><meta name="theme-color" content="#7A1F3D"><link rel="stylesheet" href="/a.css">
<link rel="stylesheet" href="https://cdn.example/b.css"><link rel="icon" href="/favicon.ico">
<link rel="apple-touch-icon" href="/touch.png"><meta property="og:image" content="https://cdn.example/share.jpg">
<style>body { color: #222; background: rgb(250, 248, 244); font-family: Inter, sans-serif }</style></head>
<body><header><a href="/">
<img src="logo.svg" alt="Logo"><img src="img/logo.png" alt="Lindenhof"></a></header></body></html>"""
SHEET = """:root { --brand-green: #1b6b3a; --grey: #888888 } .btn { background-color: #1b6b3a; color: #fff }
h1, h2 { font-family: "Playfair Display", Georgia, serif } .x { color: #123456 }"""


def test_the_brand_is_what_the_site_says_most() -> None:
    assert find_sheets(PAGE, "https://shop.example/de/") == ("https://shop.example/a.css", "https://cdn.example/b.css")
    brand = read_brand(PAGE, "https://shop.example/de/", SHEET)
    assert dict(brand.values) == {
        "primary": "#7a1f3d",
        "ink": "#222222",
        "page": "#faf8f4",
        "heading_font": "georgia",
        "body_font": "system",
    }
    assert brand.colors == ("#7a1f3d", "#1b6b3a", "#123456")
    assert brand.logos == (
        "https://shop.example/de/img/logo.png",
        "https://shop.example/touch.png",
        "https://cdn.example/share.jpg",
    )
    bare = read_brand(PAGE.replace("theme-color", "x"), "https://shop.example/", SHEET)
    assert dict(bare.values)["primary"] == "#1b6b3a"


def test_a_dark_site_keeps_campaigns_readable() -> None:
    brand = read_brand("<style>body{color:#fff;background:#000}</style>", "", "")
    assert brand.values == ()


def test_fonts_are_the_nearest_that_readers_have() -> None:
    assert [
        font_of(name) for name in ("Verdana, sans-serif", "'Roboto Mono'", "Lato", "Helvetica Neue", "Lora, serif")
    ] == [
        "verdana",
        "courier",
        "system",
        "arial",
        "georgia",
    ]
    assert font_of("var(--body)") == ""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
@example("<style>" + "{" * 2_000, "}" * 2_000)
@example("<img src='http://[x' alt=logo>", "a{" + "b:c;" * 500)
def test_any_site_has_a_brand_or_none(html: str, css: str) -> None:
    brand = read_brand(html, "https://x.example/", css)
    assert all(is_colour(color) for color in brand.colors)
    assert all(value in FONTS or is_colour(value) for _name, value in brand.values)


COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS, COLOURS)
def test_derived_text_is_always_readable(primary: str, sheet: str) -> None:
    """Links on the sheet, in the dark, and the words on a button."""
    brand = BrandStyle(primary=primary, sheet=sheet)
    for ground in (sheet, brand.tint):
        assert contrast(brand.link, ground) >= MINIMUM_CONTRAST
        assert contrast(brand.soft, ground) >= MINIMUM_CONTRAST
    assert contrast(brand.dark_link, DARK_SHEET) >= MINIMUM_CONTRAST
    assert contrast(text_on(primary), primary) >= MINIMUM_CONTRAST


def test_the_dark_imprint_is_readable() -> None:
    """The colors are fixed, so checking them once is enough."""
    assert contrast(DARK_INK, DARK_GROUND) >= MINIMUM_CONTRAST


@given(COLOURS, COLOURS, st.floats(0, 1))
def test_colours_stay_colours(one: str, other: str, share: float) -> None:
    """Mixing gives a color; a readable one is left alone."""
    assert is_colour(mixed(one, other, share))
    if contrast(one, other) >= MINIMUM_CONTRAST:
        assert readable(one, other) == one


@pytest.mark.parametrize("color", ["#0b5a63", "#2e7d32", "#8b1a1a", "#1a237e"])
def test_a_brand_s_color_stays_that_color_in_the_dark(color: str) -> None:
    """A green that was mixed with white would be gray."""
    before = rgb_to_hls(*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    found = BrandStyle(primary=color).dark_link
    after = rgb_to_hls(*(int(found[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    assert contrast(found, DARK_SHEET) >= MINIMUM_CONTRAST
    assert after[0] == pytest.approx(before[0], abs=0.02)
    assert after[2] == pytest.approx(before[2], abs=0.05)
    assert after[1] > before[1]
