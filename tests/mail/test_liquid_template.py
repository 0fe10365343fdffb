"""Liquid as customers may write it: what is refused, what is missing, what is dynamic.

Liquid passes through HTML tools and comes back unchanged.
"""

import html
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.content.campaign import block_tags_to_comments
from mailflatrate.mail.html.inline import inline_styles
from mailflatrate.mail.liquid import (
    KNOWN_VARIABLES,
    LiquidTemplate,
    MissingValue,
    RenderRefused,
    SourceError,
    SourceRefused,
    find_liquid_errors,
)
from mailflatrate.mail.liquid.protect import literal, protect, unescape_tags
from mailflatrate.mail.segments import Dynamic, Static

KNOWN = KNOWN_VARIABLES | {"contact.city", "contact.tags"}
DORA = {
    "contact": {
        "email": "dora@sub.example",
        "first_name": "Dora",
        "last_name": "",
        "city": None,
        "tags": ["tea", "rye"],
    },
    "account": {"name": "Anna & Söhne"},
    "list": {"name": "Weekly"},
    "subscription": {"date": datetime(2026, 3, 9, 10, tzinfo=UTC)},
    "unsubscribe_url": "https://go.example/u?a=1&b=2",
}


def render(text: str, *, html: bool = True) -> str:
    return LiquidTemplate.parse(text, autoescape=html, known_variables=KNOWN).render(DORA)


def test_fixed_text_and_values_are_apart() -> None:
    template = LiquidTemplate.parse("Hi {{ contact.first_name }}, bye {{ account.name }}", autoescape=True)
    assert template.segments == (Static("Hi "), Dynamic(0), Static(", bye "), Dynamic(1))
    assert template.render_dynamic(DORA) == ["Dora", "Anna &amp; Söhne"]


def test_text_part_is_not_escaped() -> None:
    assert render("{{ account.name }} {{ account.name | escape }}", html=False) == "Anna & Söhne Anna & Söhne"


def test_subject_is_one_line() -> None:
    template = LiquidTemplate.parse("News\r\n for {{ contact.first_name }}", autoescape=False, single_line=True)
    eve = {"contact": {"first_name": "Eve\r\nBcc: all@victims.example"}}
    assert template.render(eve) == "News for Eve Bcc: all@victims.example"


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("a\n\n{{ contact.frist_name }}", [SourceError(3, "the variable contact.frist_name doesn't exist")]),
        ("{{ nobody }}", [SourceError(1, "the variable nobody doesn't exist")]),
        ("{{ contact }}", [SourceError(1, "the variable contact doesn't exist")]),
        (
            "{{ contact[contact.email] }}",
            [SourceError(1, "contact[contact.email] uses a field name that isn't known until the campaign is sent")],
        ),
        ("x\n{{ contact.email | shout }}", [SourceError(2, "the filter shout doesn't exist")]),
        ("{{ '<b>' | safe }}", [SourceError(1, "the filter safe doesn't exist")]),
        (
            "\n{% if contact.email %}{% break %}{% endif %}",
            [SourceError(2, "break can only be used inside a for loop")],
        ),
        ("\n\n{% include 'secret' %}", [SourceError(3, "unexpected tag 'include'")]),
        ("{% render 'secret' %}", [SourceError(1, "unexpected tag 'render'")]),
        ("{% liquid echo 1 %}", [SourceError(1, "unexpected tag 'liquid'")]),
        ("{% increment x %}", [SourceError(1, "unexpected tag 'increment'")]),
    ],
)
def test_mistakes_name_their_line(text: str, errors: list[SourceError]) -> None:
    assert list(find_liquid_errors(text, html_part=True, known_variables=KNOWN)) == errors
    with pytest.raises(SourceRefused):
        LiquidTemplate.parse(text, autoescape=True, known_variables=KNOWN)


@pytest.mark.parametrize(
    "text", ["{{ contact.email", "{% if contact.email %}", "{% endif %}", "{{ | }}", "{% raw %}x", "{%"]
)
def test_broken_syntax_is_refused(text: str) -> None:
    assert find_liquid_errors(text, html_part=True, known_variables=KNOWN)


def test_mistakes_are_all_reported() -> None:
    errors = find_liquid_errors("{{ a }}\n{{ b }}\n{{ a }}", html_part=True)
    assert [error.line for error in errors] == [1, 2, 3]


@pytest.mark.parametrize("variable", ["contact.last_name", "contact.city", "subscription.source", "web_url"])
@pytest.mark.parametrize(
    "form", ["{{{{ {0} }}}}", "{{{{ {0} | upcase }}}}", "{{{{ {0} | truncate: 3 }}}}", "{{{{ 'x' | append: {0} }}}}"]
)
def test_printing_a_missing_value_names_it(variable: str, form: str) -> None:
    with pytest.raises(MissingValue) as caught:
        render(form.format(variable))
    assert caught.value.variable == variable


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ contact.last_name | default: 'reader' }}", "reader"),
        ("{{ contact.city | default: 'a & b' | upcase }}", "A &amp; B"),
        ("{% if contact.last_name %}yes{% else %}no{% endif %}", "no"),
        ("{% if contact.last_name == '' %}yes{% endif %}", "yes"),
        ("{% if contact.city == blank and contact.city == nil and contact.city == empty %}yes{% endif %}", "yes"),
        ("{% if contact.city == 'Bonn' %}yes{% else %}no{% endif %}", "no"),
        ("{% unless contact.city %}yes{% endunless %}", "yes"),
        ("{% case contact.city %}{% when 'Bonn' %}b{% else %}else{% endcase %}", "else"),
        ("{% for tag in contact.tags %}{{ tag }};{% endfor %}", "tea;rye;"),
        ("{% assign who = contact.first_name %}<b>{{ who }}</b>{{ who | size }}!", "<b>Dora</b>4!"),
        ("{% capture who %}<b>{{ account.name }}</b>{% endcapture %}{{ who }}", "Anna &amp; Söhne"),
        ("{% raw %}{{ contact.email }}{% endraw %}", "{{ contact.email }}"),
        ("{% comment %}{{ nobody }}{% endcomment %}.", "."),
        ("{{ subscription.date | date: '%d.%m.%Y' }}", "09.03.2026"),
        ("{{ contact.tags | join: '<' }}", "tea&lt;rye"),
        ("{{ account.name | newline_to_br }}", "Anna &amp; Söhne"),
        ("{{ '&lt;' | escape_once }}", "&lt;"),
    ],
)
def test_dialect(text: str, result: str) -> None:
    assert render(text) == result


@pytest.mark.parametrize(
    "text",
    [
        "{{ '<script>alert(1)</script>' }}",
        "{% assign x = '<script>' %}{{ x }}",
        "{% assign x = '<script>' | escape | remove: 'amp;' | url_decode %}{{ x }}",
        "{% capture x %}&lt;script>{% endcapture %}{{ x | url_decode }}",
        "{{ '%3Cscript%3E' | url_decode }}",
        "{{ 'a' | replace: 'a', '<script>' }}",
        "{{ 'a,<script>' | split: ',' | last }}",
        "{{ '<script>' | split: '|' }}",
        "{{ contact.last_name | default: '<script>' }}",
        "{{ '<script>' | escape | slice: 0, 99 | replace: '&lt;', '<' }}",
    ],
)
def test_no_value_becomes_markup(text: str) -> None:
    assert "<script" not in render(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in (1..9999999) %}x{% endfor %}",
        "{% for a in (1..1000) %}{% for b in (1..1000) %}x{% endfor %}{% endfor %}",
        "{{ (1..1000000000) | join: '' }}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}" + "{% assign x = x | replace: 'a', x %}" * 6,
        "{{ 1 | divided_by: 0 }}",
        "{{ 'x' | truncate: 'y' }}",
    ],
)
def test_limits_hold(text: str) -> None:
    with pytest.raises(RenderRefused):
        render(text)


def test_deep_nesting_is_refused() -> None:
    assert find_liquid_errors("{% if true %}" * 50 + "{% endif %}" * 50, html_part=True)


def test_what_follows_an_assignment_is_one_segment() -> None:
    template = LiquidTemplate.parse(
        "a{{ contact.email }}b{% assign x = contact.email %}c{{ x }}d{{ account.name }}e", autoescape=True
    )
    assert template.segments == (Static("a"), Dynamic(0), Static("b"), Dynamic(1), Static("e"))


def test_assignment_inside_a_condition_reaches_what_follows() -> None:
    text = "{% if contact.first_name %}{% assign x = 'yes' %}{% endif %}-{{ x }}"
    assert render(text) == "-yes"


TAGS = st.sampled_from(
    [
        "{{ contact.first_name }}",
        '{{ contact.city | default: "a > b & c" }}',
        "{{- list.name -}}",
        "{% if a > 1 and b < 2 %}",
        "{% endif %}",
        '{%- assign x = "<b>" -%}',
        "{{ 'it''s' }}",
        "{% for x in (1..3) %}",
        "{% endfor %}",
    ]
)
TEXTS = st.text(alphabet=st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=12)
MIXED = st.lists(st.one_of(TAGS, TEXTS), max_size=12).map("".join)


@given(MIXED)
def test_protecting_and_restoring_is_the_identity(source: str) -> None:
    protected = protect(source, entities=False)
    assert "{" not in protected.text
    assert protected.restore_text(protected.text) == source


@given(st.lists(TAGS, min_size=1, max_size=6), st.text(alphabet="abc äß&<>\"'", max_size=8))
def test_tags_survive_attributes_texts_and_urls(tags: list[str], word: str) -> None:
    parts = [
        f'<a href="https://x.example/?q={tag}" title="{html.escape(word)}{tag}" style="color:{tag}">{tag}</a>'
        for tag in tags
    ]
    protected = protect("<div>" + "".join(parts) + "</div>", entities=True)
    back = protected.restore_html(inline_styles(protected.text))
    position = 0
    for tag in tags:
        for _ in range(4):
            position = back.index(html.unescape(tag), position) + 1


@given(st.text(max_size=40))
def test_a_literal_prints_itself(text: str) -> None:
    assert LiquidTemplate.parse(literal(text), autoescape=False).render({}) == text


@given(st.text(alphabet="{}% abifend\"'", max_size=30))
def test_a_literal_prints_itself_among_braces(text: str) -> None:
    assert LiquidTemplate.parse(literal(text), autoescape=False).render({}) == text


def test_comments_vanish_and_raw_is_text() -> None:
    source = "a{% comment %}{{ x }}{% endcomment %}b{% raw %}{{ y }}{% endraw %}"
    protected = protect(source, entities=False)
    assert (protected.text, protected.tags) == ("ab{{ y }}", ())
    assert protected.restore_html(protected.text) == "ab&#123;{ y }}"
    assert LiquidTemplate.parse(protected.restore_text(protected.text), autoescape=False).render({}) == "ab{{ y }}"


def test_words_never_stand_in_the_source_already() -> None:
    source = "lq00000z LQQ {{ x }}"
    protected = protect(source, entities=False)
    assert protected.restore_text(protected.text) == source


def test_editors_write_entities_into_tags() -> None:
    source = "<p>{{ x | default: &quot;a &amp; b&quot; }}</p>"
    assert protect(source, entities=True).tags == ('{{ x | default: "a & b" }}',)
    assert unescape_tags(source) == '<p>{{ x | default: "a & b" }}</p>'


def test_conditions_among_attributes_come_back() -> None:
    protected = protect('<td {% if a %}bgcolor="#eee"{% endif %} width={{ w }}>x</td>', entities=True)
    document = inline_styles(f"<table><tr>{block_tags_to_comments(protected)}</tr></table>")
    assert '<td {% if a %} bgcolor="#eee" {% endif %} width="{{ w }}">x' in protected.restore_html(document)


def test_block_tags_stay_between_the_rows_of_a_table() -> None:
    source = "<table>{% for x in y %}<tr><td>{{ x }}</td></tr>{% endfor %}</table>"
    protected = protect(source, entities=True)
    back = protected.restore_html(inline_styles(block_tags_to_comments(protected)))
    assert "<table><tbody>{% for x in y %}<tr><td>{{ x }}</td></tr>{% endfor %}</tbody></table>" in back
