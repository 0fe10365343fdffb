"""Segments by API: typed conditions in groups, errors that list the choices, and what the schema says of them."""

from typing import Any

import pytest

from support.api import Program, good, program_of
from support.customers import Customer, sending_customer


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=3)


@pytest.fixture(scope="module")
def carla(database: str) -> Program:
    assert database
    return program_of(sending_customer(people=1))


KIEL = {"field": "attribute", "key": "city", "op": "equals", "value": "Kiel"}
GROUP: dict[str, Any] = {
    "match": "any",
    "items": [
        KIEL,
        {"match": "all", "items": [{"field": "first_name", "op": "in", "value": ["Dora", "Emil"]}]},
        {"match": "any", "exclude": True, "items": [{"field": "received", "op": "at_least", "times": 2, "days": 30}]},
    ],
}


def test_a_group_is_saved_counted_and_said(shop: Program, carla: Program) -> None:
    made = shop.post("/segments", {"name": "Kiel or so", "conditions": GROUP}, 201)
    assert made["conditions"] == {"version": 2, **GROUP}
    assert (made["people"], made["people_is_minimum"], made["untracked"]) == (3, False, None)
    assert made["sentence"].startswith(
        "Contacts whose “city” is “Kiel” or whose First name is “Dora” or “Emil”, but not"
    )
    assert shop.get(f"/segments/{made['id']}") == made
    assert shop.get("/segments")["items"][0]["sentence"] == made["sentence"]
    flat = good(shop.call("PUT", f"/segments/{made['id']}", {"name": "Kiel", "conditions": [KIEL]}))
    assert flat["conditions"] == [KIEL]
    clicks = good(
        shop.call("PUT", f"/segments/{made['id']}", {"name": "x", "conditions": [{"field": "clicked", "op": "did"}]})
    )
    assert (clicks["people"], clicks["untracked"]) == (0, 3)
    assert carla.refused("PUT", f"/segments/{made['id']}", {"name": "x", "conditions": GROUP}) == (404, "not-found")


@pytest.mark.parametrize(
    ("conditions", "choices"),
    [
        ([{"field": "sql", "op": "equals"}], "attribute, first_name, last_name"),
        ([{"field": "list", "op": "equals", "value": 1}], "on, not_on, on_within_days"),
        ([{"field": "list", "op": "on", "value": 2**40}], "Choose a list"),
        ([{"field": "provider", "op": "in", "value": ["hooli"]}], "google, microsoft"),
        ({"match": "most", "items": []}, "all, any"),
        ("everyone", "a list of conditions"),
    ],
)
def test_errors_list_the_choices(shop: Program, conditions: Any, choices: str) -> None:
    answer = shop.call("POST", "/segments", {"name": "Faulty", "conditions": conditions})
    assert answer.status_code == 422
    assert choices.lower() in answer.json()["detail"].lower()


def test_one_in_use_is_not_deleted(shop: Program) -> None:
    made = shop.post("/segments", {"name": "In use", "conditions": [KIEL]}, 201)
    shop.post("/campaigns", {"name": "Elsewhere", "excluded_segment_ids": [made["id"]]}, 201)
    answer = shop.call("DELETE", f"/segments/{made['id']}")
    assert answer.status_code == 409
    assert "the campaign “Elsewhere”" in answer.json()["detail"]


def test_a_campaign_takes_a_group(shop: Program) -> None:
    made = shop.post("/campaigns", {"name": "To a group", "conditions": GROUP}, 201)
    assert made["conditions"] == {"version": 2, **GROUP}
    assert shop.refused("PATCH", f"/campaigns/{made['id']}", {"conditions": {"items": 7}})[0] == 422


def test_the_schema_describes_each_kind_of_condition(shop: Program) -> None:
    schema = shop.get("/openapi.json")["components"]["schemas"]
    for name in ("FieldCondition", "ListCondition", "ClickedCondition", "InnerGroup", "SegmentTree"):
        assert schema[name]["type"] == "object"
    assert "on_within_days" in schema["ListCondition"]["properties"]["op"]["enum"]
    shown = str(schema["SegmentRequest"]["properties"]["conditions"])
    assert "#/components/schemas/SegmentTree" in shown
    assert "#/components/schemas/FieldCondition" in shown
