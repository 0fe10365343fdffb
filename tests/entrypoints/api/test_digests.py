"""Digests by API: set up as on the page, looked at, left; what they prepare is a draft like any other."""

import json
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.actions.digests import MOST_DIGESTS
from mailflatrate.apps.campaigns.models import FeedItem
from mailflatrate.base import clock, tenancy
from support.api import Program, good, problem, program_of
from support.customers import Customer

FEED = "https://shop.lindenhof.example/feed"


def settings(anna: Customer, **values: Any) -> dict[str, Any]:
    return {"name": "Shop news", "url": FEED, "list_id": anna.list_id, "weekday": 0} | values


def looks(digest_id: int) -> list[bool]:
    """The looks that wait for the worker: whether each prepares an issue."""
    jobs = ProcrastinateJob.objects.filter(task_name="campaigns.check_digest", status="todo")
    return [job.args["issue"] for job in jobs.order_by("id") if job.args["digest_id"] == digest_id]


def entries(anna: Customer, digest_id: int, *titles: str) -> None:
    with tenancy.account(anna.account_id):
        for title in titles:
            FeedItem.objects.create(digest_id=digest_id, key=title, title=title, link="", seen_at=clock.now())


def test_a_digest_is_set_up_changed_and_left(anna: Customer, shop: Program) -> None:
    made = shop.post("/digests", settings(anna), 201)
    assert (made["at"], made["time_zone"], made["minimum"], made["is_active"]) == ("09:00:00", "Europe/Berlin", 1, True)
    assert (made["outcome"], made["checked_at"], made["waiting"], made["last_issue_id"]) == ("", None, 0, None)
    assert looks(made["id"]) == [False], "its feed is looked at at once"
    path = f"/digests/{made['id']}"
    assert shop.get(path) == made
    assert shop.get("/digests")["items"] == [made]
    values = {"weekday": 7, "at": "17:30", "sender_id": anna.sender_id, "minimum": 3, "time_zone": "Asia/Tokyo"}
    changed = good(shop.call("PATCH", path, values))
    assert {name: changed[name] for name in values} == values | {"at": "17:30:00"}
    assert (changed["name"], changed["url"]) == ("Shop news", FEED)
    off = good(shop.call("PATCH", path, {"is_active": False, "sender_id": None}))
    assert (off["is_active"], off["sender_id"], off["minimum"]) == (False, None, 3)
    assert good(shop.call("DELETE", path)) == {"done": True}
    assert shop.refused("GET", path) == (404, "not-found")


@pytest.mark.slow
def test_what_no_digest_can_be_is_named_in_both_languages(anna: Customer, shop: Program) -> None:
    made = shop.post("/digests", settings(anna), 201)
    secret = {"url": "https://anna:secret@shop.example/feed"}
    for language, words in (("en", "Enter an address"), ("de", "Geben Sie eine Adresse ein")):
        answer = shop.call("POST", "/digests", settings(anna, **secret), Accept_Language=language)
        assert problem(answer) == (422, "invalid")
        (error,) = json.loads(answer.content)["errors"]
        assert error["pointer"] == "body.url"
        assert error["message"].startswith(words)
    for values, where in (
        ({"url": "ftp://shop.example/feed"}, "body.url"),
        ({"list_id": 2**40}, "body.list_id"),
        ({"sender_id": 2**40}, "body.sender_id"),
        ({"template_id": 2**40}, "body.template_id"),
        ({"weekday": 8}, "body.weekday"),
        ({"at": "25:00"}, "body.at"),
        ({"at": "09:00+02:00"}, "body.at"),
        ({"time_zone": "Mars/Olympus"}, "body.time_zone"),
        ({"minimum": 21}, "body.minimum"),
        ({"outcome": "read"}, "body.outcome"),
    ):
        answer = shop.call("PATCH", f"/digests/{made['id']}", values)
        assert problem(answer) == (422, "invalid"), values
        assert json.loads(answer.content)["errors"][0]["pointer"] == where
    assert shop.refused("POST", "/digests", settings(anna)) == (409, "already-exists"), "the name is taken"
    assert shop.get("/digests")["items"] == [made]


def test_a_repeated_request_is_one_digest(anna: Customer, shop: Program) -> None:
    first = shop.post("/digests", settings(anna), 201, Idempotency_Key="feed-1")
    assert shop.post("/digests", settings(anna), 201, Idempotency_Key="feed-1") == first
    other = settings(anna, name="Other")
    assert shop.refused("POST", "/digests", other, Idempotency_Key="feed-1") == (422, "idempotency-key-reused")
    assert len(shop.get("/digests")["items"]) == 1


@pytest.mark.slow
def test_an_account_has_so_many_and_no_more(anna: Customer, shop: Program) -> None:
    for number in range(MOST_DIGESTS):
        shop.post("/digests", settings(anna, name=f"Digest {number}"), 201)
    assert shop.refused("POST", "/digests", settings(anna)) == (409, "state-conflict")


def test_a_look_is_asked_for_and_its_entries_are_seen(anna: Customer, shop: Program) -> None:
    made = shop.post("/digests", settings(anna), 201)
    path = f"/digests/{made['id']}"
    shop.post(f"{path}/check", {"issue": True}, 202)
    assert looks(made["id"]) == [False, True]
    entries(anna, made["id"], "One", "Two", "Three")
    assert shop.get(path)["waiting"] == 3
    first = shop.get(f"{path}/entries?limit=2")
    assert [each["title"] for each in first["items"]] == ["Three", "Two"]
    assert [each["title"] for each in shop.get(f"{path}/entries?cursor={first['next']}")["items"]] == ["One"]
    with tenancy.account(anna.account_id):
        FeedItem.objects.filter(digest_id=made["id"]).update(used_at=clock.now())
    only_looks = program_of(anna, [KeyScope.READ])
    assert only_looks.refused("POST", f"{path}/check", {}) == (403, "scope-missing")
    assert only_looks.get(path)["waiting"] == 0


def test_carla_reaches_no_digest_of_annas(anna: Customer, shop: Program) -> None:
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    made = shop.post("/digests", settings(anna), 201)
    entries(anna, made["id"], "One")
    path = f"/digests/{made['id']}"
    before = shop.get(path)
    for method, rest, data in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Hers"}),
        ("DELETE", "", None),
        ("POST", "/check", {"issue": True}),
        ("GET", "/entries", None),
    ):
        assert carla.refused(method, path + rest, data) == (404, "not-found"), rest
    assert carla.get("/digests")["items"] == []
    assert carla.refused("POST", "/digests", settings(anna)) == (422, "invalid"), "Anna's list"
    assert shop.get(path) == before
