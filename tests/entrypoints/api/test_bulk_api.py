"""Bulk actions, moves and origins by API: started, watched, stopped; and nothing of another account is in reach."""

import io
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.intake.actions.moves import begin_imports
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.moves.check import check_move
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.base import tenancy
from support.api import Program, good, problem, program_of
from support.contact_files import HEADER
from support.customers import Customer, sending_customer

ROW = (
    "gil@briefkasten-lindenhof.de;Gil;Graf;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;https://a.example/;Kiel"
)
OUT = "email;unsubscribed_at\nhal@briefkasten-lindenhof.de;2026-10-02T10:00:00Z"
ORIGIN = {
    "kind": "website",
    "form_urls": ["https://lindenhof.example/news"],
    "wording": "I want to get the newsletter of Lindenhof by email. I can unsubscribe at any time.",
    "collected_from": "2020-01-01",
    "previous_system": "Mailchimp",
    "last_mailed_on": "2026-10-01",
    "declared_count": 10,
    "controller": "Lindenhof GmbH",
    "signatory": "Anna Albrecht",
    "evidence": ["signup_at", "signup_ip", "confirmed_at", "source"],
}


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=8)


@pytest.fixture(scope="module")
def shop(anna: Customer) -> Program:
    return program_of(anna)


def file(name: str, *lines: str) -> io.BytesIO:
    found = io.BytesIO("\n".join(lines).encode())
    found.name = name
    return found


def test_a_tag_is_added_to_all_that_match_and_taken_back(anna: Customer, shop: Program) -> None:
    everyone = {"filter": {"list_id": anna.list_id, "state": "confirmed"}}
    answer = shop.call("POST", "/bulk-actions/add-tag", everyone | {"tag": "Winter"})
    made = good(answer, 202)
    where = answer.headers["Location"].partition("/api/v1")[2]
    assert where == f"/bulk-actions/{made['id']}"
    run_bulk(anna.account_id, made["id"])
    found = shop.get(where)
    assert (found["state"], found["total"], found["changed"], found["percent"]) == ("done", 8, 8, 100)
    assert shop.get("/contacts?limit=1")["items"][0]["tags"] == ["Winter"]
    undone = good(shop.call("POST", f"{where}/undo"), 202)
    run_bulk(anna.account_id, undone["id"])
    assert shop.get("/contacts?limit=1")["items"][0]["tags"] == []
    assert shop.refused("POST", f"{where}/undo") == (409, "state-conflict")
    assert [row["id"] for row in shop.get("/bulk-actions?limit=2")["items"]] == [undone["id"], made["id"]]


def test_a_field_is_set_for_some(anna: Customer, shop: Program) -> None:
    ids = [row["id"] for row in shop.get("/contacts?limit=3")["items"]]
    shop.post("/fields", {"label": "Shelf", "type": "number", "purpose": "to pick the order"}, 201)
    wrong = {"contact_ids": ids, "key": "shelf", "value": "high"}
    assert shop.refused("POST", "/bulk-actions/set-field", wrong) == (422, "refused")
    made = good(shop.call("POST", "/bulk-actions/set-field", wrong | {"value": 7}), 202)
    run_bulk(anna.account_id, made["id"])
    assert shop.get(f"/contacts/{ids[0]}")["attributes"]["shelf"] == 7


def test_a_bulk_action_is_cancelled_and_only_so_many_wait(shop: Program) -> None:
    ids = [shop.get("/contacts?limit=1")["items"][0]["id"]]
    started = [
        good(shop.call("POST", "/bulk-actions/add-tag", {"contact_ids": ids, "tag": f"T{number}"}), 202)["id"]
        for number in range(3)
    ]
    full = shop.refused("POST", "/bulk-actions/add-tag", {"contact_ids": ids, "tag": "T4"})
    assert full == (409, "state-conflict")
    for bulk_id in started:
        assert shop.post(f"/bulk-actions/{bulk_id}/cancel", None)["state"] == "cancelled"


@pytest.mark.slow
def test_people_leave_and_are_erased_for_good(anna: Customer, shop: Program) -> None:
    one, two = (row["id"] for row in shop.get("/contacts?sort=-email&limit=2")["items"])
    left = good(shop.call("POST", "/bulk-actions/unsubscribe", {"contact_ids": [one], "from_list_id": None}), 202)
    run_bulk(anna.account_id, left["id"])
    assert shop.get(f"/contacts/{one}")["suppression"]["reason"] == "unsubscribe"
    assert shop.refused("POST", f"/bulk-actions/{left['id']}/undo") == (409, "state-conflict")
    assert shop.refused("POST", "/bulk-actions/erase", {"contact_ids": [two]}) == (422, "invalid")
    gone = good(shop.call("POST", "/bulk-actions/erase", {"contact_ids": [two], "sure": True}), 202)
    run_bulk(anna.account_id, gone["id"])
    assert shop.refused("GET", f"/contacts/{two}") == (404, "not-found")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "more", "scope"),
    [
        ("add-tag", {"tag": "x"}, KeyScope.CONTACTS_WRITE),
        ("remove-tag", {"tag": "x"}, KeyScope.CONTACTS_WRITE),
        ("set-field", {"key": "city", "value": "x"}, KeyScope.CONTACTS_WRITE),
        ("unsubscribe", {"from_list_id": None}, KeyScope.SUPPRESS),
        ("erase", {"sure": True}, KeyScope.ERASE),
    ],
)
def test_each_kind_needs_its_scope_and_reaches_no_one_else(
    anna: Customer, shop: Program, carla: Program, kind: str, more: dict[str, Any], scope: KeyScope
) -> None:
    contact_id = shop.get("/contacts?limit=1")["items"][0]["id"]
    others = program_of(anna, [one for one in KeyScope if one != scope])
    body = {"contact_ids": [contact_id], **more}
    assert others.refused("POST", f"/bulk-actions/{kind}", body) == (403, "scope-missing")
    for named in ({"list_id": anna.list_id}, {"tag_id": 2**40}, {"segment_id": 2**40}):
        assert carla.refused("POST", f"/bulk-actions/{kind}", {"filter": named, **more}) == (404, "not-found")
    for wrong in ({}, {"contact_ids": [contact_id], "filter": {}}, {"contact_ids": []}):
        assert shop.refused("POST", f"/bulk-actions/{kind}", {**wrong, **more}) == (422, "invalid")
    with tenancy.account(anna.account_id):
        assert Contact.objects.filter(id=contact_id).exists()


def test_an_origin_is_declared_and_shown(anna: Customer, shop: Program, carla: Program) -> None:
    made = shop.post("/lists", {"name": "Moved", "policy_confirmed": True}, 201)["id"]
    path = f"/lists/{made}/origins"
    assert shop.refused("POST", path, ORIGIN) == (422, "invalid")
    assert carla.refused("POST", path, ORIGIN | {"assured": True}) == (404, "not-found")
    missing = ORIGIN | {"assured": True, "wording": "short"}
    assert shop.refused("POST", path, missing) == (422, "invalid")
    first = shop.post(path, ORIGIN | {"assured": True}, 201)
    assert (first["state"], first["version"], first["has_screenshot"]) == ("waiting", 1, False)
    second = shop.post(path, ORIGIN | {"assured": True, "declared_count": 12}, 201)
    assert [row["state"] for row in shop.get(path)["items"]] == ["waiting", "replaced"]
    assert shop.get(f"{path}/{second['id']}")["declared_count"] == 12
    assert carla.refused("GET", f"{path}/{second['id']}") == (404, "not-found")
    assert shop.refused("GET", f"/lists/{anna.list_id}/origins/{second['id']}") == (404, "not-found")


@pytest.mark.slow
def test_several_files_are_checked_and_started_together(anna: Customer, shop: Program, carla: Program) -> None:
    list_id = shop.post("/lists", {"name": "Moved in", "policy_confirmed": True}, 201)["id"]
    files = {"list_id": list_id, "files": [file("in.csv", HEADER, ROW), file("out.csv", OUT)]}
    answer = shop.upload("/moves", files)
    made = good(answer, 202)
    path = answer.headers["Location"].partition("/api/v1")[2]
    assert [one["name"] for one in made["files"]] == ["in.csv", "out.csv"]
    assert (made["state"], made["result"]) == ("checking", None)
    check_move(anna.account_id, made["id"])
    ready = shop.get(path)
    assert (ready["state"], ready["result"]["rows"], ready["result"]["can_start"]) == ("ready", 2, True)
    assert sum(ready["result"]["mailable"].values()) == 1
    assert sum(ready["result"]["never"].values()) == 1
    begin = {"run": ready["run"], "policy_confirmed": True}
    assert shop.refused("POST", f"{path}/start", {"run": 1}) == (422, "policy-not-confirmed")
    assert shop.refused("POST", f"{path}/start", begin) == (422, "origin-needed")
    shop.post(f"/lists/{list_id}/origins", ORIGIN | {"assured": True}, 201)
    answered = good(shop.call("POST", f"{path}/answers", {"last_mailed_on": "2026-10-01"}), 202)
    assert answered["run"] == ready["run"] + 1
    check_move(anna.account_id, made["id"])
    assert shop.refused("POST", f"{path}/start", begin) == (409, "state-conflict"), "its numbers were not seen"
    for method, where in (("GET", path), ("POST", f"{path}/start"), ("DELETE", path)):
        body = begin if method == "POST" else None
        assert carla.refused(method, where, body) == (404, "not-found")
    started = good(shop.call("POST", f"{path}/start", begin | {"run": answered["run"]}), 202)
    assert started["state"] == "starting"
    assert shop.refused("DELETE", path) == (409, "state-conflict")
    begin_imports(anna.account_id, made["id"])
    with tenancy.account(anna.account_id):
        assert shop.get(path)["import_ids"] == list(
            Import.objects.filter(move_id=made["id"]).order_by("id").values_list("id", flat=True)
        )
        assert not Subscription.objects.filter(mailing_list_id=list_id).exists(), "a job imports them"


def test_a_move_is_discarded_and_an_odd_one_refused(shop: Program, anna: Customer) -> None:
    made = good(shop.upload("/moves", {"list_id": anna.list_id, "files": [file("a.csv", HEADER, ROW)]}), 202)
    assert good(shop.call("DELETE", f"/moves/{made['id']}")) == {"done": True}
    empty = shop.upload("/moves", {"list_id": anna.list_id, "files": [file("a.csv", "")]})
    assert problem(empty)[0] in (400, 422)
