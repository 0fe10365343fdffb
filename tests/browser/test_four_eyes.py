"""Two people at one mailing: one comments and asks, the other looks, ticks and releases; in both languages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from browser_world import copied, looked_at

pytestmark = pytest.mark.browser

ANNA, BEN = "anna@lindenhof.example", "ben@lindenhof.example"


def switch(somebody: Any, wanted: str) -> None:
    """On the page of the settings, where it is not so already."""
    somebody.go("/studio/standing/settings/")
    button = somebody.page.locator(f"button[name=wanted][value={wanted}]")
    if button.count():
        with somebody.page.expect_navigation():
            button.click()


@pytest.fixture
def anna(visitor: Any) -> Iterator[Any]:
    """Anna at her desk, in German; afterwards one person releases again."""
    with visitor("de", "letter", False) as found:
        found.sign_in(ANNA)
        switch(found, "yes")
        yield found
        switch(found, "no")


@pytest.fixture
def ben(visitor: Any) -> Iterator[Any]:
    """Ben on his phone, in English, in the dark."""
    with visitor("en", "ink", True) as found:
        found.sign_in(BEN)
        found.go("/studio/")
        if found.page.url.endswith("/agreements/"):  # his first visit: he reads what he keeps to
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
    looked_at(anna, "four-eyes-compose")
    page.locator("[data-opens=ask-release]").click()
    page.fill("#ask_note", "Stimmt der Preis?")
    looked_at(anna, "four-eyes-ask")
    with page.expect_navigation():
        page.locator("#ask-release button.btn-primary").click()
    assert page.locator("#release-buttons a[href$='/second/']").count() == 1

    second = path.replace("/edit/", "/second/")
    anna.go(second)
    assert page.locator("#confirm").count() == 0, "she asked"
    ben.go("/studio/")
    ben.page.locator(f"a[href='{second}']").click()
    ben.page.wait_for_url(re.compile(r"/second/$"))
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
