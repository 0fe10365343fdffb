"""Content that is written to stop the service: everything ends quickly, with words, and nothing of it acts."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.campaign import (
    MAX_CONTENT,
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.content.facts import lint_parts
from mailflatrate.mail.content.merge_tags import find_merge_tags
from mailflatrate.mail.html.applied_styles import with_styles_applied
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.html.links import trim_url
from mailflatrate.mail.html.tokens import find_fault, tokenise, write
from mailflatrate.mail.liquid import KNOWN_VARIABLES, LiquidTemplate, RenderRefused, SourceRefused, find_liquid_errors
from mailflatrate.mail.liquid.marks import BadMark, find_marks
from mailflatrate.mail.liquid.protect import protect
from mailflatrate.mail.liquid.work_limit import MOST_SAMPLE_WORK, WORK_LIMIT, work_done
from mailflatrate.rules.gate.sample import judge_sample
from mailflatrate.rules.phrases import find_categories, find_haste, find_orders, tells_ai

CONTEXT = CompileContext(FooterImprint((FooterLine("", "Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en"))
KNOWN = frozenset({"contact.email", "contact.bio", "contact.n"})
SEEDS = (
    "{{", "{%", "{{ ", "{{ a", "{{ a }}", "{{ '", "{{ a[", "{{((", "{% raw %}", "{% comment %}", "{% if a %}", "{% #",
    "{{ contact.email }}", "{% if contact.email %}x{% endif %}", "<a ", '<a x="', "<a x='\"", '<a x=">" ', "<!--",
    "<!-- -->", "<!", "</", "<", "<mj-text ", '<mj-text a="', "<mj-text>x</mj-text>", "lqqq", "<![CDATA[", "&#",
    "&#x41;", "&lt;", "[[[[", "((((", "****", "____", "~~~~", "````", "> ", "- ", "![](", "[a](", "[a]: ", "|a",
    "<b>", "</b>",
    "<p>", "<p>x", "<td>", "<li>", "<br>", "<img src=x>", "<b id=1>x</b>", "<font size=1>", "<table>", "<svg>",
    "<style>a{}</style>", "<style>", "<div style='a:b;c:d'>x</div>", "<!--[if mso]>x<![endif]-->", "<![if x]>",
    "<a href=http://a.b>x</a>", "<a href='{{ contact.email }}'>x</a>", "http://", "http://a.b/c ", "https://a)",
    "www.a.", "a@b.", "aaaa", "a.", "word ", "\n", " ", "\t", "=", "a=1 ", "url(", "url(x)", "@import ", "@media ",
    "@media x{", "a{b:c}", "/*", "expression ", "javascript:", "\\", "%%", "*|", "${a", "[NAME", "ä", "\u202e",
    "ignore all ",
    "data:image/png;base64,AAAA", "<noscript>", "<frameset>", "<template>", "<select>", "<a ><a>", "only 1 ", "'", '"',
    "1.1.", "12345 Aa ", "a@a@", "AaA", "unsubscribe ", "straße 1 ", "(0",
)  # fmt: skip
PLACES: dict[str, Callable[[str], tuple[SourceFormat, str]]] = {
    "html": lambda text: (SourceFormat.HTML, text),
    "attribute": lambda text: (SourceFormat.HTML, f'<p title="{text}">x</p>'),
    "link": lambda text: (SourceFormat.HTML, f'<a href="{text}">x</a>'),
    "style": lambda text: (SourceFormat.HTML, f"<style>{text}</style><p>x</p>"),
    "outlook": lambda text: (SourceFormat.HTML, f"<!--[if mso]>{text}<![endif]--><p>x</p>"),
    "markdown": lambda text: (SourceFormat.MARKDOWN, text),
    "mjml": lambda text: (
        SourceFormat.MJML,
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section></mj-body></mjml>",
    ),
}
SMALL, FACTOR = 600, 8


def compiled(body: str, kind: SourceFormat = SourceFormat.HTML) -> CompiledContent:
    return compile_content(ContentSource(kind, body, "Subject"), CONTEXT)


def looked_at(kind: SourceFormat, body: str) -> None:
    """Everything that the service does with a draft before anyone receives it."""
    try:
        letter = compile_content(ContentSource(kind, body, body[:250], body[:250], body), CONTEXT)
    except SourceRefused as refused:
        assert all(error.line >= 1 and error.message for error in refused.errors)
        try:
            letter = compile_content(ContentSource(kind, body, "Subject"), CONTEXT)
        except SourceRefused:
            return
    seen = lint_compiled(letter)
    for judge in (find_categories, find_orders, find_haste, tells_ai, find_merge_tags):
        judge(seen.visible_text + letter.text.source)


def linted(_kind: SourceFormat, body: str) -> None:
    lint_parts(with_styles_applied(body), body)
    message = (
        b"From: a@b.de\r\nTo: c@d.de\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(f"<p>{body}</p>".encode(errors="replace"))
    )
    judge_sample(message, None, datetime(2026, 11, 27, tzinfo=UTC))


def seconds(work: Callable[[SourceFormat, str], None], place: str, seed: str, size: int) -> float:
    """Processor time of this process for `size` characters of the seed."""
    kind, body = PLACES[place](seed * (size // len(seed) + 1))
    begin = time.process_time()
    work(kind, body)
    return time.process_time() - begin


@pytest.mark.parametrize("seed", SEEDS)
def test_time_grows_with_the_content_and_not_with_its_square(seed: str) -> None:
    """Eight times the content may take eight times as long; by its square it would be sixty-four times."""
    for work, places in ((looked_at, tuple(PLACES)), (linted, ("html", "style"))):
        for place in places:
            large = seconds(work, place, seed, SMALL * FACTOR)
            if large <= 0.02:
                continue  # whatever a smaller one takes
            small = seconds(work, place, seed, SMALL)
            if large > 24 * small + 0.02:  # a collection of garbage may have been in the way: once more
                small = max(small, seconds(work, place, seed, SMALL))
                large = min(large, seconds(work, place, seed, SMALL * FACTOR))
            assert large <= 24 * small + 0.02, (place, small, large)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("x\n{{ contact.email", 2), ("x\n\n{% if", 3), ("{{ contact.email }}\n{% raw %}", 2), ("x\n{% comment %} y", 2),
        ("x\n<!-- y", 2), ("x\n\n<a href='y", 3), ("x\n{{" * 9, 2), ("x\n{% %}", 2), ("x\n<b" + " a=1" * 9, 2),
        ("x\n<b " + " ".join(f"a{n}=1" for n in range(300)) + ">", 2),
    ],
)  # fmt: skip
def test_an_unclosed_mark_is_refused_at_its_line(body: str, line: int) -> None:
    with pytest.raises(SourceRefused) as refused:
        compiled(body)
    assert [error.line for error in refused.value.errors] == [line]


@pytest.mark.parametrize("kind", list(SourceFormat))
def test_content_is_at_most_200_kb_in_every_way_of_writing(kind: SourceFormat) -> None:
    with pytest.raises(SourceRefused) as refused:
        compiled("ä" * (MAX_CONTENT // 2 + 1), kind)
    assert [error.code for error in refused.value.errors] == ["too-long"]
    with pytest.raises(SourceRefused) as refused:
        compile_content(ContentSource(kind, "x", "s", text="x" * (MAX_CONTENT + 1)), CONTEXT)
    assert [(error.code, error.part) for error in refused.value.errors] == [("too-long", "text")]


@pytest.mark.parametrize(
    "body",
    [
        "<p>x</p>\n<frameset><frame src=x></frameset>", "\n<frameset rows=1>", "\n<noscript><p title='</noscript>'>",
        "\n<noscript>", "\n<noframes>x", "\n<html><frameset></frameset></html>", "\n<head></head><frameset>",
        "\n<template><body>", "\n<select><body>", "\n<textarea></html>", "\n<plaintext>", "\n<title>x",
        "\n<!doctype><html>",
    ],
)  # fmt: skip
def test_markup_without_a_body_is_refused_or_compiled_and_never_crashes(body: str) -> None:
    try:
        assert "7XK2-9QPM" in compiled(body).html.source
    except SourceRefused as refused:
        assert [error.line for error in refused.errors] == [2]


HEAVY = {
    "split and sort": "{% for i in (1..400) %}{% assign a = contact.bio | split: ',' | sort | join: ',' %}{% endfor %}",
    "integers": "{% assign x = 3 %}{% for i in (1..4900) %}{% assign x = x | times: x %}{% endfor %}",
    "counting": "{% assign x = 3 %}{% for i in (1..4900) %}{% assign x = x | plus: 1 %}{% endfor %}",
    "silent tags": "{% for i in (1..4900) %}" + "{% if 1 == 2 %}{% endif %}" * 90 + "{% endfor %}",
    "skipped items": "{% for i in (1..99999999) offset: 99999990 %}x{% endfor %}",
    "a list of itself": "{% assign l = contact.bio | split: '~' %}" + "{% assign l = l | concat: l %}" * 16 + "{{ l }}",
    "a long separator": "{{ contact.bio | split: ',' | join: contact.bio }}",
    "unique items": "{{ contact.bio | slice: 0, 60000 | split: '' | uniq | size }}",
    "tags": "{{ contact.bio | replace: 'word', '<' | strip_html | size }}" * 40,
    "captures": "{% for i in (1..4900) %}{% capture x %}{{ contact.bio }}{% endcapture %}{% endfor %}",
    "names": "{% for i in (1..4900) %}" + "".join(f"{{% assign x{n} = i %}}" for n in range(90)) + "{% endfor %}",
    "dates": "{% for i in (1..4900) %}{{ '2026-01-01 10:0' | append: i | date: '%Y' }}{% endfor %}",
    "many small ones": "{{ contact.bio | truncate: 5 }}" * 990,
    "conditions": "{% for i in (1..4900) %}{% if " + " or ".join(["i == 'x'"] * 90) + " %}{% endif %}{% endfor %}",
    "contains": "{% assign l = contact.bio | split: ',' %}{% for i in (1..4900) %}{% if l contains 'z' %}{% endif %}"
    "{% endfor %}",
}
READER = dict.fromkeys(("unsubscribe_url", "preferences_url"), "#")
VALUES = {"contact": {"email": "dora@example.org", "bio": "word, " * 16_000, "n": 5}}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("html_part", [True, False])
def test_the_work_of_one_message_is_bounded(name: str, html_part: bool) -> None:
    template = LiquidTemplate.parse(HEAVY[name], autoescape=html_part, known_variables=KNOWN)
    begin = time.process_time()
    with pytest.raises(RenderRefused) as refused:
        template.render_dynamic(VALUES)
    assert time.process_time() - begin < 1.0
    assert refused.value.error.message


def test_the_budget_belongs_to_one_rendering() -> None:
    template = LiquidTemplate.parse(
        "{% for i in (1..40) %}{{ contact.bio | upcase | size }} {% endfor %}", autoescape=True, known_variables=KNOWN
    )
    values = {"contact": {"bio": "word, " * 1_000}}
    assert len({template.render(values) for _ in range(20)}) == 1
    assert 0 < work_done() < WORK_LIMIT
    assert template.work(values) == template.work(values)


def test_work_is_the_same_however_busy_the_machine_is_and_a_newsletter_needs_little() -> None:
    usual = LiquidTemplate.parse(
        "Hello {{ contact.email | default: 'you' }}{% for i in (1..20) %}{% if i > 3 %}<li>{{ i }}</li>{% endif %}"
        "{% endfor %}{{ contact.n | plus: 1 }}" * 5,
        autoescape=True,
        known_variables=KNOWN,
    )
    assert usual.work(VALUES) < MOST_SAMPLE_WORK / 5
    heavy = LiquidTemplate.parse(HEAVY["counting"], autoescape=True, known_variables=KNOWN)
    assert heavy.work(VALUES) > MOST_SAMPLE_WORK


@pytest.mark.parametrize(
    "text", ["{{ 9223372036854775807 | plus: 1 }}", "{{ 99999999999999999999 | plus: 1 }}", "{{ '9e300' | floor }}",
             "{{ 4611686018427387904 | times: -4 }}", "{% assign x = 99999999999999999999 %}{{ x }}"]
)  # fmt: skip
def test_integers_have_64_bits(text: str) -> None:
    with pytest.raises(RenderRefused):
        LiquidTemplate.parse(text, autoescape=True).render({})


def test_deep_expressions_are_refused_and_no_error() -> None:
    for text in (
        "{% if " + "(" * 900 + "1" + ")" * 900 + " %}{% endif %}",
        "{{ a" + "[a" * 900 + "]" * 900 + " }}",
        "{% if " + " or ".join(["a"] * 900) + " %}{% endif %}",
        "{{ a" + ".b" * 900 + " }}",
    ):
        assert find_liquid_errors(text, html_part=True)


SPLIT = (
    "{{ 'javascript' }}:alert(1)", "{{ 'java' }}script:alert(1)", "{{ 'javascript' }}{{ ':alert(1)' }}",
    "java{{ 'script:alert(1)' }}", "{{ 'javascript' }}{% if true %}:{% endif %}alert(1)",
    "{% if false %}https://a.example/{% endif %}{{ 'javascript:alert(1)' }}", "{{ 'javascript' }} :alert(1)",
    "{{ 'javascript' }}&#58;alert(1)", "{{ 'javascript' }}&Tab;:alert(1)", "{{ 'javascript:alert(1)' }}",
    "{% if true %}{{ 'javascript' }}{% else %}x{% endif %}:alert(1)", "{{ 'vbscript' }}:x", "{{ 'data' }}:text/html,x",
    "{% case 1 %}{% when 1 %}{{ 'javascript' }}{% endcase %}:alert(1)", "javascript{{ ':' }}alert(1)",
    "{% for i in (1..2) %}{{ i | replace: '1', 'javascript' | replace: '2', ':alert(1)' }}{% endfor %}",
    "{{ 'javascript' | append: ':alert(1)' }}", "{% raw %}java{% endraw %}{{ 'script' }}:alert(1)",
    "{{ 'javascript' }}{% comment %}x{% endcomment %}:alert(1)", "&#106;avascript{{ ':' }}alert(1)",
)  # fmt: skip
URL_PLACES = (
    '<a href="%s">x</a>', '<img src="%s" alt="">', '<table background="%s"><tr><td>x</td></tr></table>',
    '<area href="%s">', '<blockquote cite="%s">x</blockquote>', '<img srcset="%s 2x" alt="">',
    '<img lowsrc="%s" alt="">', '<svg><a xlink:href="%s">x</a></svg>', '<p style="background:url(%s)">x</p>',
    "<style>p{background:url('%s')}</style><p>x</p>", '<style>@import "%s";</style><p>x</p>',
    '<!--[if mso]><v:rect href="%s"></v:rect><![endif]--><p>x</p>', '<img usemap="%s" alt="">',
)  # fmt: skip


@pytest.mark.parametrize("place", URL_PLACES)
@pytest.mark.parametrize("split", SPLIT)
def test_a_scheme_that_is_split_between_output_and_text_is_dropped(place: str, split: str) -> None:
    url = split.replace("'", '"').replace('"', "&quot;") if "url('" not in place else split.replace("'", '"')
    try:
        page = compiled(place % url).html.render(
            {**VALUES, **dict.fromkeys(("unsubscribe_url", "preferences_url"), "#")}
        )
    except (SourceRefused, RenderRefused):
        return
    for node in LexborHTMLParser(page).css("*"):
        for name, value in node.attributes.items():
            bare = "".join((value or "").split()).lower()
            assert not bare.startswith(("javascript:", "vbscript:", "data:text")), (name, value)
    bare = "".join(page.split()).lower()
    assert "url(javascript:" not in bare
    assert "url('javascript:" not in bare
    assert "javascript:alert" not in bare.replace("&quot;", "")


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("{{ contact.bio }}", "https://a.example/x"), ("{{ contact.bio }}/y", "https://a.example/x/y"),
        ("{{ contact.bio }}?a=1", "https://a.example/x?a=1"), ("https://b.example/{{ contact.n }}", "https://b.example/5"),
        ("{% if contact.n %}https://b.example{% else %}https://c.example{% endif %}/{{ contact.n }}", "https://b.example/5"),
        ("{% if contact.n %}{{ contact.bio }}{% else %}{{ contact.bio }}{% endif %}", "https://a.example/x"),
        ("{% if contact.n %}https://b.example/{% else %}https://c.example/{% endif %}{{ contact.n }}", "https://b.example/5"),
    ],
)  # fmt: skip
def test_links_that_personalize_honestly_stay(url: str, result: str) -> None:
    context = CompileContext(CONTEXT.imprint, known_variables=KNOWN | KNOWN_VARIABLES)
    letter = compile_content(ContentSource(SourceFormat.HTML, f'<a href="{url}">x</a>', "s"), context)
    values = {"contact": {"bio": "https://a.example/x", "n": 5}, "unsubscribe_url": "#", "preferences_url": "#"}
    links = [node.attributes.get("href") for node in LexborHTMLParser(letter.html.render(values)).css("a")]
    assert links[0] == result


def test_css_that_comes_together_by_removal_is_no_danger() -> None:
    for css in ("color:javajavascript:script:x", "width:expexpression(ression(1)"):
        page = compiled(f'<p style="{css}">x</p>').html.source
        assert "javascript:" not in page
        assert "expression(" not in page


MARKUP = st.lists(
    st.sampled_from(
        ["<", ">", "<a ", "</a", "<!--", "-->", "<!", '"', "'", "=", "/", " ", "\n", "x", "<style>", "</style>", "{{",
         "}}", "{%", "%}", "raw", "endraw", "comment", "endcomment", "-", " if ", "<p title='", "&quot;", "ä", "lq"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=400)
@given(MARKUP)
def test_the_scanner_of_markup_loses_nothing(source: str) -> None:
    assert write(tokenise(source)) == source
    fault = find_fault(source)
    assert fault is None or 1 <= fault.line <= source.count("\n") + 1


@settings(max_examples=400)
@given(MARKUP)
def test_the_scanner_of_liquid_finds_marks_in_order(source: str) -> None:
    at = 0
    try:
        for mark in find_marks(source):
            assert at <= mark.start < mark.end <= len(source)
            assert source[mark.start : mark.start + 2] in ("{{", "{%")
            assert source[mark.end - 2 : mark.end] in ("}}", "%}")
            at = mark.end
    except BadMark as bad:
        assert at <= bad.index < len(source)
    else:
        protected = protect(source, entities=False)
        assert not protected.tags or "lq" in protected.text


@settings(max_examples=150, deadline=None)
@given(MARKUP, st.sampled_from(list(SourceFormat)))
def test_any_content_compiles_or_is_refused_with_words(body: str, kind: SourceFormat) -> None:
    try:
        compiled(body, kind)
    except SourceRefused as refused:
        assert all(error.line >= 1 and error.message for error in refused.errors)


@given(st.text(alphabet="a()[]{}.,!*_", max_size=40))
def test_a_trimmed_url_is_the_same_as_by_trimming_one_by_one(url: str) -> None:
    def slowly(text: str) -> str:
        pairs = {")": "(", "]": "[", "}": "{"}
        while text and text[-1] in ".,;:!?)]}*_":
            if text[-1] in pairs and text.count(text[-1]) <= text.count(pairs[text[-1]]):
                break
            text = text[:-1]
        return text

    assert trim_url(url) == slowly(url)


def test_a_word_of_ours_cannot_be_written_by_an_author() -> None:
    """Encoded as entities it was put back as a tag, or asked for one that does not exist."""
    for body in (
        "&#108;q00000z {{ contact.email }}",
        "&#108;q99999z {{ contact.email }}",
        "lq<!-- x -->99999z {{ 1 }}",
    ):
        assert compiled(body).html.source.count("{{ contact.email }}") <= 1
