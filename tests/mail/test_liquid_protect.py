"""Liquid passes through HTML tools and comes back unchanged."""

import html

from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.content.campaign import block_tags_to_comments
from mailflatrate.mail.html.inline import inline_styles
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.mail.liquid.protect import literal, protect, unescape_tags

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
