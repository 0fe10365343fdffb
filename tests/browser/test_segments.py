"""The segment builder in a browser: the count follows the writing, the keyboard reaches everything, it fits a phone."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Visitor
from support.browsers import chosen, settle

pytestmark = pytest.mark.browser
VISIT = Callable[..., AbstractContextManager[Visitor]]
NEW = "/studio/segments/new/"
ANNA = "anna@lindenhof.example"
COUNT = "#segment-people .text-2xl"


def press(page: Page, order: str) -> None:
    page.locator(f"button[value='{order}']").focus()
    page.keyboard.press("Enter")


def test_a_segment_is_built_by_keyboard_and_counted(visitor: VISIT) -> None:
    with visitor("en", "letter", False, guarded=True) as anna:
        anna.sign_in(ANNA)
        anna.go(NEW)
        page = anna.page
        page.locator("[name='0-value']").fill("Nobody is called this")
        expect(page.locator(COUNT)).to_have_text("0")
        press(page, "exclude:")
        expect(page.locator("[name='1.0-field']")).to_be_focused()
        settle(page)
        page.locator("[name='1.0-field']").select_option("list")
        box = page.locator("[name='1.0-values']").first
        expect(box).to_be_visible()
        settle(page)
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
        expect(page.locator("#segment-people")).to_contain_text("but not those who are confirmed on")
        press(page, "remove:0")
        expect(page.locator("[name='node']")).to_have_count(2)
        assert anna.problems == []


@pytest.mark.parametrize(("language", "theme", "phone"), chosen(("de", "letter", True), ("en", "ink", False)))
def test_a_nested_segment_fits_and_is_accessible(visitor: VISIT, language: str, theme: str, phone: bool) -> None:
    with visitor(language, theme, phone) as anna:
        anna.sign_in(ANNA)
        anna.go(f"{NEW}?from=engaged")
        page = anna.page
        for order, seen in (("group:", "2.0"), ("add:2", "2.1"), ("group:2", "2.2.0"), ("exclude:", "3.0")):
            press(page, order)
            expect(page.locator(f"[name='{seen}-field']")).to_be_visible()
            settle(page)
        for path, field in (("2.0", "tag"), ("2.1", "clicked"), ("3.0", "received")):
            page.locator(f"[name='{path}-field']").select_option(field)
            kind = {"tag": "[role=group]", "clicked": "[name='2.1-days']", "received": "[name='3.0-times']"}[field]
            expect(page.locator(f".condition:has([name='{path}-field']) {kind}").first).to_be_visible()
            settle(page)
        assert anna.sideways() <= 0
        assert anna.violations() == []
        anna.shoot("segment-builder")
