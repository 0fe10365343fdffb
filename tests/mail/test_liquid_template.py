"""Liquid as customers may write it: what is refused, what is missing, what is dynamic."""

from datetime import UTC, datetime

import pytest

from mailflatrate.mail.liquid import (
    KNOWN_VARIABLES,
    LiquidTemplate,
    MissingValue,
    RenderRefused,
    SourceError,
    SourceRefused,
    find_liquid_errors,
)
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
