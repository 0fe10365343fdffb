"""What the compiler completes in every kind of content, and what it leaves as its author wrote it.

Messages of other systems: what is taken over, what is left out, and what becomes ours.
"""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.fetched.copied_html import read_copied
from mailflatrate.mail.fetched.values import MOST_PICTURES, LeftOut
from mailflatrate.mail.html.imprint import BlockStyle, FooterImprint, FooterLine

IMPRINT = FooterImprint(
    lines=(FooterLine("", "Muster GmbH"), FooterLine("Website", "https://muster.example")),
    reason="Sie haben sich für {{ list.name }} angemeldet.",
    mailing_id="7XK2-9QPM",
    language="de",
)
DORA = {
    "contact": {"first_name": "Dora"},
    "list": {"name": "Käse"},
    "unsubscribe_url": "https://go.example/u/t",
    "preferences_url": "https://go.example/p/t",
}
BODIES = {
    SourceFormat.HTML: "<h1>Hallo</h1><p>Welt</p>",
    SourceFormat.MARKDOWN: "# Hallo\n\nWelt",
    SourceFormat.MJML: "<mjml><mj-body><mj-section><mj-column><mj-text><h1>Hallo</h1>Welt</mj-text></mj-column>"
    "</mj-section></mj-body></mjml>",
}


def compiled(body: str, kind: SourceFormat = SourceFormat.HTML, language: str = "") -> CompiledContent:
    return compile_content(ContentSource(kind, body, "Betreff"), CompileContext(IMPRINT, language=language))


def tree(body: str, kind: SourceFormat = SourceFormat.HTML, language: str = "") -> LexborHTMLParser:
    return LexborHTMLParser(compiled(body, kind, language).html.render(DORA))


def one(page: LexborHTMLParser, selector: str) -> LexborNode:
    found = page.css(selector)
    assert len(found) == 1, (selector, page.html)
    return found[0]


@pytest.mark.parametrize("kind", list(SourceFormat))
@pytest.mark.parametrize(
    ("language", "lang", "direction"), [("", "de", "ltr"), ("en", "en", "ltr"), ("ar", "ar", "rtl")]
)
def test_a_document_says_its_language_charset_viewport_and_colors(
    kind: SourceFormat, language: str, lang: str, direction: str
) -> None:
    page = tree(BODIES[kind], kind, language)
    root = one(page, "html")
    assert (root.attributes["lang"], root.attributes["dir"]) == (lang, direction)
    assert "und" not in {node.attributes["lang"] for node in page.css("[lang]")}
    assert len(page.css('meta[charset], meta[http-equiv="Content-Type"]')) == 1
    assert len(page.css('meta[name="viewport"]')) == 1
    assert len(page.css('meta[name="color-scheme"]')) == 1
    assert [node.text() for node in page.css("head title")] == ["Betreff"]


def test_what_an_author_says_in_the_head_stays() -> None:
    page = tree(
        '<html lang="fr" dir="rtl"><head><meta charset="utf-8"><meta name="viewport" content="width=600">'
        '<meta name="color-scheme" content="dark"><title>Mein Titel</title></head><body>x</body></html>',
        language="de",
    )
    assert (one(page, "html").attributes["lang"], one(page, "html").attributes["dir"]) == ("fr", "rtl")
    assert one(page, 'meta[name="viewport"]').attributes["content"] == "width=600"
    assert one(page, "title").text() == "Mein Titel"
    assert one(page, 'meta[name="color-scheme"]').attributes["content"] == "dark"


def test_a_design_without_dark_colors_stays_light() -> None:
    """Otherwise Apple Mail turns the ground dark under text that stays dark."""
    assert one(tree("<p>x</p>"), 'meta[name="color-scheme"]').attributes["content"] == "light"
    dark = tree("<style>@media (prefers-color-scheme: dark) { p { color: #fff } }</style><p>x</p>")
    assert one(dark, 'meta[name="color-scheme"]').attributes["content"] == "light dark"


def test_outlook_gets_whole_numbers_and_no_attributes_that_do_not_exist() -> None:
    page = tree(
        '<table width="217.6"><tr><td vertical-align="middle"><img src="https://a.example/x" alt="" height="auto"'
        ' width="99.5px"></td></tr></table><!--[if mso]><table width="120.4"></table><![endif]-->'
    )
    assert one(page, "table[width]").attributes["width"] == "218"
    assert one(page, "img").attributes.keys() & {"height", "width"} == {"width"}
    assert one(page, "img").attributes["width"] == "100"
    cell = one(page, "td")
    assert "vertical-align" not in cell.attributes
    assert (cell.attributes["style"] or "").endswith("vertical-align:middle")
    assert '<table width="120">' in (page.html or "")
    mjml = tree(
        '<mjml><mj-body><mj-section><mj-column width="33%"><mj-image src="https://a.example/x.png" alt="x" />'
        "</mj-column></mj-section></mj-body></mjml>",
        SourceFormat.MJML,
    )
    for image in mjml.css("img"):
        assert re.fullmatch(r"\d+", image.attributes["width"] or "")
        assert "height" not in image.attributes


def test_long_words_wrap() -> None:
    body = one(tree("<p>x</p>"), "body").attributes["style"] or ""
    assert "overflow-wrap" in body
    letter = one(tree("x", SourceFormat.MARKDOWN), "td.letter").attributes["style"] or ""
    assert re.search(r"overflow-wrap:\s*anywhere", letter)
    for kind, text in BODIES.items():
        last = tree(text, kind).css("body > div")[-1].attributes["style"] or ""
        assert "overflow-wrap:anywhere" in last, kind


def test_right_to_left_text_is_a_block_of_its_own_direction() -> None:
    page = tree(
        '<p id="a">שלום {{ contact.first_name }}</p><p id="b">Hello שלום</p>'
        '<p id="c">{{ contact.first_name }} مرحبا</p>'
        '<ul id="d"><li>مرحبا</li></ul><td><p id="e">&nbsp;123 مرحبا</p></td>'
        '<div id="f" style="text-align:left">مرحبا</div><div id="g" style="text-align:center">مرحبا</div>'
        '<p id="h" dir="ltr">مرحبا</p><p id="i">1 + 1</p>'
    )
    turned = {key for key in "abcdefghi" if one(page, f"#{key}").attributes.get("dir") == "rtl"}
    assert turned == set("acdefg")
    assert "text-align:right" in (one(page, "#f").attributes["style"] or "")
    assert "text-align:center" in (one(page, "#g").attributes["style"] or "")
    assert one(page, "html").attributes["dir"] == "ltr"
    in_mjml = tree(BODIES[SourceFormat.MJML].replace("Hallo", "مرحبا").replace("Welt", "مرحبا"), SourceFormat.MJML)
    heading = one(in_mjml, "h1")
    assert heading.attributes["dir"] == "rtl"
    assert "text-align:right" in (heading.attributes["style"] or "")


# -- the colors of the imprint -----------------------------------------------------------------------------------------

DARK = "<style>@media (prefers-color-scheme:dark){p{color:#fff}}</style>"


def test_the_imprint_has_dark_colors_under_a_name_that_no_style_sheet_can_know() -> None:
    source = compiled(f"{DARK}<p>x</p>").html.source
    (name,) = re.findall(r'<div id="(m[0-9a-f]{16})" lang="de"', source)
    assert f"@media (prefers-color-scheme:dark){{ #{name},#{name} *{{-webkit-text-fill-color:#" in source
    attack = f"<style>@media screen and (min-width:1px){{#{name}{{background-image:none!important}}}}</style>"
    assert f'id="{name}"' not in compiled(f"{DARK}{attack}<p>x</p>").html.source


def test_the_imprint_has_plain_colors_of_its_own() -> None:
    """Filters cannot read color functions, and take them for text in the color of its ground."""
    for body in ("<p>x</p>", f"{DARK}<p>x</p>"):
        block = LexborHTMLParser(compiled(body).html.source).css("body > div")[-1]
        style = block.attributes["style"] or ""
        for name in ("color", "background-color"):
            (value,) = re.findall(rf"(?:^|;){name}:([^;]+)", style)
            assert re.fullmatch("#[0-9a-f]{6}!important", value)
    assert "prefers-color-scheme" not in compiled("<p>x</p>").html.source


def test_no_style_sheet_makes_the_imprint_unreadable_unnoticed() -> None:
    hidden = compiled(f"{DARK}<style>div {{ color: #f7f4ee !important }}</style><p>x</p>")
    assert lint_compiled(hidden).faint_imprint == (), "the block's own color holds"
    pale = replace(IMPRINT, style=BlockStyle("#f7f4ee", "#f7f4ee"))
    shown = compile_content(ContentSource(SourceFormat.HTML, f"{DARK}<p>x</p>", "x"), CompileContext(pale))
    assert lint_compiled(shown).faint_imprint == (), "colors that cannot be read are not taken"


# -- facts about the layout --------------------------------------------------------------------------------------------


def test_headings_css_and_widths_are_facts() -> None:
    facts = lint_compiled(
        compiled(
            "<style>.g { display: grid } @media (min-width:600px) { .f { display: flex } }</style>"
            '<div class="g f">x</div><div style="position:absolute">y</div><img src="https://a.example/1" alt="">'
            '<img src="https://a.example/2" alt="" width="1200"><img src="https://a.example/3" alt="" width="600">'
            '<img src="https://a.example/4" alt="" style="width:100%;max-width:1200px">'
        )
    )
    assert facts.headings == 0
    assert facts.unsupported_css == ("display: grid", "position: absolute")
    assert facts.oversized_images == ("https://a.example/1", "https://a.example/2")


@pytest.mark.parametrize("kind", list(SourceFormat))
def test_plain_content_has_headings_and_nothing_to_warn_of(kind: SourceFormat) -> None:
    facts = lint_compiled(compiled(BODIES[kind], kind))
    assert (facts.headings, facts.unsupported_css, facts.oversized_images) == (1, (), ())


def test_pictures_without_a_link_are_told_in_the_text_part() -> None:
    text = compiled(
        '<p>Neu:</p><img src="https://a.example/1" alt="Ein Beet &amp; Rosen" width="9"><img src="https://a.example/2"'
        ' alt="" width="9"><a href="https://a.example/"><img src="https://a.example/3" alt="Zum Shop" width="9"></a>'
    ).text.render(DORA)
    assert "[Ein Beet & Rosen]" in text
    assert "Zum Shop (https://a.example/)" in text
    assert text.count("[") == 1


LETTER = """<!doctype html><html><head><title> Our
sale </title><base href="https://shop.example/mail/"><script>x()</script>
<style>@import url(https://x.example/a.css); .a { background: url("https://cdn.example/bg.png") }</style></head>
<body><p>Hello *|FNAME|*, {{ params.FIRSTNAME }} %%last_name%% *|COUPON|*</p>
<p><a href="https://x.us1.list-manage.com/track/click?u=1&id=2">Offer</a> <a href="../shop?a=1">Shop</a>
<a href="https://go.example/click/?url=https%3A%2F%2Fshop.example%2Fnew">New</a> <a href="javascript:x()">Run</a>
<a href="https://mailchi.mp/x/y">View this email in your browser</a> <a href="*|UPDATE_PROFILE|*">here</a></p>
<p>WORDS</p><img src="a.png" alt="A tree" srcset="b.png 2x" onload="x()">
<table><tr><td background="//cdn.example/wood.png">x</td></tr></table>
<img src="https://t.example/q.gif" width="1" height="1"><img src="https://t.example/wf/open?u=1">
<form action="https://x.example"><input name="a"></form>
<table><tr><td>Lindenhof GmbH, Am Markt 1, Kiel.<br><a href="*|UNSUB|*">Unsubscribe</a></td></tr></table>
<a href="https://www.mailchimp.com/referral/?x=1"><img src="https://cdn.example/badge.png" alt="Mailchimp"></a>
</body></html>""".replace("WORDS", "Words about the sale. " * 40)


def test_a_message_of_another_system_becomes_a_source_of_ours() -> None:
    copied = read_copied(LETTER, "https://other.example/view")
    notes = {note.what: note for note in copied.notes}
    html = copied.html
    assert copied.title == "Our sale"
    assert "{{ contact.first_name | default: '' }}" in html
    assert "{{ contact.last_name | default: '' }}" in html
    assert notes[LeftOut.UNKNOWN_FIELDS].samples == ("*|COUPON|*",)
    assert notes[LeftOut.FIELDS].count == 4
    assert 'href="https://shop.example/shop?a=1"' in html
    assert 'href="https://shop.example/new"' in html, "a counting link that names its page"
    assert notes[LeftOut.TRACKED_LINKS].samples == ("Offer",)
    assert 'href="https://">Offer' in html
    assert 'href="{{ web_url }}"' in html
    assert 'href="{{ preferences_url }}"' in html
    assert notes[LeftOut.FOOTER].samples == ("Lindenhof GmbH, Am Markt 1, Kiel. Unsubscribe",)
    assert notes[LeftOut.BADGES].count == 1
    assert notes[LeftOut.PIXELS].count == 2
    assert [(one.url, one.alt) for one in copied.pictures] == [
        ("https://shop.example/mail/a.png", "A tree"),
        ("https://cdn.example/wood.png", ""),
        ("https://cdn.example/bg.png", ""),
    ]
    assert html.count("mf-picture-") == 3
    for gone in ("<script", "<form", "<input", "onload", "srcset", "javascript:", "@import", "Am Markt", "badge"):
        assert gone not in html, gone


def test_the_message_itself_is_never_taken_for_a_footer() -> None:
    short = read_copied('<p>You can <a href="https://x.example/u">unsubscribe</a> at any time.</p>', "")
    assert "at any time" in short.html
    assert 'href="{{ unsubscribe_url }}"' in short.html


def test_pictures_are_bounded() -> None:
    many = "".join(f'<img src="https://x.example/{number}.png">' for number in range(MOST_PICTURES + 5))
    copied = read_copied(many, "")
    assert len(copied.pictures) == MOST_PICTURES
    (note,) = copied.notes
    assert (note.what, note.count) == (LeftOut.MORE_PICTURES, 5)


PIECES = [
    "<table>",
    "<td>",
    "</td>",
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "<a href=",
    "*|A|*",
    "{{",
    "}}",
    "url(",
    ")",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=30).map("".join), st.text(max_size=20))
@example("<div>" * 3_000 + "<a href=x>unsubscribe</a>", "")
@example("<a href='http://[x'>unsubscribe</a><img src='http://[x'>", "http://[x")
@example("*|" * 5_000, "")
def test_any_page_is_read(source: str, url: str) -> None:
    copied = read_copied(source, url)
    assert "<script" not in copied.html
