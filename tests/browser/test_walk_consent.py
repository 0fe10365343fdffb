"""From the application to the erased person, in one walk: no one is mailed unasked, and all of it is proved."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailflatrate.rules.proof.certificate import check_certificate, read_certificate
from support.browsers import Website, chosen, looked_at, running_website, source_of, wait_for_message, wait_in_page
from support.waiting import wait_until

pytestmark = pytest.mark.browser

PASSWORD = "tulpen-und-tinte-7"
RUN = secrets.token_hex(2)  # a demonstration that runs already can be walked again
FILE_ROWS = 24
DATE_BOXES = {"collected_from": timedelta(days=300), "last_mailed_on": timedelta(days=20)}


@dataclass(frozen=True)
class Company:
    """A company that comes new to us, and the words of its language that the walk needs."""

    language: str
    phone: bool
    name: str
    legal_form: str
    domain: str
    list_name: str
    button: str
    mailbox: str
    yes: str

    @property
    def legal_name(self) -> str:
        return f"{self.name} {self.legal_form}"

    @property
    def owner(self) -> str:
        return f"dora.stein@{self.domain}"

    @property
    def reader(self) -> str:
        return f"emil.brand@briefkasten-{self.domain}"

    def step(self, name: str) -> dict[str, str]:
        return {
            "begin": {
                "responsible_person": "Dora Stein", "legal_name": self.legal_name,
                "register_number": "Amtsgericht Hamburg, HRB 98765",
                "vat_id": "DE811907980", "street": "Speicherstraße 3", "postcode": "20457", "city": "Hamburg",
                "phone": "+49 40 1234560", "website": self.domain, "imprint_url": f"{self.domain}/impressum",
                "business_model": "Wir machen Bücher über Gärten.",
            },
            "sending": {"sending_history": "Ein Brief im Monat seit 2022.", "monthly_volume": "4000",
                        "previous_provider": "ein Modul unseres Ladens",
                        "leaving_reason": "Es kann Einwilligungen nicht nachweisen.",
                        "list0-name": self.list_name, "list0-size": "2000",
                        "list0-collection": "Formular auf unserer Seite, mit Bestätigung per Mail",
                        "form_url": f"{self.domain}/brief", "sample_mailing": "Neue Gartenbücher\n\nGuten Tag, ..."},
        }[name]  # fmt: skip


COMPANIES = [
    Company("de", True, f"Verlag Morgenrot {RUN}", "GmbH", f"morgenrot-{RUN}.example", "Bücherbrief", "Anmelden",
            "Sehen Sie in Ihrem Postfach nach", "Ja, bestätigen"),
    Company("en", False, f"Seedhouse Northfold {RUN}", "GmbH", f"northfold-{RUN}.example", "Seed letter", "Sign up",
            "Check your inbox", "Yes, confirm"),
]  # fmt: skip


@pytest.fixture
def website() -> Iterator[Website]:
    """The company's own pages, of another origin."""
    with running_website() as site:
        yield site


@pytest.mark.parametrize("company", chosen(*COMPANIES), ids=lambda one: one.language)
def test_from_the_application_to_the_erased_person(
    visitor: Any, otto: Any, website: Website, company: Company, tmp_path: Path
) -> None:
    otto.look_as(company.language, "letter", company.phone)
    with visitor(company.language, "letter", company.phone) as dora:
        apply(dora, otto, company)
        review(otto, company)
        dora.go("/studio/")
        looked_at(dora, "walk-home")
        dora.go("/studio/settings/status/")
        assert 'data-tone="success"' in dora.page.inner_html("main")
        looked_at(dora, "account-active")
        list_path = declare(dora, company)
        approve(otto, company)
        import_file(dora, list_path, company, tmp_path)
        code = build_form(dora, list_path, company)
        with visitor(company.language, "letter", company.phone) as emil:
            sign_up(emil, website.put("/brief", code, language=company.language, title=company.name), company)
            confirm(emil, confirmation(dora, company), company)
        prove_and_erase(dora, company, tmp_path)


def apply(dora: Any, otto: Any, company: Company) -> None:
    """The public pages: address, link by mail, three steps, agreements; the last one signs in."""
    page = dora.page
    dora.go("/apply/")
    looked_at(dora, "apply")
    page.fill("input[name=email]", f"info@{company.domain}")
    page.click("main form button")
    page.wait_for_selector(".field-error")
    page.fill("input[name=email]", company.owner)
    page.click("main form button")
    page.wait_for_selector("h1:has-text('Postfach'), h1:has-text('inbox')")
    looked_at(dora, "apply-check-inbox")
    otto.go(wait_for_message(otto, "/desk/test-inbox/", company.owner))
    dora.go(str(otto.page.locator("a[href^='/apply/begin/']").first.get_attribute("href")))
    looked_at(dora, "apply-begin")
    for step in ("begin", "sending"):
        page.wait_for_url(f"**/apply/**{step}/**")
        for name, value in company.step(step).items():
            page.fill(f"[name={name}]", value)
        for name in ("sector", "cadence"):
            if page.locator(f"select[name={name}]").count():
                page.select_option(f"select[name={name}]", index=4)
        looked_at(dora, f"apply-{step}-filled")
        page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/apply/form/submit/")
    assert page.locator("input[name=accept]:checked").count() == 0
    for box in page.locator("input[name=accept]").all():
        box.check()
    page.fill("input[name=password]", PASSWORD)
    looked_at(dora, "apply-submit")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/studio/lists/first/")
    looked_at(dora, "list-first")


def review(otto: Any, company: Company) -> None:
    """The desk, behind its second factor: look, and activate by key and button."""
    page = otto.page
    otto.go("/desk/")
    page.locator("main a[href='/desk/applications/']").click()
    page.wait_for_url("**/desk/applications/")
    looked_at(otto, "applications")
    page.get_by_role("link", name=company.legal_name).click()
    page.wait_for_url(re.compile(r"/desk/applications/\d+/"))
    looked_at(otto, "application")
    page.keyboard.press("a")
    page.fill("#approve_note", "Angerufen; das Impressum passt.")
    looked_at(otto, "approve")
    page.locator("#approve button.btn-primary").click()
    page.wait_for_selector("header.page-head [data-tone=success]")
    looked_at(otto, "application-decided")


def declare(dora: Any, company: Company) -> str:
    page = dora.page
    dora.go("/studio/lists/new/")
    page.fill("[name=name]", company.list_name)
    page.fill("[name=public_name]", f"{company.list_name}, {company.name}")
    page.select_option("select[name=language]", company.language)
    page.check("#policy")
    looked_at(dora, "list-new")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/studio/lists/\d+/"))
    path = str(page.evaluate("location.pathname"))
    looked_at(dora, "list-empty")
    dora.go(f"{path}origin/")
    page.fill("[name=form_urls]", f"https://{company.domain}/brief")
    page.fill("[name=wording]", "Ja, ich möchte den Brief jeden Monat. Ich kann ihn jederzeit abbestellen.")
    for name, age in DATE_BOXES.items():
        page.fill(f"[name={name}]", str((datetime.now(UTC) - age).date()))
    page.fill("[name=previous_system]", "Modul unseres Ladens")
    page.fill("[name=declared_count]", "2000")
    page.fill("[name=signatory]", "Dora Stein")
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector(".field-error")  # nobody assured anything yet
    looked_at(dora, "origin-error")
    page.check("[name=assured]")
    looked_at(dora, "origin-declare")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(f"**{path}")
    looked_at(dora, "list-declared")
    return path


def approve(otto: Any, company: Company) -> None:
    page = otto.page
    otto.go("/desk/origins/")
    looked_at(otto, "origins")
    page.locator("tr", has_text=company.name).get_by_role("link", name=company.list_name).click()
    page.wait_for_url(re.compile(r"/desk/origins/\d+/"))
    looked_at(otto, "origin")
    page.keyboard.press("a")
    page.fill("#reason-approve", "Formular gesehen.")
    looked_at(otto, "origin-approve")
    page.locator("#approve button.btn-primary").click()
    page.wait_for_selector("#toasts [data-tone=success]")


def contacts_file(company: Company) -> str:
    """A spreadsheet's CSV with the proof of each person, and one row without."""
    now = datetime.now(UTC).replace(microsecond=0)
    lines = ["E-Mail;Vorname;Nachname;Anmeldung;Anmelde-IP;Bestätigung;Bestätigungs-IP;Quelle"]
    for number in range(FILE_ROWS):
        at = now - timedelta(days=30 + 9 * number, minutes=13 * number)
        when, then, ip = at.isoformat(), (at + timedelta(minutes=7 + number)).isoformat(), f"192.0.2.{number + 1}"
        lines.append(
            f"leser.{number}.{'abcdefghijklmnopqrstuvwxyz'[number]}@post{number % 5}-{company.domain};Mia;Blum;"
            f"{when};{ip};{then};{ip};https://{company.domain}/brief"
        )
    lines.append(f"ohne.nachweis@post-{company.domain};Ohne;Nachweis;;;;;")
    return "\n".join(lines)


def import_file(dora: Any, list_path: str, company: Company, folder: Path) -> None:
    page, file = dora.page, folder / "leser.csv"
    file.write_text(contacts_file(company), encoding="utf-8")
    dora.go(f"/studio/imports/new/?list={re.findall(r'[0-9]+', list_path)[0]}")
    page.set_input_files("input[type=file]", file)
    looked_at(dora, "import-new")
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("#piles")
    looked_at(dora, "import-piles")
    page.check("#policy")
    page.locator("#move-form button.btn-primary").click()
    page.wait_for_selector("#move:not([hx-get])")
    settling = ".htmx-request, .htmx-swapping, .htmx-settling"
    wait_until(lambda: not page.locator(settling).count(), "the figures in their place")
    looked_at(dora, "import-done")
    dora.go(list_path)
    assert re.search(rf"\b{FILE_ROWS}\b", page.locator(".figures").inner_text())
    looked_at(dora, "list-imported")


def build_form(dora: Any, list_path: str, company: Company) -> str:
    """The imprint, then the form: texts, a field, published; the code for another page."""
    page = dora.page
    dora.go("/studio/imprint/")
    for name, value in {
        "legal_name": company.name, "legal_form": company.legal_form, "representatives": "Dora Stein",
        "street": "Speicherstraße 3", "postcode": "20457", "city": "Hamburg", "email": f"post@{company.domain}",
        "phone": "+49 40 1234560", "register_name": "Amtsgericht Hamburg", "register_number": "HRB 98765",
        "vat_id": "DE811907980", "privacy_url": f"https://{company.domain}/datenschutz",
    }.items():  # fmt: skip
        if page.locator(f"details:not([open]) [name={name}]").count():
            page.locator("#imprint-fields details > summary").click()
        page.fill(f"[name={name}]", value)
    looked_at(dora, "walk-imprint")
    page.locator("button[form=imprint-form]").click()
    page.wait_for_selector("[role=status]")
    dora.go(f"/studio/forms/new/?list={re.findall(r'[0-9]+', list_path)[0]}")
    looked_at(dora, "form-new")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/studio/forms/\d+/edit/"))
    looked_at(dora, "builder-begun")
    page.fill(f"[name={company.language}_topics]", "Gartenbücher")
    page.fill(f"[name={company.language}_frequency]", "einmal im Monat")
    page.select_option("select[name=field0_kind]", "first_name")
    page.wait_for_selector("input[name=field0_required]")
    publish = page.locator("#publish button")
    publish.wait_for()
    wait_in_page(page, "!document.querySelector('#publish button').disabled")
    looked_at(dora, "builder-ready")
    publish.click()
    page.wait_for_url(re.compile(r"/studio/forms/\d+/$"))
    looked_at(dora, "form-published")
    return str(page.locator("button[data-copy*='<script']").first.get_attribute("data-copy"))


def sign_up(emil: Any, address: str, company: Company) -> None:
    """On the company's own page, which is not left."""
    page = emil.page
    page.goto(address)
    page.locator("[data-mailflatrate] form").wait_for()
    looked_at(emil, "embedded")
    page.locator("[data-mailflatrate] input[type=email]").fill(company.reader)
    page.locator("[data-mailflatrate] input[type=text]").first.fill("Emil")
    page.locator("[data-mailflatrate] input[type=checkbox]").check()
    page.get_by_role("button", name=company.button).click()
    page.get_by_role("heading", name=company.mailbox).wait_for()
    assert page.url == address, "the page was left"
    looked_at(emil, "embedded-sent")


def confirmation(dora: Any, company: Company) -> str:
    letter = wait_for_message(dora, "/studio/test-inbox/", company.reader)
    dora.go(letter)
    dora.page.wait_for_load_state("networkidle")
    looked_at(dora, "confirmation-mail")
    link = re.search(r"https://[^/\s\"]+/confirm/[A-Za-z0-9_-]+", source_of(dora, letter))
    assert link is not None
    return link.group(0)


def confirm(emil: Any, link: str, company: Company) -> None:
    """Looking changes nothing; the button does."""
    page = emil.page
    for _look in range(2):
        page.goto(link)
        assert company.reader in page.content()
    looked_at(emil, "confirm")
    page.get_by_role("button", name=company.yes).click()
    page.wait_for_selector("a[href*='/p/']")
    looked_at(emil, "welcome")
    page.locator("a[href*='/p/']").click()
    page.wait_for_load_state()
    looked_at(emil, "preferences")


def prove_and_erase(dora: Any, company: Company, folder: Path) -> None:
    page = dora.page
    dora.go(f"/studio/contacts/?q={company.reader.replace('@', '%40')}")
    page.locator("a[href^='/studio/contacts/']", has_text=company.reader).first.click()
    page.wait_for_url(re.compile(r"/studio/contacts/\d+/"))
    path = str(page.evaluate("location.pathname"))
    looked_at(dora, "walk-contact")
    page.locator("summary:has-text('Proof'), summary:has-text('Nachweis')").first.click()
    looked_at(dora, "walk-contact-proof")
    with page.expect_download() as download:
        page.locator("button[name=format][value=pdf]").first.click()
    download.value.save_as(folder / "certificate.pdf")
    certificate = read_certificate((folder / "certificate.pdf").read_bytes())
    assert not any(finding.bad for finding in check_certificate(certificate).findings)
    assert certificate["person"]["email"] == company.reader
    dora.go(f"{path}erase/")
    looked_at(dora, "person-erase")
    page.check("[name=sure]")
    page.locator("main form button.btn-danger").click()
    page.wait_for_url(re.compile(r"/studio/contacts/(\?|$)"))
    looked_at(dora, "contacts-after")
    answer = page.goto(dora.demo.base + path)
    assert answer.status == 404
    looked_at(dora, "gone")
    dora.go(f"/studio/contacts/?q={company.reader.replace('@', '%40')}")
    assert page.locator("main a", has_text=company.reader).count() == 0
    looked_at(dora, "contacts-nobody")
