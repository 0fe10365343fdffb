"""Transactional messages by API: one, what became of it, its search and its repetition; strangers and lesser keys."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.base import tenancy
from support.api import ALL, Program, program_of
from support.customers import Customer
from support.transactional import DATA, TransactionalCustomer, fresh_recipient, sent, transactional_customer


@pytest.fixture(scope="module")
def anna(database: str) -> TransactionalCustomer:
    assert database
    return transactional_customer()


@pytest.fixture(scope="module")
def shop(anna: TransactionalCustomer) -> Program:
    return program_of(anna.customer, [KeyScope.MESSAGES, KeyScope.READ])


def order(**changes: Any) -> dict[str, Any]:
    return {
        "template": "shipped",
        "recipient": fresh_recipient(),
        "reference": {"kind": "order", "number": "A-4711"},
        "data": DATA,
        **changes,
    }


def test_a_message_is_sent_and_its_result_is_found(anna: TransactionalCustomer, shop: Program) -> None:
    wanted = order(reference={"kind": "invoice", "number": "2026-77"})
    made = shop.post("/messages", wanted, 201)
    assert (made["state"], made["rule"], made["template"], made["version"]) == ("queued", "", "shipped", 1)
    assert made["reference"] == {"kind": "invoice", "number": "2026-77"}
    with_delivery = anna.send()  # another one, so that the search below has something to leave out
    delivery = _delivery(anna, made["id"])
    assert len(sent(anna.account_id, delivery)) == 1
    found = shop.get(f"/messages/{made['id']}")
    assert found["state"] == "sent" and found["reply"].startswith("250")
    assert found["mailing_id"] == anna.version().mailing_id and found["may_be_resent"] is True
    assert [each["id"] for each in shop.get("/messages?reference=2026-77")["items"]] == [made["id"]]
    by_address = shop.post("/messages/search", {"recipient": wanted["recipient"].upper()})
    assert [each["id"] for each in by_address["items"]] == [made["id"]]
    assert with_delivery.id in {each["id"] for each in shop.get("/messages")["items"]}


def _delivery(anna: TransactionalCustomer, message_id: int) -> int:
    with tenancy.account(anna.account_id):
        return Delivery.objects.get(transactional_id=message_id).chunk_id


def test_the_same_key_sends_once(shop: Program) -> None:
    wanted = order()
    first = shop.post("/messages", wanted, 201, Idempotency_Key="order-1")
    assert shop.post("/messages", wanted, 201, Idempotency_Key="order-1") == first
    assert shop.refused("POST", "/messages", order(), Idempotency_Key="order-1")[1] == "idempotency-key-reused"


def test_a_refusal_says_which_rule_and_what_to_do(shop: Program) -> None:
    made = shop.post("/messages", order(recipient="info@briefkasten-lindenhof.de"), 201)
    assert (made["state"], made["rule"]) == ("refused", "contract-address")
    assert "own address" in made["reason"]
    assert shop.refused("POST", f"/messages/{made['id']}/resend", {}) == (422, "refused")


def test_a_message_is_resent_as_a_new_one(shop: Program) -> None:
    made = shop.post("/messages", order(), 201)
    again = shop.post(f"/messages/{made['id']}/resend", {}, 201)
    assert again["resent_from"] == made["id"] and again["id"] != made["id"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"template": "nothing"}, "refused"),
        ({"recipient": "nobody"}, "refused"),
        ({"reference": {"kind": "advert", "number": "1"}}, "invalid"),
        ({"reference": {"kind": "order", "number": ""}}, "invalid"),
        ({"reference": {"kind": "order", "number": "www.shop.example"}}, "refused"),
        ({"data": {}}, "invalid"),
        ({"subject": "Buy now"}, "invalid"),
        ({"html": "<p>Buy now</p>"}, "invalid"),
    ],
)
def test_what_is_wrong_is_said(shop: Program, changes: dict[str, Any], code: str) -> None:
    assert shop.refused("POST", "/messages", order(**changes)) == (422, code)


def test_faults_of_data_point_to_their_place(shop: Program) -> None:
    answer = shop.call("POST", "/messages", order(data={**DATA, "items": [{"title": "A", "count": "x"}]}))
    assert answer.status_code == 422
    assert "body.data.items[0].count" in answer.content.decode()


def test_a_key_with_every_other_scope_sends_none(anna: TransactionalCustomer) -> None:
    others = program_of(anna.customer, [scope for scope in ALL if scope not in (KeyScope.MESSAGES, KeyScope.ASK)])
    assert others.refused("POST", "/messages", order()) == (403, "scope-missing")
    only = program_of(anna.customer, [KeyScope.MESSAGES])
    made = only.post("/messages", order(), 201)
    for method, path, data in (
        ("GET", "/messages", None),
        ("GET", f"/messages/{made['id']}", None),
        ("POST", "/messages/search", {"recipient": "dora@briefkasten-lindenhof.de"}),
        ("GET", "/contacts", None),
    ):
        assert only.refused(method, path, data) == (403, "scope-missing")


def test_a_stranger_finds_no_message_and_uses_no_template(anna: TransactionalCustomer, shop: Program) -> None:
    made = shop.post("/messages", order(), 201)
    carla = program_of(transactional_customer(is_on=False).customer, [KeyScope.MESSAGES, KeyScope.READ])
    assert carla.refused("GET", f"/messages/{made['id']}") == (404, "not-found")
    assert carla.refused("POST", f"/messages/{made['id']}/resend", {}) == (404, "not-found")
    assert carla.get("/messages")["items"] == []
    assert carla.post("/messages/search", {"recipient": made["recipient"]})["items"] == []
    assert carla.refused("POST", "/messages", order()) == (422, "refused")


def test_without_a_reviewed_template_nothing_is_sent(database: str) -> None:
    nobody = program_of(Customer.vetted(), [KeyScope.MESSAGES])
    assert nobody.refused("POST", "/messages", order()) == (422, "refused")
