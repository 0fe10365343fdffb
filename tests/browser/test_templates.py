"""Our templates as readers see them, and the page on which customers choose one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mailflatrate.apps.campaigns.gallery import KEYS
from message_kinds import GALLERY
from support.gallery_messages import compiled_template

pytestmark = pytest.mark.browser

RULES = """() => axe.run({
    runOnly: ['color-contrast', 'image-alt', 'link-name', 'document-title', 'html-has-lang', 'heading-order'],
    resultTypes: ['violations'],
})"""
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def anna(visitor: Any) -> Iterator[Any]:
    with visitor("en", "letter", False) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


def _read(page: Page, key: str, language: str) -> None:
    """Open a template; what a reader's data would fill stays empty."""
    html = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", compiled_template(key, language).html.source)
    page.set_content(re.sub(r'(<img[^>]*?) src="[^"]*"', r"\1", html), wait_until="domcontentloaded")


def test_templates_fit_small_phones_and_can_be_read_in_both_schemes(chromium: Browser, axe: str) -> None:
    """German, the longer words, and without images, which is how many readers see a message first."""
    found: list[Any] = []
    for scheme in ("light", "dark"):
        context = chromium.new_context(viewport={"width": 320, "height": 700}, color_scheme=scheme, offline=True)
        page = context.new_page()
        for key in KEYS if scheme == "light" else ():
            _read(page, key, "de")
            if (over := page.evaluate(OVER)) > 0:
                found.append((key, over))
        for key in GALLERY:
            _read(page, key, "de")
            page.evaluate(axe)
            told = page.evaluate(RULES)["violations"]
            found += [(key, scheme, one["id"], node["target"]) for one in told for node in one["nodes"]]
        context.close()
    assert found == []


def test_a_template_is_found_by_purpose_and_by_family(anna: Any) -> None:
    """What was chosen stays chosen while others are looked at, and Enter in the search creates nothing."""
    page = anna.page
    anna.go("/studio/campaigns/new/?language=de")
    search = page.get_by_role("searchbox", name="Search templates by purpose")
    shown = page.locator("[data-gallery-card]:visible")
    expect(shown).to_have_count(30)
    search.fill("weihnachten")
    expect(shown).to_have_count(1)
    page.get_by_role("radio", name="Jahresgruß").press("Space")
    search.fill("CAFE kuchen")
    expect(shown.locator(".shot-name")).to_have_text("Aus der Backstube")
    search.press("Enter")
    assert "/campaigns/new/" in page.url
    search.fill("nothing like it")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Show all templates").click()
    expect(shown).to_have_count(30)
    expect(search).to_be_focused()
    page.get_by_role("button", name="Shop").press("Enter")
    expect(shown).to_have_count(5)
    expect(page.get_by_role("status").filter(has_text="Templates shown: 5")).to_have_count(1)
    assert page.locator("[name=begin]:checked").get_attribute("value") == "gallery:season"
    page.reload()
    expect(page.get_by_role("button", name="Shop")).to_have_attribute("aria-pressed", "true")
    expect(shown).to_have_count(5)
    assert anna.sideways() <= 0
