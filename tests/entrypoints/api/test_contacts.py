"""Lists and people by API: the same rules as on the pages, and no way around the person's own yes."""

import json
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import Acknowledgement, Occasion
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.proof.certificate import read_certificate
from support.api import Program, problem, program_of, visitor
from support.customers import Customer
from support.forms import FormCustomer, fresh_address


@pytest.fixture
def shop(home: FormCustomer) -> Program:
    return program_of(home.anna)


@pytest.fixture
def carla(home: FormCustomer) -> Program:
    return program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))


def asking(home: FormCustomer, email: str, **changes: Any) -> dict[str, Any]:
    whole = {"form_id": home.form_id, "email": email, "note": "asked at our stall, 3 May", "visitor": visitor()}
    return whole | changes


def reader(shop: Program, number: int = 0) -> dict[str, Any]:
    person: dict[str, Any] = shop.get(f"/contacts?search=reader{number}")["items"][0]
    return person


def test_a_list_is_made_with_the_policy_confirmed(home: FormCustomer, shop: Program) -> None:
    assert shop.refused("POST", "/lists", {"name": "Seeds"}) == (422, "policy-not-confirmed")
    made = shop.post("/lists", {"name": "Seeds", "policy_confirmed": True, "language": "de"}, 201)
    assert (made["origin"], made["people"]["confirmed"], made["public_name"]) == ("form", 0, "Seeds")
    with tenancy.account(home.account_id):
        tick = Acknowledgement.objects.get(occasion=Occasion.LIST, subject_id=made["id"])
    assert tick.user_id == home.anna.owner.id
    assert tick.user_agent.startswith("API key Shop (mfk_")
    changed = shop.call("PATCH", f"/lists/{made['id']}", {"public_name": "Our seeds"})
    assert json.loads(changed.content)["public_name"] == "Our seeds"
    assert json.loads(changed.content)["name"] == "Seeds"
    assert shop.refused("POST", f"/lists/{made['id']}/archive", {}) == (422, "invalid")
    assert shop.post(f"/lists/{made['id']}/archive", {"sure": True})["archived_at"]
    assert made["id"] not in [row["id"] for row in shop.get("/lists")["items"]]
    assert made["id"] in [row["id"] for row in shop.get("/lists?archived=true")["items"]]


def test_a_person_is_asked_and_never_subscribed(home: FormCustomer, shop: Program) -> None:
    dora = fresh_address()
    answer = shop.post("/confirmation-requests", asking(home, dora, first_name="Dora"), 202)
    assert answer == {"asked": True, "form_id": home.form_id, "list_id": home.anna.list_id}
    assert home.state(dora) == ""
    (request,) = home.requests(dora)
    assert (request.kind, request.created_by_id) == (ConfirmationRequestKind.API, home.anna.owner.id)
    assert request.note.startswith("asked at our stall, 3 May (API key Shop (mfk_")
    (mail,) = home.send()
    assert home.state(dora) == "pending"
    home.confirm(mail)
    assert home.state(dora) == "confirmed"
    person = shop.get(f"/contacts?search={dora}")["items"][0]
    assert person["first_name"] == "Dora"
    assert [each["kind"] for each in shop.get(f"/contacts/{person['id']}")["ledger"]][::-1] == [
        "requested",
        "confirmation_sent",
        "confirmed",
    ]


@pytest.mark.parametrize(
    "email",
    ["info@lindenhof-garten.de", "Vertrieb@lindenhof-garten.de", "abuse+x@lindenhof-garten.de", "x@mailinator.com",
     "no address", "a@b"],
)  # fmt: skip
def test_addresses_are_decided_by_the_one_function(home: FormCustomer, shop: Program, email: str) -> None:
    answer = shop.call("POST", "/confirmation-requests", asking(home, email))
    assert problem(answer) == (422, "refused")
    assert home.requests(email) == []
    again = shop.call("POST", "/confirmation-requests", asking(home, email, own_address=True))
    if email.startswith(("info@", "Vertrieb@", "abuse")):
        assert problem(again) == (422, "refused"), "nobody talks a tier-1 role address in"


@pytest.mark.parametrize(
    "extra",
    [{"state": "confirmed"}, {"consent": {"ip": "192.0.2.1"}}, {"confirmed_at": "2026-01-01T00:00:00Z"},
     {"evidence": "x"}, {"subscribe": True}, {"double_opt_in": False}, {"kind": "form"}, {"values": {"a": 1}}],
)  # fmt: skip
def test_no_evidence_is_passed_by_hand(home: FormCustomer, shop: Program, extra: dict[str, Any]) -> None:
    dora = fresh_address()
    assert shop.refused("POST", "/confirmation-requests", asking(home, dora, **extra)) == (422, "invalid")
    assert home.requests(dora) == []


@pytest.mark.slow
def test_known_and_suppressed_people_are_answered_alike(home: FormCustomer, shop: Program) -> None:
    """No oracle: what the account may not mail looks like what it may."""
    dora, emil = fresh_address(), fresh_address()
    for email in (dora, emil):
        shop.post("/confirmation-requests", asking(home, email), 202)
    for mail in home.send():
        home.confirm(mail)
    (gone,) = shop.get(f"/contacts?search={emil}")["items"]
    shop.post(f"/contacts/{gone['id']}/unsubscribe", {"list_id": None})
    first = shop.post("/confirmation-requests", asking(home, fresh_address()), 202)
    for email in (dora, emil):
        assert shop.post("/confirmation-requests", asking(home, email), 202) == first


def test_contacts_are_searched_and_paged(home: FormCustomer, shop: Program) -> None:
    whole = shop.get(f"/contacts?list_id={home.anna.list_id}&limit=200")["items"]
    walked, cursor = [], ""
    while True:
        found = shop.get(f"/contacts?list_id={home.anna.list_id}&limit=1&cursor={cursor}")
        walked += found["items"]
        if found["next"] is None:
            break
        cursor = found["next"]
    assert walked == whole
    assert [row["email"] for row in whole] == sorted(row["email"] for row in whole)
    assert shop.get("/contacts?search=nobody-at-all")["items"] == []
    assert {row["id"] for row in shop.get("/contacts?state=confirmed")["items"]} <= {row["id"] for row in whole}
    for cursor in ("x", "W10", "bnVsbA", "WyJhIiwgLTFd", "é"):
        assert shop.refused("GET", f"/contacts?cursor={cursor}") == (422, "invalid")


def test_attributes_change_one_by_one(home: FormCustomer, shop: Program) -> None:
    person = reader(shop)
    changed = shop.call("PATCH", f"/contacts/{person['id']}", {"attributes": {"size": 4, "city": None}})
    found = json.loads(changed.content)
    assert found["attributes"] == {"size": 4}
    assert found["first_name"] == person["first_name"]
    path = f"/contacts/{person['id']}"
    assert shop.refused("PATCH", path, {"attributes": {"No Name": 1}}) == (422, "refused")
    assert shop.refused("PATCH", path, {"attributes": {"a": "x" * 3000}}) == (422, "refused")
    assert shop.refused("PATCH", path, {"email": "eve@people.example"}) == (422, "invalid")
    assert shop.refused("PATCH", path, {"subscriptions": []}) == (422, "invalid")


def test_unsubscribing_holds_at_once_and_is_in_the_ledger(home: FormCustomer, shop: Program) -> None:
    person = reader(shop)
    path = f"/contacts/{person['id']}/unsubscribe"
    assert shop.post(path, {"list_id": home.anna.list_id}) == {"ended": 1}
    assert shop.post(path, {"list_id": home.anna.list_id}) == {"ended": 0}
    found = shop.get(f"/contacts/{person['id']}")
    assert found["subscriptions"][0]["state"] == "unsubscribed"
    assert found["ledger"][0]["kind"] == "withdrawn"
    assert found["suppression"] is None
    shop.post(path, {"list_id": None})
    assert shop.get(f"/contacts/{person['id']}")["suppression"]["reason"] == "unsubscribe"
    assert shop.refused("POST", path, {}) == (422, "invalid"), "what is left is said, never guessed"


def test_a_certificate_proves_a_consent_and_leaves_a_line(home: FormCustomer, shop: Program) -> None:
    person = reader(shop, 1)
    found = shop.call("POST", f"/contacts/{person['id']}/lists/{home.anna.list_id}/certificate", {})
    assert found.status_code == 200
    assert read_certificate(found.content)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        line = AuditEntry.objects.filter(action="evidence.exported", subject=f"contact:{person['id']}").get()
    assert line.reason.startswith("API key Shop")


@pytest.mark.slow
def test_erasing_is_meant_and_leaves_the_suppression(home: FormCustomer, shop: Program) -> None:
    dora = fresh_address()
    shop.post("/confirmation-requests", asking(home, dora), 202)
    home.send()
    person = shop.get(f"/contacts?search={dora}")["items"][0]
    path = f"/contacts/{person['id']}/erase"
    assert shop.refused("POST", path, {}) == (422, "invalid")
    assert shop.post(path, {"sure": True})["wiped"]
    assert shop.refused("GET", f"/contacts/{person['id']}") == (404, "not-found")
    with tenancy.account(home.account_id):
        assert not Contact.objects.filter(email=dora).exists()
        assert ConsentEvent.objects.filter(contact_id=person["id"]).exists(), "what proves without naming stays"


def test_carla_sees_and_changes_nothing_of_annas(home: FormCustomer, shop: Program, carla: Program) -> None:
    person, list_id = reader(shop, 1), home.anna.list_id
    before = shop.get(f"/contacts/{person['id']}"), shop.get(f"/lists/{list_id}")
    assert carla.get("/contacts")["items"] == carla.get("/lists")["items"] == []
    assert carla.get(f"/contacts?list_id={list_id}")["items"] == []
    for method, path, data in (
        ("GET", f"/lists/{list_id}", None),
        ("PATCH", f"/lists/{list_id}", {"name": "Hers"}),
        ("POST", f"/lists/{list_id}/archive", {}),
        ("GET", f"/contacts/{person['id']}", None),
        ("PATCH", f"/contacts/{person['id']}", {"first_name": "Eve"}),
        ("POST", f"/contacts/{person['id']}/unsubscribe", {"list_id": None}),
        ("POST", f"/contacts/{person['id']}/unsubscribe", {"list_id": list_id}),
        ("POST", f"/contacts/{person['id']}/erase", {"sure": True}),
        ("POST", f"/contacts/{person['id']}/lists/{list_id}/certificate", {}),
        ("POST", "/confirmation-requests", asking(home, fresh_address())),
    ):
        assert carla.refused(method, path, data) == (404, "not-found"), path
    assert (shop.get(f"/contacts/{person['id']}"), shop.get(f"/lists/{list_id}")) == before


def test_an_account_that_is_not_active_has_no_use_for_a_key(home: FormCustomer) -> None:
    eve = program_of(Customer.registered("Quick Leads"))
    assert eve.refused("GET", "/contacts") == (403, "account-status")
    assert eve.refused("POST", "/confirmation-requests", asking(home, fresh_address())) == (403, "account-status")


def test_nothing_here_made_a_subscription_without_proof(home: FormCustomer) -> None:
    """After all of the above, every confirmed contact has the event that proves it."""
    with tenancy.account(home.account_id):
        for row in Subscription.objects.filter(state="confirmed").select_related("consent_event"):
            assert row.consent_event is not None
            assert row.consent_event.kind == "confirmed"
