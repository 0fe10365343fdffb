"""A form as a pop-up, a slide-in and a bar on another website's page with a strict policy, by keyboard and pointer."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browsers import Website, chosen, wait_in_page
from support.waiting import wait_until

pytestmark = pytest.mark.browser
NUMBERS = count(1)
KINDS = {"Pop-up": "popup", "Slide-in": "slide_in", "Bar": "bar"}
PATIENCE_SECONDS = 30.0
LONG_PAGE = "<div style='height:3000px'>Much to read.</div><p><a href='/elsewhere'>A link</a></p>"


@pytest.fixture
def placed(visitor: Any) -> Iterator[Any]:
    """Anna places her form, as often as the test likes; afterwards it is part of the page again."""
    with visitor("en", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go("/studio/forms/")
        anna.page.get_by_role("link", name="Website").click()
        anna.page.wait_for_load_state()
        here = f"{anna.page.url.partition('?')[0]}placement/"

        def place(kind: str, trigger: str = "After some time on the page", **values: str) -> str:
            """Save a placement; the script for every page."""
            anna.page.goto(here)
            anna.page.get_by_label("Show the form").select_option(label=kind)
            if kind != "In the page":  # that asks for nothing else
                anna.page.get_by_label("When").select_option(label=trigger)
                seconds = {"Seconds": "0"} if trigger == "After some time on the page" else {}
                for label, value in {**seconds, "Pages": "", **values}.items():
                    anna.page.get_by_label(label, exact=True).fill(value)
            anna.page.get_by_role("button", name="Save").click()
            anna.page.get_by_text("follow within five minutes").wait_for()
            copy = anna.page.locator("button[data-copy]")
            code = str(copy.get_attribute("data-copy")) if copy.count() else ""
            if code:
                kept = KINDS[kind]
                source = re.findall('src="([^"]+)"', code)[0]
                wait_until(
                    lambda: f'"kind":"{kept}"' in anna.page.request.get(source).text(), "the script that follows"
                )
            return code

        place.anna = anna  # type: ignore[attr-defined]
        yield place
        place("In the page")


def opened(chromium: Browser, address: str, width: int = 1280, **options: Any) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, locale="en-GB", ignore_https_errors=True, **options
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    page.goto(address)
    return page


@pytest.mark.parametrize("width", [390, 1280])
def test_a_popup_holds_the_focus_closes_by_escape_and_stays_closed(
    chromium: Browser, website: Website, placed: Any, width: int
) -> None:
    code = placed("Pop-up")
    page = opened(chromium, website.put(f"/popup{width}", code + LONG_PAGE), width)
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    box = dialog.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    expect(dialog).to_be_focused()
    for _each in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.ready !== undefined || !document.hasFocus()"), "inside"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.reload()
    page.get_by_text("Much to read").wait_for()
    wait_in_page(page, "performance.getEntriesByName(document.scripts[0].src).length > 0")
    assert (
        page.evaluate("new Promise(done => setTimeout(() => done(document.querySelector('[data-ready]')), 50))") is None
    )
    assert page.context.cookies() == []
    page.context.close()


def test_a_visitor_signs_up_in_the_slide_in_and_is_counted(chromium: Browser, website: Website, placed: Any) -> None:
    code = placed("Slide-in", "After scrolling down", **{"Percent of the page": "60"})
    page = opened(chromium, website.put("/slide", code + LONG_PAGE))
    page.get_by_text("Much to read").wait_for()
    assert page.get_by_label("Email address").count() == 0, "nothing before the visitor scrolls"
    page.mouse.wheel(0, 2500)
    slide = page.locator("section.slide")
    slide.wait_for()
    assert page.evaluate("document.activeElement === document.body"), "it takes no focus"
    slide.get_by_label("Email address").press_sequentially(f"slide{next(NUMBERS)}@briefkasten-lindenhof.de")
    slide.get_by_label("First name").press_sequentially("Dora")
    slide.get_by_role("checkbox").press("Space")
    slide.get_by_role("button", name=re.compile("Sign up|Subscribe")).click()
    slide.get_by_role("status").wait_for()
    page.context.close()
    anna = placed.anna

    def counted() -> bool:
        anna.page.goto(anna.page.url.partition("placement/")[0])
        cells = anna.page.get_by_role("row").filter(has_text="Slide-in").get_by_role("cell")
        return [cell.strip() for cell in cells.all_inner_texts()][1:4] == ["1", "1", "1"]

    wait_until(counted, "one view, one start, one sign-up", pause=0.3)


def test_the_bar_opens_the_form_and_moves_nothing(chromium: Browser, website: Website, placed: Any) -> None:
    code = placed("Bar")
    page = opened(chromium, website.put("/bar", code + LONG_PAGE), 390)
    bar = page.locator("section.bar")
    bar.wait_for()
    before = page.locator("h1").bounding_box()
    bar.get_by_role("button").last.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox").click()
    expect(dialog.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.locator("h1").bounding_box() == before
    bar.get_by_role("button", name="Close").click()
    expect(bar).to_have_count(0)
    page.context.close()


def test_leaving_and_the_rules_for_pages(chromium: Browser, website: Website, placed: Any) -> None:
    code = placed("Pop-up", "When the visitor is about to leave", Pages="/shop/*")
    page = opened(chromium, website.put("/shop/bulbs", code + LONG_PAGE))
    wait_in_page(page, "performance.getEntriesByName(document.scripts[0].src).length > 0")
    assert page.get_by_role("dialog").count() == 0
    page.evaluate("document.dispatchEvent(new MouseEvent('mouseout', {bubbles: true, clientY: -1}))")
    page.get_by_role("dialog").wait_for()
    page.goto(website.put("/blog", code + LONG_PAGE))
    wait_in_page(page, "performance.getEntriesByName(document.scripts[0].src).length > 0")
    page.evaluate("document.dispatchEvent(new MouseEvent('mouseout', {bubbles: true, clientY: -1}))")
    assert page.get_by_role("dialog").count() == 0
    page.context.close()


@pytest.mark.parametrize("look", chosen(("en", "letter", False), ("de", "ink", True)))
def test_the_page_of_the_placement_as_people_see_it(visitor: Any, look: tuple[str, str, bool]) -> None:
    with visitor(*look) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go("/studio/forms/")
        form = str(anna.page.locator("a[href^='/studio/forms/']").filter(has_text="Website").get_attribute("href"))
        anna.go(f"{form}placement/")
        anna.shoot("placement")
        assert anna.sideways() <= 0
        assert anna.violations() == []
        assert anna.problems == []
