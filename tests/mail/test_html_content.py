"""Compiling a campaign: three kinds of source, every link once, imprint and unsubscribe link in both parts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
    find_merge_errors,
)
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.html.imprint import BlockStyle, FooterImprint, FooterLine, contrast
from mailflatrate.mail.html.inline import inline_styles
from mailflatrate.mail.html.links import ContentLink, trim_url
from mailflatrate.mail.liquid import SourceError, SourceRefused

IMPRINT = FooterImprint(
    lines=(
        FooterLine("", "Anna Muster Feinkost GmbH & Co. KG"),
        FooterLine("Geschäftsführung", "Anna Muster"),
        FooterLine("Register", "Amtsgericht Bonn, HRA 12345 {{ unsubscribe_url }}"),
    ),
    reason="Sie haben sich für {{ list.name }} angemeldet.",
    mailing_id="7XK2-9QPM",
    language="de",
    privacy_url="https://muster.example/datenschutz?a=1&b=2",
)
CONTEXT = CompileContext(IMPRINT, link_url=lambda number, _url: f"https://go.example/c/{number}")
UNTRACKED = CompileContext(IMPRINT)
DORA = {
    "contact": {"first_name": "Dora & Co", "email": "dora@sub.example"},
    "list": {"name": "Käse & Wein"},
    "unsubscribe_url": "https://go.example/u/t?x=1&y=2",
    "preferences_url": "https://go.example/p/t",
    "web_url": "https://go.example/w/t",
}


def compiled(
    body: str, kind: SourceFormat = SourceFormat.HTML, context: CompileContext = CONTEXT, **more: str
) -> CompiledContent:
    return compile_content(ContentSource(kind, body, more.pop("subject", "Subject"), **more), context)


def hrefs(document: str) -> list[str]:
    return [node.attributes.get("href") or "" for node in LexborHTMLParser(document).css("a[href]")]


def mjml(inner: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"


def test_every_link_is_rewritten_once_and_keeps_its_target() -> None:
    letter = compiled(
        '<a href="https://shop.example/?a=1&amp;b=2&copy=3">one</a> <a href="http://old.example/x y">two</a>'
        '<a href="https://shop.example/?a=1&amp;b=2&copy=3">again</a> <a href="mailto:anna@muster.example">mail</a>'
        '<a href="#x">anchor</a><a href="tel:+49228">call</a><a href="https://muster.example/datenschutz?a=1&amp;b=2">p</a>'
    )
    assert letter.links == (
        ContentLink(1, "https://shop.example/?a=1&b=2&copy=3"),
        ContentLink(2, "http://old.example/x y"),
    )
    html = letter.html.render(DORA)
    assert hrefs(html) == [
        "https://go.example/c/1",
        "https://go.example/c/2",
        "https://go.example/c/1",
        "mailto:anna@muster.example",
        "#x",
        "tel:+49228",
        "https://muster.example/datenschutz?a=1&b=2",
        DORA["unsubscribe_url"],
        DORA["preferences_url"],
        "https://muster.example/datenschutz?a=1&b=2",
    ]
    text = letter.text.render(DORA)
    assert "one (https://go.example/c/1) two (https://go.example/c/2)" in text
    assert "shop.example" not in text


def test_without_tracking_links_stay_and_are_listed() -> None:
    letter = compiled('<a href="https://shop.example/?a=1&b=2">one</a>', context=UNTRACKED)
    assert letter.links == (ContentLink(1, "https://shop.example/?a=1&b=2"),)
    assert hrefs(letter.html.render(DORA))[0] == "https://shop.example/?a=1&b=2"
    assert "one (https://shop.example/?a=1&b=2)" in letter.text.render(DORA)


def test_outlook_buttons_are_tracked_too() -> None:
    vml = '<!--[if mso]><v:roundrect href="https://shop.example/?a=1&amp;b=2" arcsize="8%"></v:roundrect><![endif]-->'
    letter = compiled(f'{vml}<a href="https://shop.example/?a=1&amp;b=2">Buy</a>')
    assert letter.links == (ContentLink(1, "https://shop.example/?a=1&b=2"),)
    assert letter.html.source.count('href="https://go.example/c/1"') == 2
    assert "shop.example" not in letter.html.source


def test_a_link_with_liquid_is_not_tracked() -> None:
    letter = compiled(
        '<a href="https://shop.example/?who={{ contact.email | url_encode }}">x</a> <a href="{{ web_url }}">w</a>'
    )
    assert letter.links == ()
    assert hrefs(letter.html.render(DORA))[:2] == [
        "https://shop.example/?who=dora%40sub.example",
        "https://go.example/w/t",
    ]


def test_a_value_that_begins_a_link_has_its_scheme_checked() -> None:
    context = CompileContext(IMPRINT, known_variables=CONTEXT.known_variables | {"contact.site"})
    letter = compiled('<a href="{{ contact.site }}">x</a>', context=context)
    for site, href in (("javascript:alert(1)", ""), (" JAVA\tscript:x", ""), ("https://dora.example/?a=1&b=2", None)):
        values = {**DORA, "contact": {"site": site}}
        assert hrefs(letter.html.render(values))[0] == (site if href is None else href)


URLS = st.text(alphabet=st.sampled_from("abcXYZ019-._~:/?#[]@!$&'()*+,;=%äß€ \"<>^`|\\"), min_size=1, max_size=30).map(
    lambda tail: f"https://x.example/{tail}".strip()
)


@given(st.lists(URLS, min_size=1, max_size=4))
def test_links_lead_where_they_led(urls: list[str]) -> None:
    def escape(url: str) -> str:
        return url.replace("&", "&amp;").replace('"', "&quot;")

    letter = compiled("".join(f'<p><a href="{escape(url)}">word</a></p>' for url in urls))
    numbers = {f"https://go.example/c/{link.number}": link.url for link in letter.links}
    assert [numbers[href] for href in hrefs(letter.html.render(DORA))[: len(urls)]] == urls
    assert len(set(urls)) == len(letter.links)
    found = re.findall(r"word \((https://go\.example/c/\d+)\)", letter.text.render(DORA))
    assert [numbers[href] for href in found] == urls


@given(st.lists(URLS, min_size=1, max_size=3))
def test_links_in_an_own_text_part_are_rewritten_once(urls: list[str]) -> None:
    plain = [re.sub(r"[\s\"'<>]", "x", url) + "x" for url in urls]
    letter = compiled("<p>x</p>", text="\n".join(f"See {url} now" for url in plain))
    numbers = {f"https://go.example/c/{link.number}": link.url for link in letter.links}
    found = re.findall(r"See (\S+) now", letter.text.render(DORA))
    assert [numbers[one] for one in found] == plain


@pytest.mark.parametrize(
    ("found", "url"),
    [
        ("https://a.example/x.", "https://a.example/x"),
        ("https://a.example/x).", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("https://a.example/?", "https://a.example/"),
    ],
)
def test_punctuation_of_the_sentence_is_no_link(found: str, url: str) -> None:
    assert trim_url(found) == url


@pytest.mark.parametrize("kind", list(SourceFormat))
def test_imprint_and_way_out_are_in_both_parts(kind: SourceFormat) -> None:
    body = {
        SourceFormat.HTML: "<p>Hi</p>",
        SourceFormat.MJML: mjml("<mj-text>Hi</mj-text>"),
        SourceFormat.MARKDOWN: "Hi",
    }[kind]
    letter = compiled(body, kind)
    html = letter.html.render(DORA)
    node = LexborHTMLParser(html).css("body > div")[-1]
    for text in (node.text(), letter.text.render(DORA)):
        assert "Sie haben sich für Käse & Wein angemeldet." in text
        assert "Anna Muster Feinkost GmbH & Co. KG" in text
        assert "Geschäftsführung: Anna Muster" in text
        assert "HRA 12345 {{ unsubscribe_url }}" in text
        assert "Mailing-ID: 7XK2-9QPM" in text
        assert "Abmelden" in text
    assert html.endswith("</div></body></html>")
    assert str(DORA["unsubscribe_url"]) in letter.text.render(DORA)
    assert LexborHTMLParser(html).css("body > *")[-1].attributes == node.attributes


@pytest.mark.parametrize(
    "trick",
    [
        '<div style="display:none">',
        "<style>div{display:none!important}",
        "<table><tr><td style='font-size:0'>",
        "<title>",
        "<p hidden>",
        "<template>",
        "<textarea>",
        "<plaintext>",
        "<select>",
        "<noscript>",
        "<svg>",
    ],
)
def test_unclosed_elements_do_not_swallow_the_imprint(trick: str) -> None:
    document = LexborHTMLParser(compiled(f"<p>x</p>{trick}").html.render(DORA))
    last = document.css("body > div")[-1]
    assert "7XK2-9QPM" in last.text()
    assert "display:block!important" in (last.attributes["style"] or "")


@pytest.mark.parametrize("trick", ["<!-- ", "<!--[if mso]>", "<a ", '<a href="', "<p><b", "</p", "<!-- <b>x</b>"])
def test_a_mark_that_is_never_closed_is_refused_at_its_line(trick: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        compiled(f"<p>x</p>\n<p>y</p>\n{trick}")
    assert [error.line for error in refused.value.errors] == [3]


@pytest.mark.parametrize(
    "body",
    [
        "<p>x</p>{% if false %}",
        "<html><body><p>x</p>{% if false %}</body></html>{% endif %}",
        "<html><head>{% if false %}</head><body>{% endif %}x</body></html>",
        "{% if false %}<html><body>x</body></html>{% endif %}",
    ],
)
def test_a_condition_cannot_reach_around_the_imprint(body: str) -> None:
    with pytest.raises(SourceRefused):
        compiled(body)


def test_the_authors_own_unsubscribe_link_stays() -> None:
    letter = compiled('<p><a href="{{ unsubscribe_url }}">Genug</a></p>')
    assert hrefs(letter.html.render(DORA)).count(str(DORA["unsubscribe_url"])) == 2
    assert f"Genug ({DORA['unsubscribe_url']})" in letter.text.render(DORA)


def test_preheader_is_first_and_hidden() -> None:
    letter = compiled("<p>x</p>", preheader="Neu, {{ contact.first_name }} <b>")
    node = LexborHTMLParser(letter.html.render(DORA)).css("body > *")[0]
    assert node.text() == "Neu, Dora & Co <b>"
    assert "display:none" in (node.attributes["style"] or "")
    assert "Neu" not in letter.text.render(DORA)


def test_compiling_twice_gives_the_same() -> None:
    source = ContentSource(SourceFormat.MARKDOWN, "# Hi {{ contact.first_name }}\n\nhttps://a.example", "S")
    one, two = compile_content(source, CONTEXT), compile_content(source, CONTEXT)
    assert (one.html.source, one.text.source, one.links) == (two.html.source, two.text.source, two.links)


def test_an_own_text_part_gets_the_imprint() -> None:
    text = compiled("<p>x</p>", text="Hallo {{ contact.first_name }}\n\nhttps://shop.example/a.").text.render(DORA)
    assert text.startswith("Hallo Dora & Co\n\nhttps://go.example/c/1.\n\n-- \nSie haben sich")


def test_mjml_keeps_liquid_outlook_and_dark_mode() -> None:
    source = (
        "<mjml><mj-head><mj-preview>Neu</mj-preview><mj-style>"
        "@media (prefers-color-scheme:dark){.t div{color:#fff!important}}"
        '</mj-style></mj-head><mj-body><mj-section><mj-column><mj-text css-class="t" color="{{ contact.color }}">Hi '
        '{{ contact.first_name | default: "you" }} &amp; <b>all</b></mj-text>{% if contact.vip %}<mj-button '
        'href="https://shop.example/?a=1&amp;b=2">Buy</mj-button>{% endif %}</mj-column></mj-section></mj-body></mjml>'
    )
    known = CONTEXT.known_variables | {"contact.color", "contact.vip"}
    letter = compiled(source, SourceFormat.MJML, CompileContext(IMPRINT, known, CONTEXT.link_url))
    html = letter.html.render({**DORA, "contact": {"first_name": "Dora", "color": "#123456", "vip": True}})
    assert "Hi Dora &amp; <b>all</b>" in html
    assert "color:#123456" in html
    assert "prefers-color-scheme:dark" in html
    assert html.count("<!--[if") == html.count("<![endif]-->") > 5
    assert hrefs(html)[0] == "https://go.example/c/1"
    assert "fonts.googleapis.com" not in html
    without = letter.html.render({**DORA, "contact": {"color": "#123456"}})
    assert "Hi you" in without
    assert "Buy" not in without


def test_markdown_conditions_stand_free() -> None:
    source = (
        "Hallo\n\n{% if contact.first_name %}\n\n- eins\n- zwei\n\n{% else %}\n\nNichts\n\n{% endif %}\n\n"
        "| a | b |\n|--|--|\n| 1 | 2 |"
    )
    letter = compiled(source, SourceFormat.MARKDOWN)
    assert letter.text.render(DORA).startswith("Hallo\n\n- eins\n- zwei\n\na | b\n1 | 2\n\n-- \n")
    other = letter.html.render({**DORA, "contact": {"first_name": ""}})
    assert "<li" not in other
    assert "Nichts" in other


def test_markdown_is_no_way_in_for_html() -> None:
    html = compiled("<script>alert(1)</script> [x](javascript:alert(1))", SourceFormat.MARKDOWN).html.render(DORA)
    assert "<script" not in html
    assert hrefs(html)[0] == DORA["unsubscribe_url"]


@pytest.mark.parametrize(
    ("source", "errors"),
    [
        (
            ContentSource(SourceFormat.HTML, "<p>\n{{ contact.frist }}", "S"),
            [SourceError(2, "the variable contact.frist doesn't exist")],
        ),
        (ContentSource(SourceFormat.HTML, "x", "{{ y }}"), [SourceError(1, "subject: the variable y doesn't exist")]),
        (
            ContentSource(SourceFormat.HTML, "x", "S", "{{ y }}"),
            [SourceError(1, "preview text: the variable y doesn't exist")],
        ),
        (
            ContentSource(SourceFormat.HTML, "x", "S", text="\n{{ y }}"),
            [SourceError(2, "text part: the variable y doesn't exist")],
        ),
        (
            ContentSource(SourceFormat.MJML, mjml("\n<mj-txt>x</mj-txt>"), "S"),
            [SourceError(2, "<mj-txt> isn't an MJML element")],
        ),
        (
            ContentSource(SourceFormat.MJML, "<mjml><mj-body>\n<mj-section>\n</mj-body></mjml>", "S"),
            [SourceError(3, "</mj-body> has no matching opening tag; <mj-section> from line 2 is still open")],
        ),
        (
            ContentSource(SourceFormat.MJML, "<p>x</p>", "S"),
            [SourceError(1, "an MJML campaign must start with <mjml>")],
        ),
        (
            ContentSource(SourceFormat.MJML, mjml('<mj-include path="/etc/passwd"/>'), "S"),
            [SourceError(1, "<mj-include> isn't supported here; put the content directly into the campaign")],
        ),
        (ContentSource(SourceFormat.HTML, '<p title="{{ contact.email | default: &quot;x&quot; }}">', "S"), []),
    ],
)
def test_the_editor_gets_the_line(source: ContentSource, errors: list[SourceError]) -> None:
    assert find_merge_errors(source) == errors
    if errors:
        with pytest.raises(SourceRefused):
            compile_content(source, CONTEXT)


@pytest.mark.parametrize(
    "inner",
    [
        '\n\n<mj-text>ä <a href="x">a < b</a></mj-text>',
        "{% comment %}\n{% endcomment %}\n<mj-text>a < b</mj-text>",
        "<mj-text>{{ contact.email\n| upcase }}\n<a href=x>y</a></mj-text>",
    ],
)
def test_what_mrml_cannot_read_has_a_line(inner: str) -> None:
    source = ContentSource(SourceFormat.MJML, mjml(inner), "S")
    with pytest.raises(SourceRefused) as caught:
        compile_content(source, CONTEXT)
    assert [error.line for error in caught.value.errors] == [3]
    assert [error.line for error in find_merge_errors(source)] == [3]


@pytest.mark.parametrize(
    "style", [BlockStyle("#cccccc", "#ffffff", 6), BlockStyle("red", "white"), BlockStyle("#fff", "#000")]
)
def test_an_unreadable_block_style_is_not_used(style: BlockStyle) -> None:
    readable = style.readable()
    assert contrast(readable.text_color, readable.background_color) >= 4.5
    assert readable.font_px >= 11


def test_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert BlockStyle("#000000", "#ffffff", 14).readable() == BlockStyle("#000000", "#ffffff", 14)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/x.dtd">', True),
        ('<!-- x -->\n<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">', True),
        ("<!DOCTYPE html>", False),
        ('<!DOCTYPE html SYSTEM "about:legacy-compat"[<!ENTITY x "y">]>', False),
    ],
)
def test_the_doctype_stays_because_it_decides_how_a_letter_is_drawn(written: str, kept: bool) -> None:
    """Under a transitional one, a picture in a table cell has no gap below it."""
    document = inline_styles(f"{written}<html><body><p>x</p></body></html>")
    wanted = written.removeprefix("<!-- x -->\n") if kept else "<!DOCTYPE html>"
    before, doctype, _rest = document.partition(wanted)
    assert doctype == wanted
    assert before in ("", "<!-- x -->")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (SourceFormat.HTML, "<p>one</p>\n" + "<div>" * 10_000 + "x" + "</div>" * 10_000),
        (SourceFormat.HTML, "<p>one</p>\n" + "<b>" * 20_000 + "x"),
        (SourceFormat.MJML, "<mjml><mj-body>\n" + "<mj-wrapper>" * 4000 + "</mj-wrapper>" * 4000 + "</mj-body></mjml>"),
    ],
)
def test_nesting_that_would_end_the_process_is_refused_at_its_line(kind: SourceFormat, body: str) -> None:
    """The parsers behind walk a document by recursion: deep enough, it was a segmentation fault of the web server."""
    with pytest.raises(SourceRefused) as refused:
        compiled(body, kind)
    assert [(error.code, error.line) for error in refused.value.errors] == [("too-deep", 2)]


def test_what_is_only_long_is_not_deep() -> None:
    for body in (
        "<p>word" * 3000,
        "<ul>" + "<li>point" * 3000 + "</ul>",
        "<table>" + "<tr><td>cell" * 3000 + "</table>",
    ):
        assert compiled(body)
    deep = "<div>" * 200 + "x" + "</div>" * 200
    assert compiled(deep)


def test_a_style_sheet_hides_nothing_from_the_judge() -> None:
    sheet = "<mj-head><mj-style>.q div { display: none }</mj-style></mj-head>"
    body = mjml('<mj-text>Seen</mj-text><mj-text css-class="q">cheap watches</mj-text>').replace(
        "<mjml>", f"<mjml>{sheet}"
    )
    assert [one.text for one in lint_compiled(compiled(body, SourceFormat.MJML)).hidden_text] == ["cheap watches"]


def test_a_url_that_is_broken_over_lines_leads_where_a_browser_goes() -> None:
    letter = compiled('<a href="https://shop.example/a\n b">one</a> <a href="ht\ntps://shop.example/\tc">two</a>')
    assert [link.url for link in letter.links] == ["https://shop.example/a b", "https://shop.example/c"]


def test_the_button_for_everybody_but_outlook_is_in_the_text_part() -> None:
    drawn = '<!--[if mso]><v:roundrect href="https://shop.example/v"><center>Buy</center></v:roundrect><![endif]-->'
    letter = compiled(
        f'{drawn}<a href="https://shop.example/v" style="background:#d62828;color:#fff;mso-hide:all">Buy</a>'
    )
    assert [link.url for link in letter.links] == ["https://shop.example/v"]
    assert "Buy" in letter.text.source
    assert letter.html.source.count("https://go.example/c/1") == 2
