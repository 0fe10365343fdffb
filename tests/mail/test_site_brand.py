"""The brand of a website: colors by their weight, fonts, logo."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailflatrate.mail.fetched.site_brand import find_sheets, font_of, read_brand
from mailflatrate.mail.html.brand_style import FONTS, is_colour

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
