"""A campaign is made in each of the three ways, and the checks turn green one by one; once without a mouse."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from support.browsers import (
    PAGE_PAUSE_SECONDS,
    canvas,
    chosen,
    drag,
    looked_at,
    new_draft,
    open_step,
    source,
    wait_in_page,
)
from support.waiting import wait_until

pytestmark = pytest.mark.browser

MOST_TABS = 120
FOCUS = """() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    return one;
}"""
OPEN = "#checks ul:not(details ul) .check-title"


@dataclass(frozen=True)
class Words:
    """The text of a campaign in one language, and its window settings."""

    language: str
    theme: str
    phone: bool
    untrue: str
    subject: str
    text: str


GERMAN = Words(
    "de", "letter", True, "Re: Ihre Bestellung", "Der Adventsmarkt beginnt am Samstag", "Wir freuen uns auf Sie."
)
ENGLISH = Words(
    "en", "ink", False, "Re: your order", "The winter market opens on Saturday", "We look forward to seeing you."
)


class Checks:
    """The checks panel beside a draft: what is open, and that it is closed one after the other."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.seen = self.open
        self.closed: list[str] = []

    @property
    def open(self) -> set[str]:
        """The titles of what is not passed yet."""
        return set(self.page.locator(OPEN).all_inner_texts())

    def after(self, what: str) -> None:
        """Wait until a step of the walk has closed a check. Raises AssertionError when none is."""

        def is_closed() -> bool:
            gone = self.seen - (now := self.open)
            if not gone or not now:
                return False
            self.seen, self.closed = now, [*self.closed, *gone]
            return True

        wait_until(is_closed, lambda: f"a check that {what} closes among {self.seen}", pause=PAGE_PAUSE_SECONDS)

    def after_policy(self) -> None:
        """On the page that comes then, that check is closed. It's the last one, unless the operator reviews (R-06)."""
        gone = self.seen - (now := self.open)
        assert gone, f"accepting the policy closes none of {self.seen}"
        self.seen, self.closed = now, [*self.closed, *gone]

    def look(self) -> None:
        """Take note of the checks after a step that may open some: they come with the answer to the save."""
        source(self.page)
        wait_in_page(self.page, "localStorage.length === 0")
        self.seen = self.open


def begun(somebody: Any, name: str, begin: str) -> Checks:
    new_draft(somebody, name, begin)
    return Checks(somebody.page)


def promised(somebody: Any, checks: Checks) -> None:
    """The policy is ticked for exactly this content."""
    page = somebody.page
    open_step(page, "check")
    page.locator("[data-opens=policy]").first.click()
    page.check("#policy_confirm")
    looked_at(somebody, "compose-policy")
    with page.expect_navigation():
        page.locator("#policy button.btn-primary").click()
    checks.after_policy()


def write_source(page: Any, text: str) -> None:
    page.locator("[data-editor-host] .cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


@pytest.mark.parametrize("words", [GERMAN], ids=lambda one: one.language)
def test_in_blocks_by_drag_and_drop(visitor: Any, words: Words) -> None:
    """Blocks are dragged onto an empty canvas; each fix closes its check."""
    with visitor(words.language, words.theme, False) as anna:
        anna.sign_in("anna@lindenhof.example")
        page = anna.page
        checks = begun(anna, f"Blocks {words.language}", "blocks")
        page.wait_for_selector(".blocks[data-ready]")
        assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight"), "the window scrolls"
        before = page.input_value("[name=content]")
        for key in ("divider", "button"):
            drag(page, key, canvas(page).locator("[data-gjs-type=mj-text]").nth(1), share=0.9)
        after = page.input_value("[name=content]")
        for part in ("<mj-divider", "<mj-button"):
            assert after.count(part) == before.count(part) + 1, part
        checks.look()
        page.locator("[data-blocks-inspector] input").nth(0).fill(words.text)  # its own text isn't anyone's
        page.locator("[data-blocks-inspector] input").nth(1).fill("https://lindenhof.example/markt")
        checks.after("the link of the button")
        canvas(page).locator("[data-gjs-type=mj-text]", has_text="das ist neu.").click()
        page.locator("[data-blocks-inspector] [data-markup] summary").click()
        page.locator("[data-blocks-inspector] textarea").fill(words.subject)
        checks.look()
        page.fill("[name=subject]", words.subject)
        checks.after("a subject")
        looked_at(anna, "compose-blocks")
        open_step(page, "audience")
        page.check("[name=list_ids]")
        checks.look()
        promised(anna, checks)
        page.locator("[data-opens=send-now]").wait_for()
        assert len(checks.closed) >= 3
        looked_at(anna, "compose-blocks-ready")


@pytest.mark.parametrize("words", chosen(GERMAN, ENGLISH), ids=lambda one: one.language)
def test_in_source_with_a_mistake_at_its_line(visitor: Any, words: Words) -> None:
    """Broken MJML says where; a misleading subject and an image without a description are fixed one after the other."""
    with visitor(words.language, words.theme, words.phone) as anna:
        anna.sign_in("anna@lindenhof.example")
        page = anna.page
        checks = begun(anna, f"Source {words.language}", "empty")
        page.get_by_role("button", name="MJML", exact=True).click()
        page.wait_for_load_state("networkidle")
        page.wait_for_selector("[data-editor-host]", state="attached")
        letter = (
            "<mjml><mj-body><mj-section><mj-column>\n"
            f"<mj-text>{words.text}</mj-text>\n%s</mj-column></mj-section></mj-body></mjml>"
        )
        write_source(
            page,
            letter % "<mj-text>{{ contact.shoe_size }}</mj-text>\n<mj-image src='https://lindenhof.example/a.png' />\n",
        )
        page.locator("#content-problems [data-goto-line='3']").wait_for()
        wait_in_page(page, "document.querySelectorAll('#checks .check').length > 0")
        page.wait_for_load_state("networkidle")
        looked_at(anna, "compose-source-broken")
        write_source(page, letter % "<mj-image src='https://lindenhof.example/a.png' />\n")
        wait_in_page(page, "!document.querySelector('#content-problems button')")
        checks.look()
        write_source(page, letter % "<mj-image src='https://lindenhof.example/a.png' alt='Adventsmarkt' />\n")
        checks.after("words for the picture")
        page.fill("[name=subject]", words.untrue)
        checks.after("a subject")
        page.fill("[name=subject]", words.subject)
        checks.after("an honest subject")
        open_step(page, "audience")
        page.check("[name=list_ids]")
        checks.look()
        promised(anna, checks)
        assert len(checks.closed) >= 3
        looked_at(anna, "compose-source-ready")


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until something has the focus. Raises AssertionError when Tab never comes there."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(f"(selector) => ({FOCUS})()?.matches(selector) ?? false", selector):
            outline = page.evaluate(f"() => getComputedStyle(({FOCUS})()).outlineStyle")
            assert outline != "none" or page.evaluate(f"() => ({FOCUS})().matches('.cm-content, .sr-only')"), selector
            return
    raise AssertionError(f"Tab never comes to {selector}")


@pytest.mark.parametrize("words", [ENGLISH], ids=lambda one: one.language)
def test_by_keyboard_alone_in_markdown(visitor: Any, otto: Any, words: Words) -> None:
    """From the list of campaigns to the release: Tab, Enter, arrows and the space bar."""
    with visitor(words.language, "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        page, keys = anna.page, anna.page.keyboard
        anna.go("/studio/campaigns/")
        tab_to(page, "a[href='/studio/campaigns/new/']")
        keys.press("Enter")
        page.wait_for_url("**/campaigns/new/")
        tab_to(page, "main input[name=name]")
        keys.insert_text(f"Keys {words.language}")
        tab_to(page, "input[name=begin]")
        while page.evaluate("document.querySelector('input[name=begin]:checked')?.value") != "empty":
            keys.press("ArrowRight")
        looked_at(anna, "compose-begin")
        tab_to(page, "main form button.btn-primary")
        keys.press("Enter")
        page.wait_for_url(re.compile(r"/edit/$"))
        checks = Checks(page)
        composed(page, words, checks)
        tab_to(page, "[data-opens=policy]")
        keys.press("Enter")
        tab_to(page, "#policy_confirm")
        keys.press("Space")
        tab_to(page, "#policy button.btn-primary")
        with page.expect_navigation():
            keys.press("Enter")
        checks.after_policy()
        assert len(checks.closed) >= 3
        looked_at(anna, "compose-keys-ready")
        released(anna)


def composed(page: Any, words: Words, checks: Checks) -> None:
    keys = page.keyboard
    tab_to(page, "#id_subject")
    keys.insert_text(words.untrue)
    checks.after("a subject")
    keys.press("Control+A")
    keys.insert_text(words.subject)
    checks.after("an honest subject")
    tab_to(page, "#id_sender")
    tab_to(page, ".cm-content")
    keys.press("Control+A")
    keys.insert_text(f"# {words.subject}\n\n{words.text}\n")
    wait_in_page(page, "(text) => document.querySelector('#preview iframe')?.srcdoc.includes(text)", arg=words.text)
    tab_to(page, "[data-step-link=audience]")
    keys.press("Enter")
    tab_to(page, "#audience > summary")
    assert page.is_checked("[name=list_ids]"), "the only list is chosen"
    tab_to(page, "[data-step-link=check]")
    keys.press("Enter")
    page.locator("#release-buttons").wait_for()


def released(anna: Any) -> None:
    """The button, the question, the answer; then the campaign waits for its reviewer (R-06)."""
    page, keys = anna.page, anna.page.keyboard
    tab_to(page, "[data-opens=send-now]")
    keys.press("Enter")
    looked_at(anna, "compose-send-now")
    tab_to(page, "#send-now button.btn-primary")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/studio/campaigns/\d+/$"))
    looked_at(anna, "compose-released")
