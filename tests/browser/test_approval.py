"""Two people at one campaign: one comments and asks, the other reviews, confirms and releases; in both languages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from support.browsers import copied, looked_at, open_step, settle

pytestmark = pytest.mark.browser

ANNA, BEN = "anna@lindenhof.example", "ben@lindenhof.example"


def switch(somebody: Any, wanted: str) -> None:
    """On the page Security, where it is not so already."""
    somebody.go("/studio/settings/security/")
    button = somebody.page.locator(f"button[name=wanted][value={wanted}]")
    if button.count():
        with somebody.page.expect_navigation():
            button.click()


@pytest.fixture
def anna(visitor: Any) -> Iterator[Any]:
    """Anna at her desk, in German; afterward one person releases again."""
    with visitor("de", "letter", False) as found:
        found.sign_in(ANNA)
        switch(found, "yes")
        yield found
        switch(found, "no")


@pytest.fixture
def ben(visitor: Any) -> Iterator[Any]:
    """Ben on a phone, in English, in dark mode."""
    with visitor("en", "ink", True) as found:
        found.sign_in(BEN)
        found.go("/studio/")
        if found.page.url.endswith("/agreements/"):  # first visit: the agreements come first
            for box in found.page.locator("main input[type=checkbox]").all():
                box.check()
            with found.page.expect_navigation():
                found.page.locator("main form button.btn-primary").click()
        yield found


def test_one_asks_and_the_other_releases(anna: Any, ben: Any) -> None:
    """With a comment between them; who asked finds no way to release."""
    path = copied(anna)
    page = anna.page
    assert page.locator("[data-opens=send-now]").count() == 0
    open_step(page, "check")
    looked_at(anna, "four-eyes-compose")
    page.locator("[data-opens=ask-release]").click()
    page.fill("#ask_note", "Stimmt der Preis?")
    looked_at(anna, "four-eyes-ask")
    with page.expect_navigation():
        page.locator("#ask-release button.btn-primary").click()
    assert page.locator("#release-buttons a[href$='/approval/']").count() == 1

    second = path.replace("/edit/", "/approval/")
    anna.go(second)
    assert page.locator("#confirm").count() == 0, "she asked"
    ben.go("/studio/")
    ben.page.locator(f"a[href='{second}']").click()
    ben.page.wait_for_url(re.compile(r"/approval/$"))
    assert "Stimmt der Preis?" in ben.page.inner_text("main")
    ben.page.fill("#comment_text", "It does.")
    ben.page.locator("#comments form").last.locator("button").click()
    ben.page.wait_for_selector("#comments article")
    looked_at(ben, "four-eyes-second")

    anna.go(path)
    assert "It does." in page.inner_text("#comments")
    ben.page.check("#confirm")
    with ben.page.expect_navigation():
        ben.page.locator("form:has(#confirm) button.btn-primary").click()
    assert ben.page.url.endswith(path.removesuffix("edit/"))


def test_comments_appear_while_one_writes(anna: Any, ben: Any) -> None:
    """Nothing of what is being written is lost, the box keeps the focus, and what was sent is gone from it."""
    path = copied(anna)
    page, comments = anna.page, path.replace("/edit/", "/comments/")
    open_step(page, "check")
    page.fill("#comment_text", "Erster Gedanke")
    page.locator("#comments form").last.locator("button").click()
    page.wait_for_selector("#comments article")
    expect(page.locator("#comment_text")).to_have_value("")
    settle(page)
    page.locator("#comments summary").first.click()
    page.locator("#comments textarea[id^=answer_text]").fill("Eine Antwort, die")
    page.locator("#comment_text").click()
    page.keyboard.type("Halb ge")
    ben.go(comments)
    ben.page.fill("#comment_text", "From the next room")
    ben.page.locator("#comments form").last.locator("button").click()
    page.wait_for_selector("#comments article >> text=From the next room", timeout=60_000)
    page.keyboard.type("schrieben")
    assert page.input_value("#comment_text") == "Halb geschrieben"
    assert page.input_value("#comments textarea[id^=answer_text] >> nth=0") == "Eine Antwort, die"
    assert page.locator("#comments details[id^=answer-][open]").count() == 1
    page.locator("#comment_new button").click()
    page.wait_for_selector("#comments article >> text=Halb geschrieben")
    expect(page.locator("#comment_text")).to_have_value("")
    ben.page.wait_for_selector("#comments article >> text=Halb geschrieben", timeout=60_000)
    looked_at(ben, "comments")
    assert anna.problems == ben.problems == []
