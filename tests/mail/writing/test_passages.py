"""The texts and pictures of a source are found at their places, and one of them is replaced."""

import pytest

from mailflatrate.mail.content.campaign import SourceFormat
from mailflatrate.mail.writing.passages import (
    LONGEST_SOURCE,
    PassageKind,
    find_passages,
    picture_values,
    replaced,
    with_alt,
)
from support.cost import costs_at_most

MJML = (
    '<mjml><mj-body><mj-section><mj-column><mj-image src="https://a.example/m/x/tulip.png" alt="" />'
    '<mj-text font-size="16px"><h1>Bulbs</h1><p>Plant <img src="b.png"> now</p></mj-text><!-- <mj-text>no</mj-text> -->'
    '<mj-button href="https://shop.example">Shop now</mj-button></mj-column></mj-section></mj-body></mjml>'
)


def sources(text: str, source_format: SourceFormat, kind: PassageKind = PassageKind.TEXT) -> list[str]:
    found = find_passages(text, source_format)
    assert all(text[one.start : one.end] == one.source for one in found)
    return [one.source for one in found if one.kind is kind]


def test_texts_and_pictures_are_found_in_each_format() -> None:
    assert sources(MJML, SourceFormat.MJML) == ['<h1>Bulbs</h1><p>Plant <img src="b.png"> now</p>', "Shop now"]
    assert len(sources(MJML, SourceFormat.MJML, PassageKind.PICTURE)) == 2
    html = "<table><tr><td><p>One <b>two</b></p><p>Three</p></td><td>Four</td></tr></table><style>p{}</style>"
    assert sources(html, SourceFormat.HTML) == ["One <b>two</b>", "Three", "Four"]
    markdown = "# Bulbs\n\nHello there,\nfriend.\n\n---\n\n![Tulip](https://a.example/t.png)\n"
    assert sources(markdown, SourceFormat.MARKDOWN)[:2] == ["# Bulbs", "Hello there,\nfriend."]
    assert sources(markdown, SourceFormat.MARKDOWN, PassageKind.PICTURE) == ["![Tulip](https://a.example/t.png)"]


def test_one_is_replaced_and_the_rest_stays() -> None:
    text = find_passages(MJML, SourceFormat.MJML)[-1]
    assert replaced(MJML, text, "Buy") == MJML.replace("Shop now", "Buy")


@pytest.mark.parametrize(
    ("tag", "after"),
    [
        ('<mj-image src="a.png" alt="" />', '<mj-image src="a.png" alt="A &quot;red&quot; tulip" />'),
        ('<img data-alt="x" src="a.png">', '<img data-alt="x" src="a.png" alt="A &quot;red&quot; tulip">'),
        ("<img alt='old' src='a.png'/>", "<img alt=\"A &quot;red&quot; tulip\" src='a.png'/>"),
        ('![old](a.png "t")', '![A "red" tulip](a.png "t")'),
    ],
)
def test_an_alternative_text_is_words_in_its_attribute(tag: str, after: str) -> None:
    assert with_alt(tag, 'A "red" tulip') == after
    assert picture_values(after) == ("a.png", 'A "red" tulip')


@pytest.mark.parametrize(
    "part",
    ["<td ", '<p "', "<p '\"", "<!--", "<style>", "![", "<p>", "</p>", "\n \n", " ", "![a](", "<img alt=", "<a x=\"'"],
)
def test_hostile_sources_cost_little(part: str) -> None:
    source = part * (100_000 // len(part))
    with costs_at_most(20):
        for source_format in SourceFormat:
            find_passages(source, source_format)
            find_passages(f"x\n{source}\ny", source_format)
    assert find_passages("x" * (LONGEST_SOURCE + 1), SourceFormat.HTML) == []
