"""A newcomer's way from the application to a sent first campaign, and how much of it there is."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.browsers import chosen, looked_at, open_step, wait_for_message
from support.step_counter import StepCounter

pytestmark = [pytest.mark.browser, pytest.mark.newcomer]

MOST_PAGES, MOST_INPUTS = 12, 45
PASSWORD = "tulpen-und-tinte-7"
RUN = secrets.token_hex(2)  # a demonstration that runs already can be walked again
PEOPLE = 20
LOOKS = {"de": True, "en": False}
"""Language -> whether on a phone."""


@pytest.mark.parametrize("language", chosen(*LOOKS))
def test_from_the_application_to_the_first_campaign(visitor: Any, otto: Any, language: str, tmp_path: Path) -> None:
    counter = StepCounter()
    otto.look_as("en", "ink", False)
    with visitor(language, "letter", LOOKS[language]) as dora:
        counter.watch(dora.page)
        walk = Newcomer(dora, otto, f"{language}-gartenbuch-{RUN}.example", tmp_path)
        walk.apply()
        walk.declare_list()
        walk.verify_domain()
        walk.approve_account_and_origin()
        walk.import_contacts()
        walk.write_campaign()
        walk.approve_campaign()
        dora.page.wait_for_selector("main .mark[data-tone=success]")
        looked_at(dora, "newcomer-sent")
    print(counter.report())
    assert len(counter.pages) <= MOST_PAGES, counter.report()
    assert len(counter.inputs) <= MOST_INPUTS, counter.report()


class Newcomer:
    """Dora, who applies for her company, and Otto, who reviews what she hands in."""

    def __init__(self, dora: Any, otto: Any, domain: str, folder: Path) -> None:
        self.dora, self.otto, self.domain, self.folder = dora, otto, domain, folder
        self.email, self.company = f"dora.stein@{domain}", f"Gartenbuch {domain.partition('.')[0]} GmbH"

    def _fill(self, **values: str) -> None:
        for name, value in values.items():
            self.dora.page.fill(f"main [name={name}]", value)

    def _go_on(self, arrives: str) -> None:
        self.dora.page.locator("main form button.btn-primary").last.click()
        self.dora.page.wait_for_url(re.compile(arrives))

    def apply(self) -> None:
        """Address, link by mail, three steps; the last one signs in."""
        page = self.dora.page
        self.dora.go("/apply/")
        self._fill(email=self.email)
        page.click("main form button")
        page.wait_for_selector("h1:has-text('Postfach'), h1:has-text('inbox')")
        self.otto.go(wait_for_message(self.otto, "/desk/test-inbox/", self.email))
        self.dora.go(str(self.otto.page.locator("a[href^='/apply/begin/']").first.get_attribute("href")))
        self._fill(
            responsible_person="Dora Stein",
            vat_id="DE811907980",
            legal_name=self.company,
            street="Speicherstraße 3",
            postcode="20457",
            city="Hamburg",
            register_number="Amtsgericht Hamburg, HRB 98765",
            phone="+49 40 1234560",
            imprint_url=f"{self.domain}/impressum",
            business_model="Wir machen Bücher über Gärten.",
        )
        assert page.input_value("[name=website]") == f"https://{self.domain}"
        page.select_option("[name=sector]", "media")
        looked_at(self.dora, "newcomer-company")
        self._go_on("/apply/form/sending/")
        self._fill(
            sending_history="Ein Brief im Monat seit 2022.",
            previous_provider="ein Modul unseres Ladens",
            leaving_reason="Es kann Einwilligungen nicht nachweisen.",
            monthly_volume="4000",
            **{"list0-name": "Bücherbrief", "list0-size": "2000", "list0-collection": "Formular mit Bestätigung"},
            form_url=f"{self.domain}/brief",
            sample_mailing="Neue Gartenbücher\n\nGuten Tag, ...",
        )
        page.select_option("[name=cadence]", "monthly")
        looked_at(self.dora, "newcomer-sending")
        self._go_on("/apply/form/submit/")
        assert page.locator("input[name=accept]:checked").count() == 0
        for box in page.locator("input[name=accept]").all():
            box.check()
        self._fill(representatives="Dora Stein", privacy_url=f"{self.domain}/datenschutz", password=PASSWORD)
        looked_at(self.dora, "newcomer-hand-in")
        self._go_on("/studio/lists/first/")

    def declare_list(self) -> None:
        """List and origin, filled in from the application; what is signed is written and ticked by hand."""
        page, today = self.dora.page, datetime.now(UTC).date()
        assert page.input_value("[name=name]") == "Bücherbrief"
        assert page.input_value("[name=form_urls]") == f"https://{self.domain}/brief"
        assert page.input_value("[name=declared_count]") == "2000"
        assert page.locator("main [type=checkbox]:checked").count() == 0
        self._fill(
            wording="Ja, ich möchte den Brief jeden Monat. Ich kann ihn jederzeit abbestellen.",
            collected_from=str(today - timedelta(days=400)),
            last_mailed_on=str(today - timedelta(days=20)),
        )
        page.check("[name=policy]")
        page.check("[name=assured]")
        looked_at(self.dora, "newcomer-list")
        self._go_on(r"/studio/senders/\d+/$")

    def verify_domain(self) -> None:
        """The domain of her address is there, with its records; the demonstration has a button for the DNS."""
        page = self.dora.page
        looked_at(self.dora, "newcomer-domain")
        page.locator("form[action$='/publish/'] button").click()
        page.wait_for_selector("main [data-tone=success]")
        looked_at(self.dora, "newcomer-verified")

    def approve_account_and_origin(self) -> None:
        """One page at the desk, two decisions, each recorded on its own."""
        page = self.otto.page
        self.otto.go("/desk/applications/")
        page.get_by_role("link", name=self.company).click()
        page.wait_for_url(re.compile(r"/desk/applications/\d+/"))
        looked_at(self.otto, "newcomer-application")
        page.keyboard.press("a")
        page.check("#approve_origin")
        page.fill("#approve_origin_reason", "Formular gesehen.")
        looked_at(self.otto, "newcomer-approve")
        page.locator("#approve button.btn-primary").click()
        page.wait_for_selector("header.page-head [data-tone=success]")
        self.otto.go("/desk/audit/")
        words = page.inner_text("main")
        assert "account.active" in words
        assert "origin.approved" in words

    def import_contacts(self) -> None:
        """From the domain's page by its next step: file, columns, result."""
        page, file = self.dora.page, self.folder / "leser.csv"
        file.write_text(self._contacts(), encoding="utf-8")
        page.locator("nav a[href='/studio/imports/new/']", has_text=re.compile("Next|Weiter")).click()
        page.wait_for_url("**/studio/imports/new/")
        page.set_input_files("input[type=file]", file)
        page.locator("main form[enctype] button.btn-primary").click()
        page.wait_for_selector("#piles")
        assert page.inner_text("[data-pile=mailable]") == str(PEOPLE)
        page.check("#policy")
        looked_at(self.dora, "newcomer-piles")
        page.locator("#move-form button.btn-primary").click()
        page.wait_for_selector("#move:not([hx-get])")
        looked_at(self.dora, "newcomer-import")

    def _contacts(self) -> str:
        now = datetime.now(UTC).replace(microsecond=0)
        lines = ["E-Mail;Vorname;Anmeldung;Anmelde-IP;Bestätigung;Bestätigungs-IP;Quelle"]
        for number in range(PEOPLE):
            at = now - timedelta(days=30 + 9 * number, minutes=13 * number)
            ip, then = f"192.0.2.{number + 1}", at + timedelta(minutes=7 + number)
            lines.append(
                f"leser.{'abcdefghijklmnopqrstuvwxyz'[number]}@post{number % 5}-{self.domain};Mia;"
                f"{at.isoformat()};{ip};{then.isoformat()};{ip};https://{self.domain}/brief"
            )
        return "\n".join(lines)

    def write_campaign(self) -> None:
        """Subject and text; sender and list are chosen, as there is only one. The dialog that sends has the box."""
        page = self.dora.page
        page.locator("form[action='/studio/campaigns/new/'] button").click()
        page.wait_for_url(re.compile(r"/studio/campaigns/\d+/edit/"))
        page.fill("#id_subject", "Neue Gartenbücher für den Winter")
        page.locator("#id_content").evaluate(
            "(box, text) => { box.value = text; for (const kind of ['input', 'change'])"
            " box.dispatchEvent(new Event(kind, {bubbles: true})); }",
            "<mjml><mj-body><mj-section><mj-column><mj-text><h1>Neue Bücher</h1></mj-text><mj-text>Guten Tag,<br><br>"
            "in diesem Winter erscheinen drei Bücher über Gärten.</mj-text></mj-column></mj-section></mj-body></mjml>",
        )
        open_step(page, "check")
        page.wait_for_selector("#release-buttons [data-opens=send-now]")
        looked_at(self.dora, "newcomer-compose")
        page.locator("#release-buttons [data-opens=send-now]").click()
        assert not page.is_checked("#send_now_confirm")
        page.check("#send_now_confirm")
        looked_at(self.dora, "newcomer-send")
        page.locator("#send-now button.btn-primary").click()
        page.wait_for_url(re.compile(r"/studio/campaigns/\d+/$"))

    def approve_campaign(self) -> None:
        page = self.otto.page
        self.otto.go("/desk/campaigns/")
        page.locator("tr", has_text=self.company).get_by_role("link").first.click()
        page.wait_for_url(re.compile(r"/desk/campaigns/\d+/"))
        page.keyboard.press("a")
        page.locator("#go button.btn-primary").click()
        page.wait_for_selector("#toasts [data-tone=success]")
