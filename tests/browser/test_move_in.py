"""The way of a company that moves in: a Mailchimp ZIP, three piles, one confirmation, the link for the others."""

import re
import secrets
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.browsers import chosen, looked_at, wait_for_message
from support.waiting import read_as_a_person

pytestmark = pytest.mark.browser

ANNA = "anna@lindenhof.example"
MOST_CLICKS = 6
TITLES = '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,'
LAST_TITLES = "LEID,EUID,TAGS"
LOOKS = chosen(("en", "letter", False), ("de", "ink", True))


class Clicks:
    """Clicks in a page, counted."""

    def __init__(self, page: Any) -> None:
        self.page, self.count = page, 0

    def click(self, where: str) -> None:
        self.count += 1
        self.page.locator(where).first.click()

    def fill(self, where: str, text: str) -> None:
        """A click into the field; typing is free."""
        self.count += 1
        self.page.fill(where, text)


def audience_export(folder: Path, domain: str) -> Path:
    """The ZIP of a Mailchimp audience: 12 whole proofs, 3 without, 2 unsubscribed, 1 cleaned."""
    day = datetime.now(UTC) - timedelta(days=50)
    proof = f'"{day:%Y-%m-%d} 08:12:31",198.51.100.7,"{day:%Y-%m-%d} 08:14:02",198.51.100.7,'
    whole = [f"leser{number}@{domain},Mia,Blum,3,{proof}{number},e{number}," for number in range(12)]
    bare = [f"neu{number}@{domain},Ida,Neu,2,,,,,9{number},f{number}," for number in range(3)]
    gone = [
        f'weg{number}@{domain},Udo,Weg,2,{proof}"{day:%Y-%m-%d} 12:00:00",NORMAL,8{number},g{number},'
        for number in range(2)
    ]
    dead = [f'tot@{domain},Ute,Tot,2,{proof}"{day:%Y-%m-%d} 12:00:00",77,h7,']
    packed = folder / "audience_export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name, extra, rows in (
            ("subscribed_email_audience_export_1a.csv", "", [*whole, *bare]),
            ("unsubscribed_email_audience_export_1a.csv", "UNSUB_TIME,UNSUB_REASON,", gone),
            ("cleaned_email_audience_export_1a.csv", "CLEAN_TIME,", dead),
        ):
            archive.writestr(name, "\n".join([f"{TITLES}{extra}{LAST_TITLES}", *rows, ""]))
    return packed


def new_list(anna: Any, name: str) -> str:
    """A list whose origin nobody has declared; its id."""
    page = anna.page
    anna.go("/studio/lists/new/")
    page.fill("[name=name]", name)
    page.check("#policy")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/studio/lists/\d+/"))
    return re.findall(r"[0-9]+", str(page.evaluate("location.pathname")))[0]


@pytest.mark.parametrize(("language", "theme", "phone"), LOOKS, ids=lambda one: str(one))
def test_a_company_moves_in_with_at_most_six_clicks(
    visitor: Any, tmp_path: Path, language: str, theme: str, phone: bool
) -> None:
    domain = f"umzug-{secrets.token_hex(3)}.example"
    with visitor(language, theme, phone, guarded=False) as anna:
        anna.sign_in(ANNA)
        list_id = new_list(anna, f"Umzug {domain}")
        page = anna.page
        anna.go(f"/studio/imports/new/?list={list_id}")
        looked_at(anna, "move-new")
        page.set_input_files("input[type=file]", audience_export(tmp_path, domain))
        clicks = Clicks(page)
        clicks.click("main form button.btn-primary")
        page.wait_for_selector("#piles")
        assert [page.inner_text(f"[data-pile={pile}]") for pile in ("mailable", "ask", "never")] == ["12", "3", "3"]
        assert "Mailchimp" in page.inner_text("h1")
        looked_at(anna, "move-piles")
        clicks.fill("[name=form_url]", "https://lindenhof.example/newsletter")
        clicks.fill("[name=wording]", "Ja, ich möchte den Newsletter der Gärtnerei Lindenhof.")
        clicks.click("#assured")
        clicks.click("#policy")
        clicks.click("#move-form button.btn-primary")
        page.wait_for_selector("#move:not([hx-get])")
        assert clicks.count <= MOST_CLICKS
        looked_at(anna, "move-done")
        move = str(page.evaluate("location.pathname"))
        assert page.locator("#move tbody tr").count() == 3
        anna.go(f"{move}rows/?pile=never&why=unsubscribed")
        anna.go(f"/studio/lists/{list_id}/")
        assert "lindenhof.example/newsletter" in page.inner_text("main")
        anna.go("/studio/imports/")
        looked_at(anna, "move-history")


def test_people_without_proof_confirm_by_the_link(visitor: Any, tmp_path: Path) -> None:
    """The list has a form, so the move has a link; who confirms the email that follows is counted."""
    domain = f"umzug-{secrets.token_hex(3)}.example"
    with visitor("en", "letter", False) as anna, visitor("de", "letter", True) as ida:
        anna.sign_in(ANNA)
        page = anna.page
        anna.go("/studio/imports/new/")
        page.set_input_files("input[type=file]", audience_export(tmp_path, domain))
        page.locator("main form button.btn-primary").click()
        page.wait_for_selector("#piles")
        anna.go(page.locator("#piles a", has_text="3").first.get_attribute("href"))
        assert f"n***@{domain}" in page.inner_text("main")
        looked_at(anna, "move-rows")
        page.go_back()
        page.check("#policy")
        page.locator("#move-form button.btn-primary").click()
        page.wait_for_selector("#link")
        page.wait_for_selector("#move:not([hx-get])")
        move = str(page.evaluate("location.pathname"))
        link = re.search(r"https?://\S+?(/f/\S+/move-in/\S+?/)\?language=de", page.inner_html("#link"))
        assert link is not None
        looked_at(anna, "move-link")
        ida.go(f"{link[1]}?language=de")
        assert "E-Mail-Dienst gewechselt" in ida.page.inner_text("main")
        looked_at(ida, "move-in")
        ida.page.fill("[name=email]", f"neu1@{domain}")
        ida.page.check("#consent")
        read_as_a_person()
        ida.page.locator("main form button.btn-primary").click()
        ida.page.wait_for_url("**sent=1**")
        anna.go(wait_for_message(anna, "/studio/test-inbox/", f"neu1@{domain}"))
        confirm = re.search(r"(/confirm/[A-Za-z0-9_-]+)", page.content())
        assert confirm is not None
        ida.go(confirm[1])
        ida.page.locator("button[name=answer][value=yes]").click()
        ida.page.wait_for_selector("h1")
        anna.go(move)
        assert re.search(r"\b1\s+of 3 without proof", re.sub(r"\s+", " ", page.inner_text(".figures")))
