"""Converting one content kind to another keeps the words and the personal fields."""

import pytest

from mailflatrate.apps.campaigns.content.convert import convert, same_source
from mailflatrate.apps.campaigns.gallery import KEYS, blank_source, gallery_template, source
from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.liquid import KNOWN_VARIABLES

LOOK = BrandStyle()
CONTEXT = CompileContext(
    imprint=FooterImprint((FooterLine("", "Lindenhof"),), "You signed up.", "4K7Q-92XD-8", "en"),
    known_variables=KNOWN_VARIABLES | {"contact.first_name", "contact.city"},
)
MARKDOWN = (
    '# Bulbs & more\n\nHello {{ contact.first_name | default: "there" }},\n\n'
    "{% if contact.city %}\n\nin {{ contact.city }}\n\n{% endif %}\n\n- one\n- two\n\n[Go](https://a.example/?b=1&c=2)\n"
)
VALUES: dict[str, object] = {
    "contact": {"first_name": "Dora", "city": "Kiel"},
    "unsubscribe_url": "#",
    "preferences_url": "#",
}
VALUES["account"] = {"name": "Lindenhof"}


def said(content: str, kind: SourceFormat) -> str:
    """What a reader gets, as text."""
    compiled = compile_content(ContentSource(kind, content, "S"), CONTEXT)
    return compiled.text.render(VALUES)


@pytest.mark.parametrize(("other", "kind"), [("blocks", "mjml"), ("mjml", "mjml"), ("html", "html")])
def test_markdown_becomes_a_letter_that_says_the_same(other: str, kind: str) -> None:
    """Headings, lists, links, fields and conditions."""
    written = convert(MARKDOWN, "markdown", other, language="en", brand=LOOK)
    text = said(written, SourceFormat(kind))
    for words in ("Bulbs & more", "Hello Dora", "in Kiel", "one", "https://a.example/?b=1&c=2"):
        assert words in text
    assert "in Kiel" not in compile_content(ContentSource(SourceFormat(kind), written, "S"), CONTEXT).text.render(
        {**VALUES, "contact": {"first_name": "Dora"}}
    )


@pytest.mark.parametrize("key", KEYS[::4])
def test_every_template_becomes_html_and_markdown(key: str) -> None:
    """Nothing of what is said is lost, and it compiles."""
    content = source(gallery_template(key, "de"), LOOK, lambda stem: f"https://a.example/{stem}.png")
    values = {**VALUES, "list": {"name": "N"}, "subscription": {"date": "x", "source": "y"}}

    def words(text: str, kind: SourceFormat) -> list[str]:
        whole = compile_content(ContentSource(kind, text, "S"), CONTEXT).text.render(values)
        return [word for word in whole.split() if word.isalpha()]

    before = words(content, SourceFormat.MJML)
    html = convert(content, "blocks", "html", language="de", brand=LOOK)
    assert words(html, SourceFormat.HTML) == before
    markdown = convert(content, "mjml", "markdown", language="de", brand=LOOK)
    assert set(before) <= set(words(markdown, SourceFormat.MARKDOWN))


def test_blocks_and_mjml_are_one_text() -> None:
    """Switching between them changes nothing."""
    assert same_source("blocks", "mjml")
    assert convert("<mjml> x", "blocks", "mjml", language="en", brand=LOOK) == "<mjml> x"


def test_what_cannot_be_read_stays_as_it_is() -> None:
    """A mistake is no reason to lose words."""
    broken = "<mjml><mj-body><mj-section></mj-body>"
    assert convert(broken, "mjml", "html", language="en", brand=LOOK) == broken


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_blank_sheet_compiles(language: str) -> None:
    """And holds the account's name."""
    compiled = compile_content(ContentSource(SourceFormat.MJML, blank_source(language, LOOK), "S"), CONTEXT)
    assert "Lindenhof GmbH" in compiled.html.render({**VALUES, "account": {"name": "Lindenhof GmbH"}})
