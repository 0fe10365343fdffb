"""A marketer's newsletter from nothing to the reader's mailbox: eight kinds of blocks and two languages."""

import os
import re
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.browsers import approve, open_step, settle, source, wait_for_message
from support.waiting import wait_until

pytestmark = pytest.mark.browser

POINT_SECONDS, KEY_SECONDS, STROKE_SECONDS = 1.3, 0.3, 0.12
"""One press with a pointer, one press of a key, one typed character at 500 a minute: the keystroke-level model of Card,
Moran and Newell (1980), which calls that a skilled typist.
"""
MOST_SECONDS = 240
ADDED = ("button", "divider", "ornament", "spacer", "quote", "table")
KINDS = ("<h1", "<mj-text>", "<mj-button", "<mj-divider", "/ornament.png", "<mj-spacer", "<blockquote", "<mj-table")
LINK = "https://lindenhof.example/markt"
OWN_WORDS = "Der Markt öffnet am Samstag."
QUOTE = "<blockquote>Die Amaryllis blüht jedes Jahr.</blockquote><p>Hanne Petersen</p>"
TABLE = '<tr><th scope="col">Tag</th><th scope="col">Uhrzeit</th></tr><tr><td>Samstag</td><td>10 bis 16</td></tr>'


@dataclass
class Hands:
    """How somebody works: with a pointer, on keys alone, or with a finger. What it takes is added up."""

    page: Any
    keys_only: bool
    strokes: int = 0
    presses: int = 0
    began: float = field(default_factory=time.monotonic)

    def press(self, place: Any) -> None:
        self.presses += 1
        if not self.keys_only:
            place.click()
            return
        place.wait_for()
        assert place.evaluate("one => one.tabIndex") >= 0, "Tab comes here"
        place.focus()
        self.page.keyboard.press("Enter")

    def tick(self, place: Any) -> None:
        self.presses += 1
        if self.keys_only:
            place.focus()
            self.page.keyboard.press("Space")
        else:
            place.check()

    def write(self, place: Any, text: str) -> None:
        self.presses += 1
        self.strokes += len(text) + 1
        place.focus() if self.keys_only else place.click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def choose_first(self, radio: Any) -> None:
        """Choose one of several cards; the first is chosen by arrows, too."""
        if not radio.is_checked():
            self.presses += 1
            radio.focus() if self.keys_only else radio.locator("xpath=..").click(position={"x": 20, "y": 20})
            if self.keys_only:
                self.page.keyboard.press("Space")

    def seconds(self) -> float:
        """Return how long a practiced person takes, with the time that the pages took here."""
        hand = KEY_SECONDS * 4 if self.keys_only else POINT_SECONDS  # Tab some times, then Enter
        return self.presses * hand + self.strokes * STROKE_SECONDS + time.monotonic() - self.began


@pytest.mark.parametrize("how", ["mouse", "keyboard", "phone"])
def test_from_nothing_to_the_mailbox(visitor: Any, otto: Any, how: str) -> None:
    with visitor("en", "ink" if how == "keyboard" else "letter", how == "phone") as anna:
        anna.sign_in("anna@lindenhof.example")
        name = f"Market by {how} {os.getpid()}"
        hands = Hands(anna.page, keys_only=how == "keyboard")
        begin(anna, hands, name)
        build(anna.page, hands)
        keep_a_row(anna.page, hands, name)
        translate(anna.page, hands, name)
        send(anna.page, hands)
        took = hands.seconds()
        approve(otto, str(anna.page.evaluate("location.pathname")))
        wait_for_message(anna, "/studio/test-inbox/", name)
        assert anna.problems == []
        assert took < MOST_SECONDS, f"{hands.presses} presses, {hands.strokes} characters: {took:.0f} s"


def begin(anna: Any, hands: Hands, name: str) -> None:
    """A blank campaign with blocks."""
    anna.go("/studio/campaigns/new/")
    hands.write(anna.page.locator("main input[name=name]"), name)
    hands.choose_first(anna.page.locator("input[name=begin][value=blocks]"))
    hands.press(anna.page.locator("main form .btn-primary"))
    anna.page.wait_for_selector(".blocks[data-ready]")
    hands.write(anna.page.locator("[name=subject]"), f"{name}: Weihnachtsmarkt")


def build(page: Any, hands: Hands) -> None:
    """Each block from the palette, with its own words."""
    for kind in ADDED:
        length = len(source(page))
        hands.press(page.locator(f"[data-blocks-add={kind}]"))
        wait_until(lambda: len(source(page)) > length, f"{kind} in the campaign")  # noqa: B023
    assert [kind for kind in KINDS if kind not in source(page)] == []
    hands.press(node(page, "Button"))
    inputs = page.locator("[data-blocks-inspector] input")
    hands.write(inputs.nth(0), "Alle Stände")
    hands.write(inputs.nth(1), LINK)
    rewrite(page, hands, "Text.*das ist neu", OWN_WORDS)
    rewrite(page, hands, "Text.*Zitat", QUOTE)
    rewrite(page, hands, "Table", TABLE)


def node(page: Any, words: str) -> Any:
    """A block in the outline."""
    return page.locator(".blocks-node", has_text=re.compile(f"^{words}", re.DOTALL)).last


def rewrite(page: Any, hands: Hands, block: str, html: str) -> None:
    """A block gets other words, in its HTML, which needs no pointer."""
    hands.press(node(page, block))
    hands.press(page.locator("[data-blocks-inspector] [data-markup] summary"))
    hands.write(page.locator("[data-blocks-inspector] [data-markup] textarea"), html)
    wait_until(lambda: html[-20:] in source(page) or html[4:20] in source(page), f"the words of {block}")


def keep_a_row(page: Any, hands: Hands, name: str) -> None:
    hands.press(node(page, "Section"))
    hands.write(page.locator("[data-saved-name]"), name)
    hands.press(page.locator("[data-save-row]"))
    hands.press(page.locator("[data-blocks-add^='saved:']", has_text=name))
    wait_until(lambda: source(page).count("<blockquote") == 2, "the row a second time")


def translate(page: Any, hands: Hands, name: str) -> None:
    """The same in English, beside the German text."""
    hands.press(page.locator("summary", has_text="Add a language"))
    with page.expect_navigation():
        hands.press(page.locator("button[name=languages][value='add:en']"))
    page.wait_for_selector(".blocks[data-ready]")
    hands.write(page.locator("[name=subject]"), f"{name}: winter market")
    rewrite(page, hands, f"Text.*{OWN_WORDS}", "Hello, the market opens on Saturday.")


def send(page: Any, hands: Hands) -> None:
    open_step(page, "audience")
    hands.press(page.locator("[name=row][value='add:']").first)
    page.locator("select[name='0-field']").wait_for()
    settle(page)
    value, number = page.locator("[name='0-value']"), page.locator("#audience-count")

    def is_narrowed() -> bool:
        if value.input_value() != "Nele":  # the row was drawn again while a machine typed into it
            hands.write(value, "Nele")
        return 0 < int(re.sub(r"\D", "", number.inner_text()) or 0) < 1000

    wait_until(is_narrowed, "the number of Neles", pause=0.2)
    open_step(page, "check")
    hands.press(page.locator("[data-opens=policy]").first)
    hands.tick(page.locator("#policy_confirm"))
    with page.expect_navigation():
        hands.press(page.locator("#policy button.btn-primary"))
    hands.press(page.locator("[data-opens=send-now]"))
    hands.press(page.locator("#send-now button.btn-primary"))
    page.wait_for_url(re.compile(r"/studio/campaigns/\d+/$"))
