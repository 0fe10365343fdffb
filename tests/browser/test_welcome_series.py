"""A welcome series from a form's page in three clicks, in English; the same pages in German on a phone."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from support.browsers import looked_at, wait_in_page

pytestmark = pytest.mark.browser

ANNA = "anna@lindenhof.example"


def _published_form(anna: Any) -> str:
    """Create and publish a form of Anna's list; return the path of its page."""
    page = anna.page
    anna.go("/studio/forms/new/")
    page.fill("main [name=name]", f"Market stall {os.getpid()}")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/studio/forms/\d+/edit/"))
    for language in ("de", "en"):
        if page.locator(f"[name={language}_topics]").is_visible():
            page.fill(f"[name={language}_topics]", "Tipps zu Pflanzen")
            page.fill(f"[name={language}_frequency]", "einmal im Monat")
    publish = page.locator("#publish button")
    publish.wait_for()
    wait_in_page(page, "!document.querySelector('#publish button').disabled")
    publish.click()
    page.wait_for_url(re.compile(r"/studio/forms/\d+/$"))
    return str(page.evaluate("location.pathname"))


def _supervised(otto: Any) -> None:
    """Anna's account is reviewed again: walks before this one may have sent enough approved campaigns to end that."""
    otto.go("/desk/accounts/")
    otto.page.get_by_role("link", name="Gärtnerei Lindenhof").first.click()
    form = otto.page.locator("form[action$='/limits/']")
    form.locator("[name=supervised]").check()
    form.locator("[name=because]").fill("A walk that needs a review")
    form.get_by_role("button", name="Save limits").click()
    expect(otto.page.get_by_text("The limits have been saved.")).to_be_visible()


HEIGHTS = "[...document.querySelectorAll('.message-box')].map(box => box.getBoundingClientRect().height)"


def _reviewed(otto: Any, path: str) -> None:
    """All messages are in view beside their subjects, and each can be read in full size."""
    otto.go(path)
    frames = otto.page.locator(".message-box")
    expect(frames).to_have_count(3)
    wait_in_page(otto.page, f"{HEIGHTS}.every(height => height < 200)")
    looked_at(otto, "desk-series")
    otto.page.locator(".peek-about summary").first.click()
    expect(otto.page.locator(".peek-about details[open]")).to_have_count(1)
    wait_in_page(otto.page, f"{HEIGHTS}.map(height => height > 500).join() === 'true,false,false'")


def test_a_welcome_series_in_three_clicks(visitor: Any, otto: Any) -> None:
    _supervised(otto)
    with visitor("en", "letter", False) as anna:
        anna.sign_in(ANNA)
        form = _published_form(anna)
        looked_at(anna, "form-without-series")
        page = anna.page
        page.get_by_role("link", name="Set up welcome series").click()
        page.wait_for_url("**/series/")
        expect(page.get_by_role("heading", name="Message 3")).to_be_visible()
        expect(page.get_by_text("Your form promises")).to_be_visible()
        looked_at(anna, "form-series-new")
        page.get_by_role("button", name="Create and review").click()
        page.wait_for_url(re.compile(r"/automations/\d+/release/"))
        here = str(page.evaluate("location.pathname")).removesuffix("release/")
        looked_at(anna, "form-series-release")
        page.locator("#confirm").check()
        page.get_by_role("button", name="Activate").click()
        expect(page.get_by_text("Sent to our team for review")).to_be_visible()
        _reviewed(otto, here.replace("/studio/", "/desk/"))
        anna.go(form)
        card = page.locator("#after")
        expect(card.get_by_role("listitem")).to_have_count(3)
        expect(card.get_by_text("3 Tage später").or_(card.get_by_text("3 days later"))).to_be_visible()
        looked_at(anna, "form-with-series")
        assert anna.problems == []


def test_the_series_and_the_recipes_in_german_on_a_phone(visitor: Any) -> None:
    with visitor("de", "ink", True) as anna:
        anna.sign_in(ANNA)
        anna.go("/studio/forms/1/")
        looked_at(anna, "form-with-series")
        anna.page.get_by_role("link", name="E-Mails bearbeiten").click()
        anna.page.wait_for_url("**/series/")
        text = anna.page.locator(".series-text")
        anna.page.get_by_text("Weitere E-Mail hinzufügen").first.click()
        expect(text.first).to_be_visible()
        anna.page.locator(".series-row:has(.series-text) select").first.select_option("hello")
        expect(text.first).to_be_hidden()
        looked_at(anna, "form-series-edit")
        anna.go("/studio/automations/new/")
        looked_at(anna, "automation-new")
        anna.page.get_by_role("link", name="Geburtstag").click()
        anna.page.wait_for_url("**recipe=birthday**")
        expect(anna.page.get_by_label("In welchem Feld steht der Geburtstag?")).to_be_visible()
        looked_at(anna, "automation-recipe")
