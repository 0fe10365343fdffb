"""From an unwanted message to the closed case: the recipient, the desk and the customer in one walk.

It is the last browser test: its complaints lower the demo customer's account status.
"""

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.browsers import chosen, looked_at, wait_for_message
from support.waiting import read_as_a_person

pytestmark = pytest.mark.browser

TEST_INBOX = "/studio/test-inbox/"


@dataclass(frozen=True)
class Walk:
    """Who looks how, whose mails are reported, and which strike of the account this one becomes."""

    language: str
    phone: bool
    domain: str
    file_name: str


WALKS = [Walk("de", True, "brief.example", "Post von Lindenhof.eml"), Walk("en", False, "post.example", "mail.eml")]


@dataclass(frozen=True)
class Mail:
    """A campaign as it is in a recipient's mailbox."""

    address: str
    source: str

    @property
    def mailing_id(self) -> str:
        found = re.search(r"(?im)^X-Mailing-ID: ([0-9A-Z-]+)", self.source)
        assert found is not None
        return found[1]


@pytest.mark.parametrize("walk", chosen(*WALKS), ids=lambda one: one.language)
def test_reported_worked_answered_closed(visitor: Any, otto: Any, walk: Walk, tmp_path: Path) -> None:
    with visitor(walk.language, "letter", walk.phone) as anna, visitor(walk.language, "letter", walk.phone) as dora:
        otto.look_as(walk.language, "letter", walk.phone)
        anna.sign_in("anna@lindenhof.example")
        mails = mails_of(anna, walk.domain)
        references = {
            by_mailing_id(dora, otto, mails[0]),
            by_header(dora, mails[1]),
            by_file(dora, mails[2], tmp_path / walk.file_name),
        }
        assert len(references) == 1, "reports on one mailing are one case"
        case = found_by_the_desk(otto, references.pop(), mails)
        asked(otto, case)
        answered(anna, mails, tmp_path)
        worked_to_its_end(otto, case, mails[1])
        told(anna, mails)
        for mail in mails:
            on_no_list(anna, dora, mail)


def mails_of(anna: Any, domain: str) -> list[Mail]:
    page, found = anna.page, defaultdict[str, list[Mail]](list)
    anna.go(f"/studio/contacts/?q=%40{domain}&state=confirmed")
    for text in page.locator("main a[href^='/studio/contacts/']").all_inner_texts():
        address = text.strip()
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            continue
        raw = page.request.get(f"{anna.demo.base}{wait_for_message(anna, TEST_INBOX, address)}raw/").text()
        mail = Mail(address, raw)
        same = found[mail.mailing_id]  # another test may have sent a second campaign to some of them
        same.append(mail)
        if len(same) == 3:
            return same
    raise AssertionError(f"no mailing went to three people of {domain}")


def opened(dora: Any, name: str) -> float:
    """The public page, without an account; since when."""
    dora.go("/report/")
    looked_at(dora, name)
    return time.monotonic()


def sent(dora: Any, since: float, name: str) -> str:
    """Press the button after a look, and see the answer. Returns the reference of the case."""
    read_as_a_person(since)
    dora.page.locator("main form button.btn-primary").click()
    dora.page.wait_for_selector("main:not(:has(form))")
    assert "Gärtnerei Lindenhof" in dora.page.inner_text("main")
    looked_at(dora, name)
    return str(dora.page.locator("main strong").last.inner_text())


def by_mailing_id(dora: Any, otto: Any, mail: Mail) -> str:
    """Typed with the usual slips: first who it was, then the report; the address proves itself by a button."""
    page, since = dora.page, opened(dora, "report")
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector(".field-error")
    looked_at(dora, "report-error")
    page.fill("[name=about]", mail.mailing_id.lower().replace("-", " ").replace("0", "o"))
    page.fill("[name=reporter]", mail.address)
    read_as_a_person(since)
    page.locator("button[name=who]").click()
    page.wait_for_selector("main [data-tone=info]")
    assert "Gärtnerei Lindenhof" in page.inner_text("main [data-tone=info]")
    looked_at(dora, "report-who")
    page.fill("[name=text]", "Das habe ich nie bestellt.")
    reference = sent(dora, since, "report-asked")
    otto.go(wait_for_message(otto, "/desk/test-inbox/", mail.address))
    link = otto.page.locator("a[href*='/report/stop/']").first.get_attribute("href")
    dora.go("/report/stop/" + str(link).rpartition("/")[2])
    looked_at(dora, "report-stop")
    page.locator("main form button").click()
    page.wait_for_selector("main [data-tone=success]")
    looked_at(dora, "report-stopped")
    return reference


def by_header(dora: Any, mail: Mail) -> str:
    """The header lines pasted: it stops at once."""
    since = opened(dora, "report")
    dora.page.fill("[name=about]", mail.source.partition("\r\n\r\n")[0].partition("\n\n")[0])
    dora.page.fill("[name=reporter]", mail.address)
    reference = sent(dora, since, "report-done")
    assert dora.page.locator("main [data-tone=success]").count() == 1
    return reference


def by_file(dora: Any, mail: Mail, file: Path) -> str:
    """The mail itself, dropped onto the page with the mouse."""
    since, page = opened(dora, "report"), dora.page
    file.write_text(mail.source, encoding="utf-8", newline="")
    field = page.locator("input[type=file]")
    field.scroll_into_view_if_needed()
    box, browser = field.bounding_box(), dora.context.new_cdp_session(page)
    drop = {
        "x": box["x"] + box["width"] / 2,
        "y": box["y"] + box["height"] / 2,
        "data": {"items": [], "files": [str(file)], "dragOperationsMask": 1},
    }
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **drop})
    assert page.evaluate("document.querySelector('input[type=file]').files[0].name") == file.name
    looked_at(dora, "report-file")
    reference = sent(dora, since, "report-done")
    assert page.locator("main [data-tone=success]").count() == 1
    return reference


def found_by_the_desk(otto: Any, reference: str, mails: list[Mail]) -> str:
    """Find the case in the queue by the mailing ID, with everything on one screen; return its path."""
    page = otto.page
    otto.go("/desk/cases/")
    looked_at(otto, "cases")
    page.get_by_role("link", name=reference).click()
    page.wait_for_url(re.compile(r"/desk/cases/\d+/"))
    path = str(page.evaluate("location.pathname"))
    text = page.inner_text("main")
    for mail in mails:
        assert mail.address in text
    looked_at(otto, "case")
    otto.go(f"/desk/cases/search/?q={mails[0].mailing_id.lower()}")
    assert page.locator(f"a[href='{path}']").count() == 1
    looked_at(otto, "case-search")
    for link, name in (("/people/", "person"), ("/desk/mail/", "stored-mail")):
        otto.go(path)
        page.locator(f"main a[href*='{link}']").first.click()
        page.wait_for_url(f"**{link}**")
        looked_at(otto, name)
    return path


def asked(otto: Any, case: str) -> None:
    """Taken over and the customer asked, by keys."""
    page = otto.page
    otto.go(case)
    with page.expect_navigation():
        page.keyboard.press("x")
    page.keyboard.press("a")
    page.fill("#ask_reason", "Wo haben sich diese Leute angemeldet?")
    looked_at(otto, "case-ask")
    page.locator("#ask button.btn-primary").click()
    page.wait_for_selector("#toasts [data-tone=success]")
    looked_at(otto, "case-asked")


def answered(anna: Any, mails: list[Mail], folder: Path) -> None:
    """The customer finds the question among what to do next, answers it with a file, and learns nobody's name."""
    page, proof = anna.page, folder / "nachweis.txt"
    proof.write_text("Anmeldungen im Dezember", encoding="utf-8")
    anna.go("/studio/")
    page.locator("main a[href^='/studio/questions/']").first.click()
    page.wait_for_url(re.compile(r"/studio/questions/"))
    if not re.search(r"/questions/\d+/", page.url):
        looked_at(anna, "questions")
        page.locator("main a[href^='/studio/questions/']").first.click()
        page.wait_for_url(re.compile(r"/studio/questions/\d+/"))
    looked_at(anna, "question")
    nobody_named(anna, mails)
    page.fill("[name=text]", "Auf unserer Seite, mit Bestätigung. Die Liste liegt bei.")
    page.set_input_files("input[type=file]", proof)
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("#toasts [data-tone=success]")
    looked_at(anna, "question-answered")


def nobody_named(anna: Any, mails: list[Mail]) -> None:
    """A customer never learns who complained."""
    for mail in mails:
        assert mail.address not in anna.page.content()


def worked_to_its_end(otto: Any, case: str, mail: Mail) -> None:
    page = otto.page
    otto.go(case)
    assert "nachweis.txt" in page.inner_text("main")
    page.locator("[data-opens='measure-strike']").click()
    page.fill("#measure-strike_reason", "Die Einwilligungen waren nicht nachzuweisen.")
    looked_at(otto, "case-strike")
    page.locator("#measure-strike button.btn-primary").click()
    page.wait_for_selector("#toasts [data-tone=success]")
    if page.locator("#message_to").count():
        page.select_option("#message_to", index=1)
    page.fill("#message_text", "Wir haben den Absender gefragt. Sie bekommen nichts mehr.")
    looked_at(otto, "case-letter")
    page.locator("#answer button.btn-primary, #answer button.btn").last.click()
    page.wait_for_selector("#toasts [data-tone=success]")
    page.keyboard.press("c")
    page.select_option("#close_cause", index=1)
    page.fill("#close_text", "Nachweise fehlten, eine Verwarnung, allen geantwortet.")
    looked_at(otto, "case-close")
    page.locator("#close button.btn-primary").click()
    page.wait_for_selector("[data-opens=reopen]")
    looked_at(otto, "case-closed")
    otto.go("/desk/cases/closed/")
    assert page.locator(f"a[href='{case}']").count() == 1
    looked_at(otto, "cases-closed")
    for path, name in (("/desk/cases/figures/", "cases-figures"), ("/desk/", "desk-home")):
        otto.go(path)
        looked_at(otto, name)


def told(anna: Any, mails: list[Mail]) -> None:
    """Check that the action and its reason appear in the customer's pages, without a name."""
    for path, name in (
        ("/studio/settings/status/", "standing-strike"),
        ("/studio/questions/", "questions-done"),
        ("/studio/", "home-after"),
    ):
        anna.go(path)
        nobody_named(anna, mails)
        if name == "standing-strike":
            assert "Die Einwilligungen waren nicht nachzuweisen." in anna.page.inner_text("main")
        looked_at(anna, name)


def on_no_list(anna: Any, dora: Any, mail: Mail) -> None:
    anna.go(f"/studio/contacts/?q={mail.address.replace('@', '%40')}&state=confirmed")
    assert anna.page.locator("main a", has_text=mail.address).count() == 0
    source = re.sub(r"=\r?\n", "", mail.source).replace("=3D", "=")
    preferences = re.search(r"https://[^\s\"<>]+/p/[0-9a-f]{40}", source)
    assert preferences is not None
    dora.page.goto(preferences[0])
    assert dora.page.locator("input[name=keep]").count() == 0
    looked_at(dora, "preferences-none")
