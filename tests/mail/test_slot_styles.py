"""Styles in a slot: usual ones pass, those that move something over what is locked don't."""

import re
from importlib import resources

import pytest

from mailflatrate.mail.content.slot_styles import OutOfPlace, line_within
from mailflatrate.mail.html.tokens import TokenKind, scan


def line(tags: str) -> float | None:
    height = None
    for _end, token in scan(tags):
        if token.kind is TokenKind.START:
            height = line_within(token, height)
    return height


@pytest.mark.parametrize(
    ("tags", "height"),
    [
        ('<p style="margin:0 5px; Color: rgb(1,2,3); font-family: A, sans-serif">', None),
        ('<i style="letter-spacing:-0.02em; line-height:120%; border:1px solid #ccc">', 19.2),
        ('<p style="font-size:20px;line-height:1.2em">', 24),
        ('<p style="line-height:18pt"><b style="font-size:18pt">', 24),
        ('<p style="line-height:24px"><b style="font-size:60px;line-height:1.1">', None),
        ('<p style="line-height:24px"><b style="font-size:90%">', 24),
        ('<p style="font-size:2em;line-height:normal">', None),
        ('<p style="line-height:1.5"><b style="font-size:60px">', None),
        ('<mj-text font-size="40px" line-height="48px" padding="0 16px" css-class="a b">', 48),
        ('<mj-section background-url="https://a.example/a.png?b=1" background-position="top center">', None),
        ('<mj-image src="https://a.example/;-1" alt="a; b (-1)" title="{}" width="90px">', None),
    ],
)
def test_usual_styles_stay_in_their_place(tags: str, height: float | None) -> None:
    assert line(tags) == pytest.approx(height)


@pytest.mark.parametrize(
    "style",
    [
        "position:relative",
        "margin-top:-300px",
        "margin: 0 0 -1.5em",
        "MARGIN-TOP:-.5in",
        "mar\\67in-top:-9px",
        "margin/**/-top:-9px",
        "margin-top:calc(0px - 300px)",
        "transform:translateY(-99px)",
        "height:0",
        "letter-spacing:-40px",
        "letter-spacing:-1in",
        "line-height:0.1",
        "line-height:20%",
        "line-height:10px",
        "line-height:1q",
        "line-height:24px;font-size:60px",
        "line-height:40px;line-height:1px",
        "font-size:60px;line-height:40px;font-size:10px",
        "font-size:larger;line-height:16px",
        "font:9px/-1 a",
        "margin-top:{{ contact.first_name }}",
        "color:red;;}position:fixed",
        "width:" + "(" * 5_000,
        "width:" + "9" * 5_000 + "px",
    ],
)
def test_a_style_that_moves_over_others_is_refused(style: str) -> None:
    with pytest.raises(OutOfPlace):
        line(f'<p style="{style}">')


@pytest.mark.parametrize(
    "tags",
    [
        '<p style="line-height:16px"><b style="font-size:60px">',
        '<p style="line-height:16px"><b style="font-size:4em">',
        '<p style="line-height:16px"><i><b style="font-size:300%">',
        '<p style="line-height:100%"><b style="font-size:60px">',
        '<p style="line-height:1.2em"><b style="line-height:inherit;font-size:60px">',
        '<p style="line-height:16px"><font size="7">',
        '<mj-text line-height="1px" font-size="60px">',
        '<mj-text color="red;margin-top:-300px">',
        '<mj-text padding="0;position:relative">',
        '<mj-text padding="-30px 0">',
        '<mj-divider border-width="1px;margin-top:-300px">',
        "<mj-section background-url=\"https://a.example/');margin-top:-300px;('\">",
        '<mj-section background-size="calc(0px - 1px)">',
    ],
)
def test_neither_inheritance_nor_attributes_of_mjml_move_anything(tags: str) -> None:
    with pytest.raises(OutOfPlace):
        line(tags)


def test_every_block_of_ours_may_be_in_a_slot() -> None:
    kinds = list(resources.files("mailflatrate.apps.campaigns").joinpath("palette/kinds").iterdir())
    sources = [re.sub(r"\[\[\w+\]\]", "#123456", kind.read_text()) for kind in kinds if kind.name.endswith(".mjml")]
    assert len(sources) > 10
    for source in sources:
        for tag in re.findall(r"<mj-[^>]*>", source):
            line(tag)
