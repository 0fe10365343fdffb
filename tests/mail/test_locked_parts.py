"""Locked parts of a design: whatever is put into a slot, everything around it stays and stays visible.

Styles in a slot: usual ones pass, those that move something over what is locked don't.
"""

import re
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.content.locked_parts import UnclearSlot, count_slots, keeps_locked_parts
from mailflatrate.mail.content.slot_styles import OutOfPlace, line_within
from mailflatrate.mail.html.imprint import FooterImprint
from mailflatrate.mail.html.tokens import TokenKind, scan
from support.cost import costs_at_most

WORDS = '<mj-text mf-slot="text">Hello <b>you</b></mj-text>'
CALL = '<mj-button mf-slot="text" href="https://a.example/">Book</mj-button>'
PICTURE = '<mj-image mf-slot="image" src="https://a.example/a.png" alt="A" width="90px" />'
TABLE = '<mj-table mf-slot="text"><tr><td>9:00</td></tr></mj-table>'
ROWS = '<mj-wrapper mf-slot="rows" />'
ROW = "<mj-section><mj-column><mj-text>More</mj-text></mj-column></mj-section>"
MOVED = '<mj-text color="red;margin-top:-300px"'
DESIGN = f"""<mjml><mj-head><mj-attributes><mj-all color="#222222" /></mj-attributes></mj-head><mj-body>
<mj-section><mj-column>{WORDS}{CALL}{PICTURE}{TABLE}<mj-text>Locked words</mj-text></mj-column></mj-section>
{ROWS}
</mj-body></mjml>"""


def keeps(before: str, after: str) -> bool:
    assert before in DESIGN
    return keeps_locked_parts(DESIGN.replace(before, after), [DESIGN])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Hello <b>you</b>", ""),
        ("Hello <b>you</b>", "<h1>New</h1><p>a < b<br>{{ contact.first_name }}</p>"),
        ("Hello <b>you</b>", "{% if contact.first_name %}a{% elsif contact.last_name %}b{% else %}c{% endif %}"),
        ("Hello <b>you</b>", "<table><tr><td>x</td></tr></table>"),
        ("<tr><td>9:00</td></tr>", "<tr><th>8:00</th></tr><tr><td>9:00</td></tr>"),
        ('href="https://a.example/">Book', 'href="https://b.example/?a=1&amp;b=2">Order'),
        ('src="https://a.example/a.png" alt="A"', 'src="https://a.example/b.png" alt=""'),
        (ROWS, f'<mj-wrapper mf-slot="rows">{ROW}{ROW}</mj-wrapper>'),
        ("Hello <b>you</b>", '<p style="line-height:24px">x<br>y<span style="font-size:20px">z</span></p>'),
    ],
)
def test_what_is_in_a_slot_may_change(before: str, after: str) -> None:
    assert keeps(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Locked words", "Other words"),
        ("#222222", "#ffffff"),
        (' mf-slot="text"', ""),
        ('width="90px"', 'width="600px"'),
        ("Hello <b>you</b>", "</mj-text><mj-text>x"),
        ("Hello <b>you</b>", "</td></tr></table>"),
        ("Hello <b>you</b>", '<div style="display:none">'),
        ("Hello <b>you</b>", '<td style="display:none">x</td>'),
        ("Hello <b>you</b>", "<!-- x"),
        ("Hello <b>you</b>", "<!--[if mso]>x<![endif]-->"),
        ("Hello <b>you</b>", "<b title='"),
        ("Hello <b>you</b>", "<style>p { display: none }</style>"),
        ("Hello <b>you</b>", "<mj-style>p { display: none }</mj-style>"),
        ("Hello <b>you</b>", '<body class="x"></body>'),
        ("Hello <b>you</b>", "{% if false %}"),
        ("Hello <b>you</b>", "{% endif %}{% if false %}"),
        ("Hello <b>you</b>", "{% comment %}"),
        ("Hello <b>you</b>", '{% assign account = "x" %}'),
        ("Hello <b>you</b>", '{{ "'),
        ('href="https://a.example/"', 'href="{{ contact.first_name"'),
        ('href="https://a.example/"', 'href="https://a.example/" background-color="#fff"'),
        ('alt="A"', 'alt="A" alt="B"'),
        ("Hello <b>you</b>", '<p style="margin-top:-300px">x</p>'),
        ("Hello <b>you</b>", '<p style="line-height:16px">x<br><b>y</b><span style="font-size:60px">z</span></p>'),
        (ROWS, '<mj-wrapper mf-slot="rows"><mj-raw><div></mj-raw></mj-wrapper>'),
        (ROWS, f'<mj-wrapper mf-slot="rows">{ROW.replace("<mj-text", MOVED)}</mj-wrapper>'),
        (ROWS, '<mj-wrapper mf-slot="rows"><mj-body></mj-body></mj-wrapper>'),
        (ROWS, ""),
        (ROWS, ROWS + ROWS),
    ],
)
def test_nothing_else_may_change(before: str, after: str) -> None:
    assert not keeps(before, after)


def test_slots_are_counted_and_the_mark_reaches_no_reader() -> None:
    assert count_slots(DESIGN) == 5
    html = compile_content(
        ContentSource(SourceFormat.MJML, DESIGN, "x"), CompileContext(FooterImprint((), "why", "7XK2-9QPM", "en"))
    ).html.source
    assert "mf-slot" not in html
    wrong, single = '<mj-text mf-slot="rows">x</mj-text>', "<mj-text mf-slot='text'>x</mj-text>"
    for odd in (wrong, single, '<mj-text mf-slot="text">'):
        with pytest.raises(UnclearSlot):
            count_slots(odd)
        assert not keeps_locked_parts(odd, [odd])


PIECES = st.sampled_from(
    re.split(
        " ",
        "x <p> </p> <div> </div> <table> </table> <tr> </tr> <td> </td> <b> </b> <a> </a> <li> </li> <br> <img> <!-- "
        "--> <select> <option> </option> <svg> </svg> <h1> </h1> <caption> </caption> <col> <nobr> </nobr> <button> "
        "</button> < > / = ' \" <![CDATA[ ]]> <? ?> <p/> <div/> <DIV> </DIV> <plaintext> <title> </title> <form>",
    )
)


@pytest.mark.parametrize("part", ["{{", "{%", "{% if a %}", "}}", "<", "<p ", "<!--"])
def test_hostile_texts_cost_little(part: str) -> None:
    design = '<mj-text mf-slot="text"></mj-text>'
    with costs_at_most(15):
        keeps_locked_parts(design.replace("></", f">{part * (200_000 // len(part))}</"), [design])


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_no_accepted_text_reaches_past_its_slot(text: str) -> None:
    design = '<mj-text mf-slot="text"></mj-text><mj-text>Locked</mj-text>'
    if not keeps_locked_parts(design.replace("></", f">{text}</", 1), [design]):
        return
    page = LexborHTMLParser(
        f'<table><tbody><tr><td><div id="slot">{text}</div></td></tr>'
        '<tr id="row"><td id="cell"><div id="locked">Locked</div></td></tr></tbody></table><p id="end">End</p>'
    )
    locked, end, slot = page.css_first("#locked"), page.css_first("#end"), page.css_first("#slot")
    assert locked is not None
    assert end is not None
    assert slot is not None
    assert [up.attributes.get("id") for up in (locked.parent, locked.parent.parent) if up] == ["cell", "row"]
    assert end.parent is not None
    assert end.parent.tag == "body"
    assert slot.parent is not None
    assert slot.parent.tag == "td"


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
