"""A sign-up from another website's page, in a real browser: script, frame, plain HTML; the email, the confirmation."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from support.browsers import Website, chosen, received
from support.waiting import read_as_a_person, wait_until

pytestmark = pytest.mark.browser

NUMBERS = count(1)
PATIENCE_SECONDS = 30.0
NORMAL_SECONDS = 2.0
SHIFTS = """() => new Promise(done => {
    let sum = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 800); })"""


@pytest.fixture(scope="module")
def codes(visitor: Any) -> dict[str, str]:
    with visitor("en", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go("/studio/forms/")
        anna.page.get_by_role("link", name="Website").click()
        anna.page.wait_for_load_state()
        anna.page.get_by_role("link", name="German").click()
        anna.page.wait_for_load_state()
        anna.shoot("form")
        assert anna.violations() == []
        buttons = anna.page.locator("button[data-copy]").all()
        found = {
            str(button.inner_text()).partition(":")[2].strip(): str(button.get_attribute("data-copy"))
            for button in buttons
            if "Copy:" in " ".join(button.inner_text().split()).replace(" :", ":")
        }
        assert set(found) == {"Script", "Iframe", "Plain HTML"}, found
        return found


@contextmanager
def dora(chromium: Browser, width: int = 390, **options: Any) -> Iterator[tuple[BrowserContext, Page]]:
    """A visitor with a browser who has never been here."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, ignore_https_errors=True, locale="de-DE", **options
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    try:
        yield context, page
    finally:
        context.close()


def address() -> str:
    return f"dora{next(NUMBERS)}@briefkasten-lindenhof.de"


def confirmation(visitor: Any, email: str) -> tuple[str, float]:
    """Return the link in the email that the test inbox received, and the seconds until it was there."""
    with visitor("en", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        signed_in = time.monotonic()
        row = anna.page.locator("a[href^='/studio/test-inbox/']").filter(has_text=re.compile("Bitte bestätigen"))

        inbox = f"/studio/test-inbox/?q={email.replace('@', '%40')}"
        wait_until(lambda: "Bitte bestätigen" in received(anna, inbox), f"the confirmation email to {email}", pause=0.1)
        waited = time.monotonic() - signed_in
        anna.go(inbox)
        row.first.click()
        anna.page.wait_for_load_state("networkidle")
        match = re.search(r"https://[^/\s\"]+/confirm/[A-Za-z0-9_-]+", everything(anna.page))
        assert match is not None
        return match.group(0), waited


def violations(page: Page, axe: str) -> list[str]:
    """Return axe's findings about a page of ours, whose policy allows no script of others."""
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.evaluate(axe)
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    return [f"{item['id']}: {node['target']}" for item in found["violations"] for node in item["nodes"]]


def confirm(chromium: Browser, link: str) -> None:
    """Press the button behind the link in the email."""
    with dora(chromium) as (_context, page):
        page.goto(link)
        page.get_by_role("button", name="Ja, bestätigen").click()
        page.get_by_role("heading", name="Sie sind angemeldet").wait_for()


def ask_name_in_step(anna: Any, form: str, step: str) -> None:
    anna.go(f"{form}edit/")
    with anna.page.expect_response("**/edit/"):
        anna.page.get_by_label("Step", exact=True).first.select_option(step)
    anna.page.get_by_role("button", name="Publish changes").click()
    anna.page.wait_for_url(f"**{form}")


def everything(page: Page) -> str:
    return "\n".join(frame.content() for frame in page.frames)


@pytest.mark.parametrize("width", [320, 390, 700])
def test_the_script_builds_the_form_without_moving_anything(
    chromium: Browser, website: Website, codes: dict[str, str], width: int
) -> None:
    with dora(chromium, width) as (context, page):
        page.goto(website.put("/script", codes["Script"]))
        page.get_by_label("E-Mail-Adresse").wait_for()
        assert page.evaluate(SHIFTS) == 0, "layout shift"
        host, form = page.locator("[data-mailflatrate]"), page.locator("[data-mailflatrate] form")
        spare = host.bounding_box()["height"] - form.bounding_box()["height"]  # type: ignore[index]
        assert 0 <= spare < 160, "the place is as high as the form, or a little higher"
        assert not page.get_by_role("checkbox").is_checked()
        assert context.cookies() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_sign_up_with_the_script_and_confirm(
    chromium: Browser, visitor: Any, website: Website, codes: dict[str, str], axe: str
) -> None:
    """The whole way, from a page of another origin to the contact's page with its proof."""
    email = address()
    with dora(chromium) as (context, page):
        page.goto(website.put("/script", codes["Script"]))
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_text("Dieses Feld ist ein Pflichtfeld.").wait_for()
        expect(page.get_by_label("E-Mail-Adresse")).to_be_focused()
        page.get_by_label("E-Mail-Adresse").fill(email)
        page.get_by_label("Vorname").fill("Dora")
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_role("heading", name="Sehen Sie in Ihrem Postfach nach").wait_for()
        assert page.url.startswith(website.base), "the page was not left"
        assert context.cookies() == []
    link, waited = confirmation(visitor, email)
    print(f"in the test inbox {waited:.2f} s after looking began")
    with dora(chromium) as (context, page):
        page.goto(link)
        assert email in page.content()
        assert "auf 127.0.0.1" in page.content(), "the page of origin"
        page.get_by_role("button", name="Ja, bestätigen").click()
        page.get_by_role("heading", name="Sie sind angemeldet").wait_for()
        page.get_by_role("link", name="Ihr Einwilligungsbeleg").click()
        page.get_by_role("heading", name="Ihr Einwilligungsbeleg").wait_for()
        assert email in page.content()
        assert violations(page, axe) == []
        assert context.cookies() == []
    with visitor("de", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go(f"/studio/contacts/?q={email.replace('@', '%40')}")
        anna.page.get_by_role("link", name=re.compile(email)).first.click()
        anna.page.wait_for_load_state()
        anna.shoot("contact-signed-up")
        assert "Bestätigungsmail gesendet" in anna.page.content()
        assert anna.violations() == []


def test_sign_up_in_the_frame(chromium: Browser, visitor: Any, website: Website, codes: dict[str, str]) -> None:
    email = address()
    with dora(chromium) as (context, page):
        page.goto(website.put("/frame", codes["Iframe"]))
        frame = page.frame_locator("iframe")
        frame.get_by_label("E-Mail-Adresse").fill(email)
        frame.get_by_role("checkbox").check()
        read_as_a_person()
        frame.get_by_role("button", name="Anmelden").click()
        frame.get_by_role("heading", name="Sehen Sie in Ihrem Postfach nach").wait_for()
        assert page.url.startswith(website.base)
        assert context.cookies() == []
    link, _waited = confirmation(visitor, email)
    assert "/confirm/" in link


def test_sign_up_with_plain_html_and_without_any_script(
    chromium: Browser, visitor: Any, website: Website, codes: dict[str, str]
) -> None:
    email = address()
    with dora(chromium, java_script_enabled=False) as (context, page):
        page.goto(website.put("/plain", codes["Plain HTML"]))
        page.get_by_label("E-Mail-Adresse").fill(email)
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_role("heading", name="Sehen Sie in Ihrem Postfach nach").wait_for()
        assert "sent=1" in page.url
        assert context.cookies() == []
    link, _waited = confirmation(visitor, email)
    with dora(chromium, java_script_enabled=False) as (_context, page):
        page.goto(link)
        page.get_by_role("button", name="Das war ich nicht").click()
        page.get_by_role("heading", name="Danke für den Hinweis").wait_for()


def test_sign_up_on_a_landing_page_and_confirm(chromium: Browser, visitor: Any) -> None:
    """The form of the page asks in two steps; the address comes first, and Back keeps what was typed."""
    email = address()
    with visitor("en", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go("/studio/forms/")
        form = str(anna.page.locator("a[href^='/studio/forms/']").filter(has_text="Website").get_attribute("href"))
        ask_name_in_step(anna, form, "2")
        anna.go(f"{form}landing/")
        anna.page.get_by_role("link", name="Page", exact=False).filter(has_text="2").click()
        anna.page.locator("#id_title").fill("Tulpen per Post")
        anna.page.locator("#id_language").select_option("de")
        with anna.page.expect_response("**/landing/"):
            anna.page.locator("#id_description").fill("Post für Gärtner")
        anna.page.get_by_role("link", name="Check and publish").click()
        anna.page.get_by_role("button", name="Publish", exact=True).click()
        url = str(anna.page.get_by_role("link", name="Open", exact=True).get_attribute("href"))
    with dora(chromium) as (context, page):
        page.goto(url)
        page.get_by_label("E-Mail-Adresse").fill(email)
        page.get_by_label("E-Mail-Adresse").press("Enter")
        expect(page.get_by_label("Vorname")).to_be_focused()
        page.get_by_role("button", name="Zurück").click()
        expect(page.get_by_label("E-Mail-Adresse")).to_have_value(email)
        page.get_by_role("button", name="Weiter").click()
        page.get_by_role("checkbox").check()
        read_as_a_person()
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_role("heading", name="Sehen Sie in Ihrem Postfach nach").wait_for()
        assert context.cookies() == []
    confirm(chromium, confirmation(visitor, email)[0])
    with visitor("en", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        ask_name_in_step(anna, form, "1")


def test_sign_up_at_a_stand_and_confirm(chromium: Browser, visitor: Any, axe: str) -> None:
    email = address()
    with visitor("en", "letter", False) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go("/studio/forms/")
        form = str(anna.page.locator("a[href^='/studio/forms/']").filter(has_text="Website").get_attribute("href"))
        anna.go(f"{form}stands/")
        anna.page.locator("#id_place").fill("Messe Kiel")
        anna.page.get_by_role("button", name="Set up").click()
        pin = anna.page.locator("main strong").filter(has_text=re.compile(r"^\d{3} \d{3}$")).inner_text()
        url = str(anna.page.get_by_role("link", name="/stand/").first.get_attribute("href"))
    with dora(chromium, 820) as (_context, page):
        page.goto(url)
        page.locator("#staff").fill("Ben")
        page.locator("#pin").fill(pin)
        page.locator("main button").click()
        page.get_by_label("E-Mail-Adresse").fill(email)
        assert violations(page, axe) == []
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_role("button", name="Nächste Person").wait_for()
    confirm(chromium, confirmation(visitor, email)[0])


@pytest.mark.parametrize("look", chosen(("de", "ink", True), ("de", "letter", False), ("en", "letter", True)))
def test_the_pages_as_people_see_them(visitor: Any, look: tuple[str, str, bool]) -> None:
    """The hosted page, the builder and the page for adding a person, checked with axe."""
    with visitor(*look) as anna:
        anna.sign_in("anna@lindenhof.example")
        anna.go("/studio/forms/")
        form = str(anna.page.locator("a[href^='/studio/forms/']").filter(has_text="Website").get_attribute("href"))
        anna.go(form)
        hosted = "/f/" + anna.page.locator(".copy code").first.inner_text().rpartition("/f/")[2]
        for name, path in (
            ("hosted", hosted),
            ("forms", "/studio/forms/"),
            ("builder", f"{form}edit/"),
            ("person", "/studio/contacts/new/"),
            ("sent", f"{hosted}?sent=1"),
        ):
            anna.go(path)
            anna.page.wait_for_load_state("networkidle")
            anna.shoot(name)
            assert anna.sideways() <= 0, name
            assert anna.violations() == [], name
            assert anna.problems == []
