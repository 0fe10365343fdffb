"""Events by API: one, a batch, their types and their period; strangers and keys without the scope."""

from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.lists.models import Contact, ContactEvent
from mailflatrate.base import clock, tenancy
from support.api import Program, program_of
from support.customers import Customer, sending_customer


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=6)


@pytest.fixture(scope="module")
def dora(anna: Customer) -> int:
    with tenancy.account(anna.account_id):
        contact = Contact.objects.order_by("id")[0]
        Contact.objects.filter(id=contact.id).update(external_id="crm:7")
    return contact.id


@pytest.fixture(scope="module")
def shop(anna: Customer) -> Program:
    return program_of(anna, [KeyScope.EVENTS_WRITE])


def test_one_event_by_id_or_external_id_recorded_once(shop: Program, dora: int) -> None:
    event = {"event": "order.placed", "properties": {"total": 49.5}, "key": "A-1"}
    assert shop.post(f"/contacts/{dora}/events", event) == {"outcome": "recorded", "contact_id": dora}
    assert shop.post("/contacts/ext:crm:7/events", event) == {"outcome": "known", "contact_id": dora}
    assert shop.post("/contacts/ext:crm:7/events", {**event, "key": "A-2"})["outcome"] == "recorded"
    for unknown in ("ext:crm:8", "ext:", "x", "0", str(2**70), str(2**62)):
        assert shop.refused("POST", f"/contacts/{unknown}/events", event) == (404, "not-found")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, "invalid"),
        ({"event": "Order"}, "invalid"),
        ({"event": "order.placed", "properties": {"total": "x"}}, "refused"),
        ({"event": "order.placed", "properties": {"total": [1]}}, "invalid"),
        ({"event": "diagnosis"}, "refused"),
        ({"event": "order.placed", "at": "2026-03-31T10:00:00"}, "invalid"),
        ({"event": "order.placed", "at": "2001-01-01T10:00:00Z"}, "refused"),
        ({"event": "order.placed", "more": 1}, "invalid"),
        ({"event": "order.placed", "key": ""}, "invalid"),
    ],
)
def test_what_is_wrong_is_said(shop: Program, dora: int, data: dict[str, Any], code: str) -> None:
    assert shop.refused("POST", f"/contacts/{dora}/events", data) == (422, code)


def test_a_batch_records_what_it_can(anna: Customer, shop: Program, dora: int) -> None:
    at = (clock.now() - timedelta(hours=3)).isoformat()
    items = [
        {"contact": {"id": dora}, "event": "page.seen", "at": at, "key": "p1", "properties": {"page": "/bulbs"}},
        {"contact": {"external_id": "crm:7"}, "event": "page.seen", "key": "p1"},
        {"contact": {"id": 2**40}, "event": "page.seen"},
        {"contact": {"id": dora}, "event": "page.seen", "properties": {"page": 7}},
    ]
    found = shop.post("/contacts/events", {"items": items})
    assert [found[name] for name in ("recorded", "known", "unknown", "refused")] == [1, 1, 1, 1]
    assert [(one["index"], one["outcome"]) for one in found["items"]] == [(2, "unknown"), (3, "refused")]
    assert "page" in found["items"][1]["detail"]
    both = {"items": [{"contact": {"id": dora, "external_id": "x"}, "event": "page.seen"}]}
    assert shop.refused("POST", "/contacts/events", both) == (422, "invalid")
    many = {"items": [{"contact": {"id": dora}, "event": "page.seen"}] * 1_001}
    assert shop.refused("POST", "/contacts/events", many)[0] in (413, 422)
    thousand = [{"contact": {"id": dora}, "event": "many", "key": str(n), "properties": {"n": n}} for n in range(1_000)]
    assert shop.post("/contacts/events", {"items": thousand})["recorded"] == 1_000
    with tenancy.account(anna.account_id):
        assert ContactEvent.objects.filter(event_type__name="many").count() == 1_000


def test_types_are_declared_listed_and_deleted(anna: Customer, dora: int) -> None:
    program = program_of(anna)
    made = program.post("/event-types", {"name": "trip.booked", "properties": {"leaves": "date"}}, 201)
    assert made["properties"] == {"leaves": "date"}
    assert program.refused("POST", "/event-types", {"name": "trip.booked"}) == (409, "already-exists")
    assert program.refused("POST", "/event-types", {"name": "religion.left"}) == (422, "refused")
    place = f"/event-types/{made['id']}"
    changed = program.call("PATCH", place, {"properties": {"seats": "number"}})
    assert changed.status_code == 200
    assert program.refused("PATCH", place, {"properties": {"seats": "text"}}) == (422, "refused")
    event = {"event": "trip.booked", "properties": {"leaves": "2026-07-01", "seats": 2}}
    program.post(f"/contacts/{dora}/events", event)
    wrong = {"event": "trip.booked", "properties": {"leaves": "1 July"}}
    assert program.refused("POST", f"/contacts/{dora}/events", wrong) == (422, "refused")
    assert "trip.booked" in [row["name"] for row in program.get("/event-types")["items"]]
    condition = {
        "field": "event",
        "op": "did",
        "event": "trip.booked",
        "days": 30,
        "where": [{"property": "seats", "op": "at_least", "value": 2}],
    }
    segment = program.post("/segments", {"name": "Travelers", "conditions": [condition]}, 201)
    assert segment["conditions"] == [condition]
    assert "trip.booked" in segment["sentence"]
    assert program.refused("POST", f"{place}/delete", {}) == (422, "invalid")
    assert program.post(f"{place}/delete", {"sure": True}) == {"events": 1}
    assert program.refused("GET", place) == (404, "not-found")


def test_the_period_is_the_account_s_own(anna: Customer) -> None:
    program = program_of(anna)
    assert program.get("/event-period") == {"keep_days": 365}
    assert program.refused("PATCH", "/event-period", {"keep_days": 2_000}) == (422, "invalid")
    assert program.call("PATCH", "/event-period", {"keep_days": 90}).status_code == 200
    assert program.get("/event-period") == {"keep_days": 90}


def test_strangers_and_keys_without_the_scope_record_and_learn_nothing(
    anna: Customer, shop: Program, dora: int
) -> None:
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    event = {"event": "order.placed", "key": "C-1"}
    assert carla.refused("POST", f"/contacts/{dora}/events", event) == (404, "not-found")
    assert carla.refused("POST", "/contacts/ext:crm:7/events", event) == (404, "not-found")
    batch = {"items": [{"contact": {"id": dora}, "event": "order.placed"}]}
    assert carla.post("/contacts/events", batch)["unknown"] == 1
    (mine, *_) = program_of(anna).get("/event-types")["items"]
    assert carla.get("/event-types")["items"] == []
    assert carla.refused("GET", f"/event-types/{mine['id']}") == (404, "not-found")
    assert carla.refused("POST", f"/event-types/{mine['id']}/delete", {"sure": True}) == (404, "not-found")
    others = program_of(anna, [scope for scope in KeyScope if scope is not KeyScope.EVENTS_WRITE])
    assert others.refused("POST", f"/contacts/{dora}/events", event) == (403, "scope-missing")
    assert others.refused("POST", "/contacts/events", batch) == (403, "scope-missing")
    for method, path, data in (
        ("GET", "/event-types", None),
        ("POST", "/event-types", {"name": "mine"}),
        ("PATCH", "/event-period", {"keep_days": 1}),
        ("GET", f"/contacts/{dora}", None),
    ):
        assert shop.refused(method, path, data) == (403, "scope-missing")
    with tenancy.account(anna.account_id):
        assert not ContactEvent.objects.filter(event_type__name="mine").exists()
