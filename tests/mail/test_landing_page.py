"""A landing page's content runs nothing, loads nothing, and reaches nothing outside its own place."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.landing_page import SCOPE, compile_page
from mailflatrate.mail.html.scoped_css import scoped_css
from mailflatrate.mail.liquid import SourceRefused

PAGE = """<mjml><mj-head><mj-style>
.x, + .paper-card, form { color: red; position: fixed; background: url(https://eve.example/x) }
@import url(https://eve.example/all.css); @font-face { font-family: x; src: url(https://eve.example/x.woff) }
@media (max-width: 30px) { .y { display: none; content: "x" } }
</mj-style></mj-head><mj-body background-color="#eeeeee"><mj-section><mj-column>
<mj-text><h1>Tulips of {{ account.name }}</h1><script>alert(1)</script>
<form action="https://eve.example"><input name="p"></form>
<p onclick="x()">Bulbs</p></mj-text><mj-image src="https://eve.example/x.png" alt="x"></mj-image>
<mj-button href="#signup">Sign up</mj-button></mj-column></mj-section></mj-body></mjml>"""


def test_a_page_is_compiled_without_what_a_message_needs_and_a_page_must_not_have() -> None:
    page = compile_page(PAGE, "en", "Lindenhof & Söhne")
    assert "Tulips of Lindenhof &amp; Söhne" in page.html
    for gone in ("<script", "<form", "<input", "onclick", "unsubscribe", "<!--", "aria-roledescription", "{{"):
        assert gone not in page.html
    assert re.search(r'<a href="#signup"(?![^>]*target)', page.html), "the button stays on the page"
    assert page.background == "#eeeeee"
    assert page.pictures == ("https://eve.example/x.png",)
    assert "eve.example" not in page.css
    assert "position" not in page.css
    assert f"{SCOPE} .x,{SCOPE} form{{color:red}}" in page.css
    assert f"@media (max-width: 30px){{{SCOPE} .y{{display:none}}}}" in page.css
    assert "<" not in page.css


@pytest.mark.parametrize(
    "field", ["{{ contact.first_name }}", "{% if contact.email %}x{% endif %}", "{{ unsubscribe_url }}"]
)
def test_a_page_has_no_reader(field: str) -> None:
    with pytest.raises(SourceRefused):
        compile_page(PAGE.replace("Bulbs", field), "en", "Lindenhof")


PIECES = """{% if account.name == 'zz' %}|{% endif %}|{% else %}|{% comment %}|{% endcomment %}|<title>|</title>|<p>
|</p>|x|<noscript>|</noscript>|<section>|</section>|<div style='position:fixed'>|</div>|<template>|</template>|<!--|-->
|<svg>|<meta charset=utf-8 http-equiv=refresh content='0;url=https://eve.example'>|<style>|</style>|<textarea>|</textarea>
|<table>|</table>|<td>
|<math>|<mi>|<foreignObject>|<a href=x>
|<b>|<i>|</b>|<select>|<p style='margin:-9px;position:absolute;z-index:9'>|&lt;|<pre>""".replace("\n", "").split("|")


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("<title>x{% if account.name=='zz' %}</title><section><title>{% endif %}x</title></section>")
@example("<noscript></section></noscript>")
def test_content_never_leaves_its_place(pieces: str) -> None:
    in_text = f"<mj-section><mj-column><mj-text>{pieces}</mj-text></mj-column></mj-section><mj-section>"
    for more in (in_text, f"<mj-raw>{pieces}</mj-raw><mj-section>"):
        try:
            page = compile_page(PAGE.replace("<mj-section>", more), "en", "Lindenhof").html
        except SourceRefused:
            continue
        assert not re.search(r"<(meta|title|noscript|template|style|svg|math|!--)", page), page
        assert not re.search(r"position|z-index|margin:-", page), page
        assert LexborHTMLParser(page, is_fragment=True).html == page, "another browser's parser reads it differently"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "{",
                "}",
                "(",
                ")",
                "[",
                "]",
                ";",
                ":",
                ",",
                "@media ",
                "@import ",
                "url(",
                "'",
                '"',
                "\\",
                "/*",
                "*/",
                " ",
                ">",
                "+",
                "~",
                "&",
                "<",
                "</style>",
                "position",
                "fixed",
                "!important",
                "color",
                "body",
                "\n",
                "\0",
                "é",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_style_sheet_leaves_its_place(css: str) -> None:
    written = scoped_css(css, SCOPE)
    assert "<" not in written
    assert "url(" not in written.lower()
    assert scoped_css(written, SCOPE).count(SCOPE) >= written.count(SCOPE), "what is written can be read"
    for selector in re.findall(r"(?:^|\}|\{)([^{}@]+)\{", re.sub(r"\"(?:[^\"\\]|\\.)*\"", "", written)):
        assert selector.strip().startswith((SCOPE, "(", "all")), (css, written)


def test_a_hostile_style_sheet_costs_little() -> None:
    assert "<" not in scoped_css('a[title="</style><script>"]{color:red}', SCOPE)
    for css in ("(" * 100_000, "{" * 100_000, "a{b:" + "f(" * 50_000, "@media x{" * 50_000, ".a{}" * 60_000):
        assert "url" not in scoped_css(css, SCOPE)
