"""Origins at the desk and in the studio: declared, read with figures and a sample, decided, told."""

import re

import pytest

from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import ListOrigin, Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members
from support.desk import Desk
from support.origins import declare_origin, picture

pytestmark = pytest.mark.usefixtures("database")

SIGNED = {
    "kind": "shop", "form_urls": "https://anna.example/checkout\n", "wording": "Yes, send me Anna's news about plants.",
    "collected_from": "2024-03-01", "collected_to": "", "previous_system": "Postino", "last_mailed_on": "",
    "declared_count": "1200", "controller": "Anna GmbH", "signatory": "Anna Lindner", "assured": "on",
    "evidence": ["signup_at", "confirmed_at"], "remarks": "Partly purchased from a data broker in 2019.",
}  # fmt: skip


def undeclared() -> tuple[Customer, int]:
    anna = customer_with_members()
    with tenancy.account(anna.account_id):
        return anna, create_list("Garden").id


def declared() -> tuple[Customer, int, ListOrigin]:
    """A list that waits, with two people whose proof is whole and one without."""
    anna, list_id = undeclared()
    origin = declare_origin(anna.account_id, list_id, remarks="Ein Teil wurde 2019 zugekauft.", screenshot=picture())
    rows = [line("dora@kunde-1.de"), line("erik@kunde-2.de", "Erik"), line("f@kunde-1.de", confirmed="")]
    anna.bring("\n".join([HEADER, *rows]), list_id=list_id)
    return anna, list_id, origin


def people(anna: Customer, list_id: int) -> set[tuple[str, str]]:
    with tenancy.account(anna.account_id):
        rows = Subscription.objects.filter(mailing_list_id=list_id)
        return set(rows.values_list("contact__email", "state"))


@pytest.mark.slow
def test_the_customer_signs_on_a_page_and_reads_it_on_the_list() -> None:
    anna, list_id = undeclared()
    page = anna.page(f"lists/{list_id}/origin/")
    assert "bought" not in re.sub(r"(?s).*<select", "", page).split("</select>")[0].lower()
    assert not re.search(r'name="assured"[^>]*checked', page)
    assert not re.search(r'name="evidence"[^>]*checked', page), "nothing that is signed comes ticked"
    refused = anna.client.post(f"/studio/lists/{list_id}/origin/", {**SIGNED, "assured": "", "wording": ""})
    assert refused.status_code == 422
    assert "Copy what people read" in refused.content.decode()
    assert "Confirm that your statements are true and complete; nothing" in refused.content.decode()
    assert anna.client.post(f"/studio/lists/{list_id}/origin/", SIGNED).status_code == 303
    page = anna.page(f"lists/{list_id}/")
    assert "https://anna.example/checkout" in page
    assert "Waiting for review" in page
    with tenancy.account(anna.account_id):
        origin = ListOrigin.objects.get(mailing_list_id=list_id)
    assert [hit["found"] for hit in origin.hits] == ["purchased", "data broker"]
    assert origin.ip == "127.0.0.1"
    assert anna.ben.post(f"/studio/lists/{list_id}/origin/", SIGNED).status_code == 403


@pytest.mark.slow
def test_the_desk_shows_everything_a_decision_rests_on(otto: Desk) -> None:
    anna, list_id, origin = declared()
    assert "Garden" in otto.page("origins/")
    page = otto.page(f"origins/{origin.id}/")
    assert re.search(r"2019 <mark[^>]*>zugekauft</mark>", page)
    for shown in ("dora@kunde-1.de", "203.0.113.9", "https://anna.example/news", "people.csv", "line 2", "kunde-2.de"):
        assert shown in page, shown
    assert "f@kunde-1.de" not in page, "who has no proof is not in the sample"
    answer = otto.client.get(f"/desk/origins/{origin.id}/picture")
    assert answer.headers["Content-Type"] == "image/png"
    assert otto.client.get("/desk/origins/999999999/").status_code == 404
    before = people(anna, list_id)
    for method in ("get", "head"):
        getattr(otto.client, method)(f"/desk/origins/{origin.id}/?sample=7")
    assert people(anna, list_id) == before


@pytest.mark.slow
def test_the_desk_approves_and_the_people_come_out(otto: Desk) -> None:
    anna, list_id, origin = declared()
    no_reason = otto.client.post(f"/desk/origins/{origin.id}/decide/", {"outcome": "approve", "reason": " "})
    assert no_reason.status_code == 422
    assert "Give the reason for your decision; the customer will read it" in no_reason.content.decode()
    done = otto.client.post(f"/desk/origins/{origin.id}/decide/", {"outcome": "approve", "reason": "Form seen."})
    assert done.status_code == 303
    assert people(anna, list_id) == {
        ("dora@kunde-1.de", "confirmed"),
        ("erik@kunde-2.de", "confirmed"),
        ("f@kunde-1.de", "quarantined"),
    }
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        entry = AuditEntry.objects.filter(account_id=anna.account_id, action="origin.approved").latest("id")
    assert (entry.actor, entry.reason) == (otto.user.email, "Form seen.")
    page = anna.page(f"lists/{list_id}/")
    assert "Form seen." in page
    assert "Approved" in page
    again = otto.client.post(f"/desk/origins/{origin.id}/decide/", {"outcome": "reject", "reason": "No."})
    assert again.status_code == 422


@pytest.mark.slow
def test_a_question_reaches_the_customer_and_his_answer_comes_back(otto: Desk) -> None:
    anna, list_id, origin = declared()
    otto.client.post(f"/desk/origins/{origin.id}/decide/", {"outcome": "ask", "reason": "Which part was bought?"})
    assert "Which part was bought?" in anna.page("")
    page = anna.page(f"lists/{list_id}/origin/")
    assert "Which part was bought?" in page
    assert "https://anna.example/news" in page, "the form begins with what was said before"
    assert anna.client.post(f"/studio/lists/{list_id}/origin/", {**SIGNED, "remarks": ""}).status_code == 303
    with tenancy.account(anna.account_id):
        second = ListOrigin.objects.get(mailing_list_id=list_id, version=2)
    assert "Which part was bought?" in otto.page(f"origins/{second.id}/")
    assert otto.client.post(f"/desk/origins/{origin.id}/decide/", {"outcome": "ask", "reason": "x"}).status_code == 422


@pytest.mark.slow
def test_a_held_import_waits_at_the_desk_and_is_released(otto: Desk) -> None:
    anna = customer_with_members()
    old = clock.now().replace(year=clock.now().year - 1).isoformat()
    rows = [line("dora@kunde-1.de"), line("erik@kunde-2.de", signup=old[:10] + "T00:00:00Z", confirmed=old)]
    anna.bring("\n".join([HEADER, *rows]))
    with tenancy.account(anna.account_id):
        job = Import.objects.get()
    assert "Consents more than 12 months old" in otto.page("origins/")
    page = otto.page(f"held-imports/{job.id}/")
    assert "erik@kunde-2.de" in page
    assert "On hold for review" in anna.page(f"imports/{job.id}/")
    path = f"/desk/held-imports/{job.id}/decide/"
    assert otto.client.post(path, {"outcome": "perhaps", "reason": "x"}).status_code == 422
    assert otto.client.post(path, {"outcome": "release", "reason": "They were mailed monthly."}).status_code == 303
    assert people(anna, anna.list_id) == {("dora@kunde-1.de", "confirmed"), ("erik@kunde-2.de", "confirmed")}
    assert "They were mailed monthly." in anna.page(f"imports/{job.id}/")


def test_approving_tells_of_held_imports_and_mistyped_domains_in_them_stay_held(otto: Desk) -> None:
    anna, list_id = undeclared()
    origin = declare_origin(anna.account_id, list_id)
    rows = [line(f"klara{number}@kunde-{number}.de") for number in range(60)]
    rows += [line(f"lena{number}x@kunde-kiel.ed") for number in range(5)]
    job = anna.bring("\n".join([HEADER, *rows]), list_id=list_id)
    assert job.check_state == "held"
    dialog = otto.page(f"origins/{origin.id}/").partition('id="approve"')[2].partition("</dialog>")[0]
    assert "Approving also releases held imports" in dialog
    assert "people.csv: 65 rows" in dialog
    assert "5 contacts with misspelled domains stay in quarantine" in dialog
    otto.client.post(f"/desk/origins/{origin.id}/decide/", {"outcome": "approve", "reason": "Form seen."})
    states = people(anna, list_id)
    assert len([1 for _, state in states if state == "confirmed"]) == 60
    assert {email.partition("@")[2] for email, state in states if state == "quarantined"} == {"kunde-kiel.ed"}
