"""Our own templates as they arrive: headings, language, whole numbers, nothing that a rule would warn of."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.apps.campaigns.gallery import KEYS, LANGUAGES, blank_source, gallery_template, source
from mailflatrate.mail.compiled_facts import lint_compiled
from mailflatrate.mail.content import CompileContext, CompiledContent, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

IMPRINT = FooterImprint((FooterLine("", "Lindenhof GmbH"),), "Sie haben sich angemeldet.", "7XK2-9QPM", "de")
LOGO = BrandStyle(logo_url="https://media.example/logo.png", logo_width=180)
ALL = [(key, language) for key in (*KEYS, "blank") for language in LANGUAGES]


def compiled(key: str, language: str, brand: BrandStyle) -> CompiledContent:
    if key == "blank":
        body = blank_source(language, brand)
    else:
        body = source(gallery_template(key, language), brand, lambda stem: f"https://media.example/{stem}.png")
    return compile_content(ContentSource(SourceFormat.MJML, body, "x"), CompileContext(IMPRINT, language=language))


@pytest.mark.parametrize("brand", [BrandStyle(), LOGO], ids=["name", "logo"])
@pytest.mark.parametrize(("key", "language"), ALL)
def test_a_template_has_headings_and_nothing_to_warn_of(key: str, language: str, brand: BrandStyle) -> None:
    letter = compiled(key, language, brand)
    facts = lint_compiled(letter)
    assert facts.headings >= 1
    assert (facts.unsupported_css, facts.oversized_images, facts.images_without_alt) == ((), (), ())
    page = LexborHTMLParser(letter.html.source)
    assert len(page.css("h1")) == 1, "one title"
    for heading in page.css("h1, h2"):
        style = heading.attributes["style"] or ""
        assert "margin:0" in style.replace(" ", "")
        assert "font-size" in style, "Outlook has sizes of its own for headings"
    assert {node.attributes["lang"] for node in page.css("html, [role=article]")} == {language}
    html = letter.html.source
    assert not re.search(r'\b(?:width|height)="(?:\d+\.\d+|auto)', html)
    assert not re.search(r"<[^>]*\svertical-align=", html)
    assert "light-dark(" not in html
    for table in page.css("table"):
        assert table.attributes.get("role") == "presentation" or table.css("th[scope]"), "for layout, or with headings"


def test_the_date_box_keeps_its_corners_in_the_dark() -> None:
    """Dark colors are painted on the table, which has the corners, and not on the square element around it."""
    html = compiled("event", "en", BrandStyle()).html.source
    box = LexborHTMLParser(html).css_first("div.box > table")
    assert box is not None
    assert "border-radius:8px" in (box.attributes["style"] or "").replace(" ", "")
    dark = html.partition("prefers-color-scheme")[2]
    painted = re.findall(r"([^{}]*)\{[^{}]*background", dark)
    assert any(".box" in selectors for selectors in painted)
    assert all(each.strip() != ".box" for selectors in painted for each in selectors.split(","))
