"""Our own templates as they arrive: headings, language, whole numbers, nothing that a rule would warn of."""

import re
import tomllib

import pytest
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.apps.campaigns.gallery import (
    HERE,
    KEYS,
    LANGUAGES,
    blank_source,
    gallery_template,
    invented_words,
    picture_file,
    picture_text,
)
from mailflatrate.mail.content.campaign import CompiledContent
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.html.brand_style import BrandStyle
from support.gallery_messages import LOGO, compiled, compiled_template, template_source, written

MOST_OCTETS = 102_000
"""Gmail cuts what is longer."""


@pytest.mark.slow
def test_templates_have_headings_and_nothing_to_warn_of() -> None:
    """Also a blank one, and one of each family with a logo instead of the name."""
    firsts = {gallery_template(key, "en").family: key for key in reversed(KEYS)}
    letters = {(key, language): compiled_template(key, language) for key, language in written()}
    letters |= {(f"{key} logo", "de"): compiled(template_source(key, "de", LOGO), "de") for key in firsts.values()}
    letters |= {("blank", language): compiled(blank_source(language, BrandStyle()), language) for language in LANGUAGES}
    assert len(letters) == 30 + 30 + 8 + 6 + 3
    for (name, language), letter in letters.items():
        facts = lint_compiled(letter)
        told = (facts.unsupported_css, facts.oversized_images, facts.images_without_alt, facts.dark_traps, facts.pixels)
        assert told == ((), (), (), (), ()), name
        assert facts.html_bytes < MOST_OCTETS, name
        _is_sound(name, language, letter)


def _is_sound(name: str, language: str, letter: CompiledContent) -> None:
    html = letter.html.source
    page = LexborHTMLParser(html)
    assert len(page.css("h1")) == 1, name
    for heading in page.css("h1, h2"):
        style = (heading.attributes["style"] or "").replace(" ", "")
        assert "margin:0" in style, name
        assert "font-size" in style, "Outlook has sizes of its own for headings"
    assert {node.attributes["lang"] for node in page.css("html, [role=article]")} == {language}, name
    assert not re.search(r'\b(?:width|height)="(?:\d+\.\d+|auto)', html), name
    assert not re.search(r"<[^>]*\svertical-align=", html), name
    assert "light-dark(" not in html
    for table in page.css("table"):
        layout = table.attributes.get("role") == "presentation"
        assert layout or table.css("th[scope]"), (name, "for layout, or with headings")


def test_sources_say_what_they_use_and_no_more() -> None:
    """Both languages have the same texts, every part finds its own, and nothing is written that no one reads."""
    for path in sorted((HERE / "templates").glob("*.toml")):
        template = tomllib.loads(path.read_text(encoding="utf-8"))
        assert template["en"].keys() == template["de"].keys(), path.stem
        for language in template.keys() & set(LANGUAGES):
            content = template_source(path.stem, language, BrandStyle())
            aside = {"name", "about", "purpose", "subject", "preheader", "greeting", "url"}
            unread = [slot for slot, text in template[language].items() if slot not in aside and text not in content]
            assert unread == [], (path.stem, language)
            assert "[[" not in content
    assert {path.stem for path in (HERE / "templates").glob("*.toml")} == set(KEYS)


def test_sample_text_is_in_the_template_that_it_is_said_to_be_in() -> None:
    for key, language in written():
        template = gallery_template(key, language)
        whole = f"{template.subject}\n{template.preheader}\n{template_source(key, language, BrandStyle())}"
        assert [text for text in invented_words(key, language) if text not in whole] == [], (key, language)


def test_pictures_are_small_described_and_used() -> None:
    stems = {path.stem for path in (HERE / "pictures").glob("*.png")}
    used = {stem for key in KEYS for stem in gallery_template(key, "en").pictures}
    assert stems == used
    for stem in stems:
        assert picture_file(stem).stat().st_size < 20_000, stem
        with Image.open(picture_file(stem)) as image:
            assert image.width in (240, 600, 1200), stem
        assert len({picture_text(language, stem) for language in ("en", "de")}) == 2, stem
        assert all(len(picture_text(language, stem)) > 10 for language in LANGUAGES), stem


def test_the_date_box_keeps_its_corners_in_the_dark() -> None:
    """Dark colors are painted on the table, which has the corners, and not on the square element around it."""
    html = compiled_template("event", "en").html.source
    box = LexborHTMLParser(html).css_first("div.box > table")
    assert box is not None
    assert "border-radius:8px" in (box.attributes["style"] or "").replace(" ", "")
    dark = html.partition("prefers-color-scheme")[2]
    painted = re.findall(r"([^{}]*)\{[^{}]*background", dark)
    assert any(".box" in selectors for selectors in painted)
    assert all(each.strip() != ".box" for selectors in painted for each in selectors.split(","))
