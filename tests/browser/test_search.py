"""The search over everything in a real browser: opened by its key, used by keyboard, on a desktop and on a phone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=[("en", "letter", False), ("de", "ink", True)], ids=["desktop", "phone"])
def anna(request: pytest.FixtureRequest, visitor: Any) -> Iterator[Any]:
    language, theme, phone = request.param
    with visitor(language, theme, phone, guarded=True) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


def opened(anna: Any) -> tuple[Any, Any]:
    """Open the dialog by the key; the dialog and its field, which has the focus."""
    anna.page.keyboard.press("Control+k")
    dialog = anna.page.locator("#search-dialog")
    field = dialog.get_by_role("combobox")
    expect(dialog).to_be_visible()
    expect(field).to_be_focused()
    return dialog, field


def test_a_campaign_is_found_and_opened_by_keyboard(anna: Any) -> None:
    anna.go("/studio/")
    dialog, field = opened(anna)
    anna.shoot("search-empty")
    assert (found := anna.violations()) == [], found
    field.press_sequentially("winter")
    first = dialog.get_by_role("option").first
    expect(first).to_contain_text("Winter")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(dialog.locator("mark").first).to_have_text(re.compile("winter", re.IGNORECASE))
    expect(dialog.locator("[data-search-status]")).to_have_text(re.compile(r"^\d+ (result|Ergebnis)"))
    assert (found := anna.violations()) == [], found
    anna.shoot("search-results")
    field.press("ArrowDown")
    field.press("ArrowUp")
    target = first.get_attribute("href")
    field.press("Enter")
    anna.page.wait_for_url(re.compile(rf"{target}(edit/)?$"))  # a draft leads on to its editor
    assert anna.problems == []


def test_escape_closes_it_and_the_focus_returns(anna: Any) -> None:
    anna.go("/studio/lists/")
    button = anna.page.locator("[data-opens=search-dialog]:visible").first
    button.click()
    dialog = anna.page.locator("#search-dialog")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    for _ in range(6):
        anna.page.keyboard.press("Tab")
        inside = "[document.body, ...document.querySelectorAll('#search-dialog *')].includes(document.activeElement)"
        assert anna.page.evaluate(inside), "the focus stays in the dialog"
    dialog.get_by_role("combobox").focus()
    anna.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_nothing_found_gives_hints_and_enter_leads_to_the_page(anna: Any) -> None:
    anna.go("/studio/")
    dialog, field = opened(anna)
    field.press_sequentially("zebrastripe")
    expect(dialog.locator(".search-nothing")).to_contain_text("zebrastripe")
    assert (found := anna.violations()) == [], found
    anna.shoot("search-nothing")
    field.press("Enter")
    anna.page.wait_for_url("**/studio/search/?q=zebrastripe")
    anna.go("/studio/search/?q=winter")
    assert (found := anna.violations()) == [], found
    assert anna.sideways() <= 0
    anna.shoot("search-page")


def test_a_failing_search_says_so(anna: Any) -> None:
    anna.go("/studio/")
    dialog, field = opened(anna)
    # On a busy machine, typing pauses long enough for more than one request.
    anna.page.route("**/studio/search/**", lambda route: route.abort())
    field.press_sequentially("winter")
    expect(dialog.locator("[data-search-failed]")).to_be_visible()
    assert (found := anna.violations()) == [], found
    anna.page.unroute("**/studio/search/**")
    field.press("x")
    expect(dialog.locator("[data-search-failed]")).to_be_hidden()


def test_what_is_typed_on_is_never_opened_as_an_old_result(anna: Any) -> None:
    """Enter, pressed before newer results arrive, searches on the page instead of opening an older result."""
    anna.go("/studio/")
    dialog, field = opened(anna)
    field.press_sequentially("winter")
    expect(dialog.get_by_role("option").first).to_be_visible()
    field.press("x")
    assert field.get_attribute("aria-activedescendant") is None
    field.press("Enter")
    anna.page.wait_for_url("**/studio/search/?q=winterx")
