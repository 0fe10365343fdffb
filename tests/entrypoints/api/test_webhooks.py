"""Webhooks by API, from the creation to the end."""

from datetime import UTC, datetime, timedelta

import pytest

from mailflatrate.entrypoints.api.v1.service import schema
from mailflatrate.rules.events import EVENTS, EventType, check_payload
from support.api import program_of
from support.customers import Customer


def test_a_webhook_from_its_creation_to_its_end(database: str) -> None:
    assert database
    shop = program_of(Customer.vetted())
    made = shop.post("/webhooks", {"url": "https://crm.lindenhof.example/hook", "types": ["contact.erased"]}, 201)
    here = f"/webhooks/{made['id']}"
    assert shop.refused("POST", "/webhooks", {"url": "https://crm.lindenhof.example/hook"}) == (409, "already-exists")
    assert shop.refused("POST", "/webhooks", {"url": "http://crm.lindenhof.example/"}) == (422, "refused")
    assert [each["id"] for each in shop.get("/webhooks")["items"]] == [made["id"]]
    changed = shop.call("PATCH", here, {"about": "CRM"})
    assert changed.status_code == 200
    assert shop.get(here)["types"] == ["contact.erased"]
    assert shop.post(f"{here}/rotate-secret", {})["secret"] != made["secret"]
    assert shop.post(f"{here}/switch", {"is_on": False})["state"] == "off"
    assert shop.post(f"{here}/switch", {"is_on": True})["state"] == "active"
    day = timedelta(days=1)
    assert shop.post(f"{here}/replay", {"since": (datetime.now(UTC) - day).isoformat()})["id"] == made["id"]
    late = {"since": (datetime.now(UTC) - 40 * day).isoformat()}
    assert shop.refused("POST", f"{here}/replay", late) == (422, "refused")
    assert shop.post(f"{here}/test", {})["done"]
    assert shop.get(f"{here}/attempts")["items"] == []
    assert shop.post(f"{here}/delete", {})["done"]
    assert shop.refused("GET", here) == (404, "not-found")


@pytest.mark.parametrize("event", [each for each in EVENTS if each is not EventType.WEBHOOK_TEST])
def test_every_event_is_described_with_an_example(event: EventType) -> None:
    body = schema()["webhooks"][event.value]["post"]["requestBody"]["content"]["application/json"]
    example = body["example"]
    assert example["type"] == event.value
    check_payload(event, example["data"])
    assert set(body["schema"]["properties"]["data"]["required"]) == set(example["data"])
