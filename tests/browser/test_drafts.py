"""A draft survives its window, and two people at once lose nothing (acceptance 6)."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from support.browsers import new_draft, wait_in_page
from support.waiting import wait_until

pytestmark = pytest.mark.browser

ANNA = "anna@lindenhof.example"


@pytest.fixture(scope="module")
def anna(visitor: Any) -> Iterator[Any]:
    with visitor("en", "letter", False) as found:
        found.sign_in(ANNA)
        yield found


@pytest.fixture(scope="module")
def ben(visitor: Any) -> Iterator[Any]:
    """Another browser, another window."""
    with visitor("de", "letter", False) as found:
        found.sign_in(ANNA)
        yield found


def begin(anna: Any, name: str) -> str:
    """A new draft; the path of its page."""
    return new_draft(anna, name, "empty")


def wait_until_saved(anna: Any, path: str, text: str) -> None:
    """Wait for a text in the draft as the server has it, without what a browser remembers."""
    address = anna.demo.base + path
    wait_until(lambda: text in anna.page.request.get(address).text(), f"{text} on the server", pause=0.1)


def type_into_editor(page: Any, text: str) -> None:
    editor = page.locator("[data-editor-host] .cm-content")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def test_what_is_typed_right_before_the_window_closes_is_there_again(anna: Any) -> None:
    """Sent while the page goes: nobody waited for the autosave."""
    path = begin(anna, "Closed at once")
    page = anna.context.new_page()
    page.goto(anna.demo.base + path)
    page.wait_for_selector("[data-editor-host]", state="attached")
    page.fill("[name=subject]", "Typed and gone")
    type_into_editor(page, "\nThe last words.")
    page.close()
    wait_until_saved(anna, path, "The last words.")
    anna.go(path)
    expect(anna.page.locator("[name=subject]")).to_have_value("Typed and gone")
    expect(anna.page.locator("[name=content]")).to_have_value(re.compile("The last words[.]"))


def test_what_the_network_lost_is_taken_up_by_the_next_page(anna: Any) -> None:
    """Nothing reached the server; the browser's own storage has it, and the next page saves it."""
    path = begin(anna, "Offline")
    page = anna.context.new_page()
    page.goto(anna.demo.base + path)
    page.route("**/edit/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        page.fill("[name=subject]", "Written in the tunnel")
    page.close()
    anna.go(path)
    expect(anna.page.locator("[name=subject]")).to_have_value("Written in the tunnel")
    wait_in_page(anna.page, "localStorage.length === 0")
    anna.page.reload()
    assert anna.page.input_value("[name=subject]") == "Written in the tunnel"


def test_two_people_at_once(anna: Any, ben: Any) -> None:
    """The second is told, nothing is overwritten, both texts are compared, and one is taken over."""
    path = begin(anna, "Two pens")
    ben.go(path)
    anna.page.fill("[name=subject]", "Subject of the first")
    wait_in_page(anna.page, "document.getElementById('seen').value === '2'")
    ben.page.fill("[name=subject]", "Betreff der Zweiten")
    notice = ben.page.locator("#moved-on [role=status]")
    notice.wait_for()
    assert "Nichts wurde überschrieben" in notice.inner_text()
    with ben.page.expect_response(lambda answer: "weiter" in (answer.request.post_data or "")):
        ben.page.fill("[name=preheader]", "Und weiter geschrieben")
    assert ben.violations() == []
    ben.shoot("two-pens")
    anna.page.reload()
    assert anna.page.input_value("[name=subject]") == "Subject of the first"
    ben.page.get_by_role("link", name="Vergleichen").click()
    ben.page.wait_for_url(re.compile(r"/versions/\d+/"))
    text = ben.page.inner_text("main")
    assert "Subject of the first" in text
    assert "Betreff der Zweiten" in text
    assert "Und weiter geschrieben" in text
    assert ben.violations() == []
    ben.shoot("compare")
    ben.page.get_by_role("button", name="Diese Fassung verwenden").click()
    ben.page.wait_for_url(re.compile(r"/edit/$"))
    assert ben.page.input_value("[name=subject]") == "Betreff der Zweiten"
    ben.go(path.replace("/edit/", "/versions/"))
    assert ben.violations() == []
    assert ben.page.locator("tbody tr").count() >= 3
    assert anna.problems == ben.problems == []


def test_writing_fast_is_no_conflict_with_oneself(anna: Any) -> None:
    """Saves that overtake each other in one window."""
    path = begin(anna, "Fast")
    for number in range(12):
        anna.page.fill("[name=subject]", f"Version {number}")
        anna.page.wait_for_timeout(330)
    wait_until_saved(anna, path, "Version 11")
    wait_in_page(anna.page, "localStorage.length === 0")
    assert anna.page.locator("#moved-on [role=status]").count() == 0
    anna.page.reload()
    assert anna.page.input_value("[name=subject]") == "Version 11"


def test_a_late_save_of_the_page_before_is_no_conflict(anna: Any) -> None:
    """The next page of a window is the same window: what it saves isn't set aside, and a submitted form is newest."""
    path = begin(anna, "Late")
    page = anna.page
    page.fill("[name=subject]", "Before")
    with page.expect_request_finished(lambda request: "turn=" in (request.post_data or "")) as saved:
        page.keyboard.press("Tab")
    fields = {name: values[-1] for name, values in parse_qs(saved.value.post_data, keep_blank_values=True).items()}
    wait_in_page(page, "localStorage.length === 0")
    page.reload()
    held_up = {**fields, "preheader": "Held up on its way", "turn": str(int(fields["turn"]) + 1)}
    page.request.post(anna.demo.base + path, form=held_up)
    wait_until_saved(anna, path, "Held up on its way")
    page.fill("[name=subject]", "After")
    wait_until_saved(anna, path, "After")
    assert page.locator("#moved-on [role=status]").count() == 0
    page.fill("[name=subject]", "Entered")
    with page.expect_navigation() as answer:
        page.keyboard.press("Enter")
    assert "Entered" in answer.value.text()
    other = anna.context.new_page()
    other.goto(anna.demo.base + path)
    assert other.input_value("[name=tab]") not in ("", page.input_value("[name=tab]")), "another window"
    other.close()


def test_the_preview_does_not_blink(anna: Any) -> None:
    """While a new letter loads, the old one stays in sight: there is a drawn frame at every moment."""
    begin(anna, "Calm")
    page = anna.page
    page.evaluate("""() => {
        window.gaps = 0;
        const look = () => {
            if (!document.querySelector(".message-box > iframe:not([data-incoming])")) window.gaps += 1;
            requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }""")
    type_into_editor(page, "\nA new sentence.")
    wait_in_page(page, "document.querySelector('.message-box iframe').srcdoc.includes('A new sentence.')")
    wait_in_page(page, "document.querySelectorAll('.message-box iframe').length === 1")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    assert page.evaluate("window.gaps") == 0
