"""A company applies from outside, a person reads it at the desk and activates it, and the company signs in."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser

EMAIL = "dora.stein@morgenrot.example"
PASSWORD = "tulpen-und-tinte-7"
DESK = {
    "desk": "/desk/",
    "applications": "/desk/applications/",
    "mailings": "/desk/mailings/",
    "letters": "/desk/letters/",
    "accounts": "/desk/accounts/",
    "documents": "/desk/documents/",
    "document-new": "/desk/documents/new/terms/",
    "audit": "/desk/audit/?check=1",
    "postbox": "/desk/postbox/",
}
STEPS = {
    "company": {
        "legal_name": "Verlag Morgenrot GmbH", "register_number": "Amtsgericht Hamburg, HRB 98765",
        "vat_id": "DE811907980", "street": "Speicherstraße 3", "postcode": "20457", "city": "Hamburg",
        "business_model": "Wir machen Bücher über Gärten.",
    },
    "contact": {"responsible_person": "Dora Stein", "phone": "+49 40 1234560", "website": "morgenrot.example",
                "imprint_url": "morgenrot.example/impressum"},
    "sending": {"sending_history": "Ein Brief im Monat seit 2022.", "previous_provider": "ein Modul unseres Ladens",
                "leaving_reason": "Es kann Einwilligungen nicht nachweisen.", "monthly_volume": "4000"},
    "samples": {"form_url": "morgenrot.example/brief", "sample_mailing": "Neue Gartenbücher\n\nGuten Tag, ..."},
}  # fmt: skip


def looked_at(somebody: Any, name: str) -> None:
    """A picture, no violation, nothing sideways, no script error."""
    somebody.shoot(name)
    assert somebody.sideways() <= 0
    assert somebody.violations() == []
    assert somebody.problems == []


@pytest.fixture(scope="module")
def otto(visitor: Any) -> Iterator[Any]:
    """The operator, through password and second factor; the demonstration shows him the digits."""
    with visitor("en", "ink", False) as found:
        found.go("/login/")
        page = found.page
        page.fill("input[name=login]", "otto@mailflatrate.example")
        page.fill("input[name=password]", "winterzwiebeln")
        page.click("main button[type=submit]")
        page.wait_for_url("**/2fa/authenticate/**")
        digits = re.search(r"now shows (\d{6})", page.inner_text("main"))
        assert digits is not None
        page.fill("input[name=code]", digits[1])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/desk/**")
        yield found


def letter_to(otto: Any, email: str) -> str:
    """The path of the link in the newest letter to somebody, as the operator of a place without a relay reads it."""
    for _ in range(60):
        otto.go(f"/desk/postbox/?q={email}")
        rows = otto.page.locator("a[href^='/desk/postbox/']").evaluate_all("all => all.map(one => one.pathname)")
        letters = [row for row in rows if re.fullmatch(r"/desk/postbox/\d+/", row)]
        if letters:
            otto.go(letters[0])
            link = otto.page.locator("a[href^='/apply/begin/']").first.get_attribute("href")
            assert link is not None
            return str(link)
        time.sleep(0.5)
    raise AssertionError(f"no letter to {email}")


def test_apply_review_activate(visitor: Any, otto: Any) -> None:
    """In German at phone width on one side, in English in the dark on the other."""
    with visitor("de", "letter", True) as dora:
        page = dora.page
        dora.go("/apply/")
        looked_at(dora, "apply")
        page.fill("input[name=email]", "info@morgenrot.example")
        page.click("main form button")
        page.wait_for_selector(".field-error")
        page.fill("input[name=email]", EMAIL)
        page.click("main form button")
        page.wait_for_selector("h1:has-text('Postfach'), h1:has-text('Mailbox')")
        dora.go(letter_to(otto, EMAIL))
        looked_at(dora, "apply-begin")
        page.fill("input[name=name]", "Dora Stein")
        page.fill("input[name=company]", "Verlag Morgenrot")
        page.click("main form button")
        for step in ("company", "contact", "sending", "lists", "samples"):
            page.wait_for_url(f"**/apply/form/{step}/")
            if step == "lists":
                page.fill("[name=list0-name]", "Bücherbrief")
                page.fill("[name=list0-size]", "2000")
                page.fill("[name=list0-collection]", "Formular auf unserer Seite, mit Bestätigung per Mail")
            for name, value in STEPS.get(step, {}).items():
                page.fill(f"[name={name}]", value)
            for name in ("sector", "cadence"):
                if page.locator(f"select[name={name}]").count():
                    page.select_option(f"select[name={name}]", index=4)
            looked_at(dora, f"apply-{step}")
            page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/apply/form/hand-in/")
        assert page.locator("input[name=accept]:checked").count() == 0
        for box in page.locator("input[name=accept]").all():
            box.check()
        page.fill("input[name=password]", PASSWORD)
        looked_at(dora, "apply-hand-in")
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/apply/done/")
        looked_at(dora, "apply-done")

        desk = otto.page
        otto.go("/desk/")
        desk.locator("main a[href='/desk/applications/']").click()
        desk.get_by_role("link", name="Verlag Morgenrot GmbH").click()
        desk.wait_for_load_state("networkidle")
        looked_at(otto, "application")
        desk.keyboard.press("a")
        desk.fill("#approve_note", "Called them; the imprint fits.")
        looked_at(otto, "approve")
        desk.get_by_role("button", name="Approve and activate").click()
        desk.wait_for_selector("text=Activated")
        assert "Active" in desk.inner_text("header.page-head")

        dora.go("/login/")
        page.fill("input[name=login]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/studio/**")
        dora.go("/studio/standing/")
        assert "Mailings gehen hinaus" in page.inner_text("main")
        looked_at(dora, "standing-active")


@pytest.mark.parametrize("name", DESK)
def test_the_pages_of_the_desk(otto: Any, name: str) -> None:
    """Each fits desktop and phone, light and dark, English and German, and axe has nothing to say."""
    address = {"url": otto.demo.base}
    for language, theme, width in (("en", "ink", 1280), ("de", "letter", 390)):
        otto.context.add_cookies([{"name": "language", "value": language, **address},
                                  {"name": "theme", "value": theme, **address}])  # fmt: skip
        otto.page.set_viewport_size({"width": width, "height": 900})
        otto.go(DESK[name])
        assert otto.sideways() <= 0
        assert otto.violations() == []
        assert otto.problems == []
