"""Keeping a copy of the contacts by API: changes that miss nothing, exact look-ups, orders, batches."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from mailflatrate.apps.lists.models import Contact, ContactTouch, Subscription
from mailflatrate.apps.lists.sync import KEPT, sweep_touches
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.roles import app_url, owner_url
from mailflatrate.settings.schema import load_settings
from support.api import Program, program_of
from support.customers import Customer, sending_customer


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=12)


@pytest.fixture(scope="module")
def shop(anna: Customer) -> Program:
    return program_of(anna)


def contacts(shop: Program, query: str = "") -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = shop.get(f"/contacts?limit=5&cursor={cursor}{query}")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = page["next"]


def changes(shop: Program, cursor: str, limit: int = 1000) -> tuple[set[int], set[int], str]:
    """Everything that changed after a cursor: contacts, those that are gone, and where to read on."""
    found: set[int] = set()
    gone: set[int] = set()
    while True:
        page = shop.get(f"/contacts?limit={limit}&cursor={cursor}")
        found |= {row["id"] for row in page["items"]}
        gone |= set(page["erased_ids"])
        cursor = page["resume"]
        if page["next"] is None:
            return found, gone, cursor


@pytest.fixture
def resume(shop: Program) -> str:
    """A cursor after everything so far."""
    now = clock.now().isoformat().replace("+", "%2B")
    return changes(shop, shop.get(f"/contacts?updated_since={now}")["resume"])[2]


@pytest.fixture
def late(anna: Customer) -> Iterator[psycopg.Connection[Any]]:
    """A transaction of the application that isn't committed yet."""
    with psycopg.connect(app_url(load_settings())) as open_one:
        tenancy.enter_account(open_one, anna.account_id)
        yield open_one


def test_a_change_that_commits_late_is_not_missed(
    anna: Customer, shop: Program, resume: str, late: psycopg.Connection[Any]
) -> None:
    """It began first, and a later change was read before it was there: a position in time would lie behind it."""
    first, second = (row["id"] for row in contacts(shop)[:2])
    late.execute("UPDATE contact SET first_name = 'Late', updated_at = now() WHERE id = %s", [first])
    assert shop.call("PATCH", f"/contacts/{second}", {"first_name": "Early"}).status_code == 200
    seen, _gone, cursor = changes(shop, resume)
    since = (clock.now() - timedelta(milliseconds=1)).isoformat().replace("+", "%2B")
    by_time = shop.get(f"/contacts?updated_since={since}")
    late.commit()
    more, _gone, _cursor = changes(shop, cursor)
    assert first in seen | more
    assert second in seen | more
    again = {row["id"] for row in by_time["items"]} | changes(shop, by_time["resume"])[0]
    assert first in again, "the time was after its statement, but before its commit"


@pytest.mark.slow
def test_everything_that_a_contact_shows_is_a_change(anna: Customer, shop: Program, resume: str) -> None:
    rows = contacts(shop)
    named, tagged, left, field = (row["id"] for row in rows[3:7])
    untouched = rows[8]["id"]
    shop.call("PATCH", f"/contacts/{named}", {"external_id": "crm-1"})
    shop.call("PATCH", f"/contacts/{tagged}", {"tags": {"add": ["Sync"]}})
    shop.post(f"/contacts/{left}/unsubscribe", {"list_id": anna.list_id})
    shop.call("PATCH", f"/contacts/{field}", {"attributes": {"city": "Flensburg"}})
    for limit in (1, 2, 1000):
        found, gone, _cursor = changes(shop, resume, limit)
        assert {named, tagged, left, field} <= found
        assert untouched not in found
        assert not gone
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id=untouched).update(last_activity_at=clock.now())
    assert untouched not in changes(shop, resume)[0], "a click is no change of what is shown"


def test_who_is_erased_is_named(anna: Customer, shop: Program, resume: str) -> None:
    gone_id = contacts(shop)[9]["id"]
    shop.post(f"/contacts/{gone_id}/erase", {"sure": True})
    found, gone, _cursor = changes(shop, resume)
    assert gone == {gone_id}
    assert gone_id not in found


def test_new_people_are_one_row_of_changes(anna: Customer, shop: Program, resume: str) -> None:
    """A slice of an import is a run of ids; it is read contact by contact all the same."""
    with tenancy.account(anna.account_id):
        before = ContactTouch.objects.count()
        made = Contact.objects.bulk_create(
            Contact(account_id=anna.account_id, email=f"run{number}@x.example", address_key=bytes([number]) * 32)
            for number in range(50)
        )
        assert ContactTouch.objects.count() - before == 1
    found, _gone, _cursor = changes(shop, resume, 7)
    assert {row.id for row in made} <= found
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id__in=[row.id for row in made]).delete()


def test_what_is_too_old_says_so(anna: Customer, shop: Program, resume: str) -> None:
    long_ago = (clock.now() - KEPT - timedelta(days=1)).isoformat().replace("+", "%2B")
    assert shop.refused("GET", f"/contacts?updated_since={long_ago}") == (410, "cursor-expired")
    with clock.frozen_at(clock.now() + KEPT + timedelta(days=1)):
        assert sweep_touches() > 0
    assert shop.refused("GET", f"/contacts?cursor={resume}") == (410, "cursor-expired")


def test_a_change_of_a_replaced_database_is_dropped(anna: Customer, shop: Program) -> None:
    """After a restore into another server its transactions lie in the future, and would never be handed out."""
    with psycopg.connect(owner_url(load_settings())) as owner:
        owner.execute(
            "INSERT INTO contact_touch (account_id, first_id, last_id, is_gone, xid, oldest, at)"
            " VALUES (%s, 1, 1, false, 4000000000000, 4000000000000, now())",
            [anna.account_id],
        )
    sweep_touches()
    with tenancy.account(anna.account_id):
        assert not ContactTouch.objects.filter(xid=4000000000000).exists()


def test_changes_stand_alone(shop: Program, resume: str) -> None:
    now = clock.now().isoformat().replace("+", "%2B")
    for query in (f"updated_since={now}&list_id=1", f"updated_since={now}&sort=email", f"cursor={resume}&search=x"):
        assert shop.refused("GET", f"/contacts?{query}") == (422, "invalid")


def test_a_cursor_names_no_one_and_is_nobody_elses(shop: Program, carla: Program) -> None:
    page = shop.get("/contacts?limit=1")
    assert "@" not in page["next"]
    assert shop.get("/contacts?limit=1")["next"] == page["next"], "the same page has the same cursor, and so its ETag"
    assert carla.refused("GET", f"/contacts?cursor={page['next']}") == (422, "invalid")
    assert shop.refused("GET", f"/contacts?sort=-email&cursor={page['next']}") == (422, "invalid")
    assert shop.refused("GET", f"/contacts?cursor={page['next'][:-2]}AA") == (422, "invalid")


@pytest.mark.parametrize("order", ["email", "-email", "created_at", "-updated_at"])
def test_contacts_are_sorted_across_pages(shop: Program, order: str) -> None:
    column = order.removeprefix("-")
    found = contacts(shop, f"&sort={order}")
    read = str if column == "email" else datetime.fromisoformat
    values = [read(row[column]) for row in found]
    assert values == sorted(values, reverse=order.startswith("-"))
    assert len({row["id"] for row in found}) == len(found) >= 11


def test_a_page_has_up_to_a_thousand(shop: Program) -> None:
    assert shop.get("/contacts?limit=1000")["next"] is None
    assert shop.refused("GET", "/contacts?limit=1001") == (422, "invalid")


@pytest.mark.slow
def test_a_contact_is_looked_up_exactly(anna: Customer, shop: Program, carla: Program) -> None:
    person = contacts(shop)[0]
    assert shop.post("/contacts/look-up", {"email": person["email"].upper()})["id"] == person["id"]
    assert shop.refused("POST", "/contacts/look-up", {"email": person["email"][1:]}) == (404, "not-found")
    assert shop.call("PATCH", f"/contacts/{person['id']}", {"external_id": "shop/7"}).status_code == 200
    assert shop.post("/contacts/look-up", {"external_id": "shop/7"})["email"] == person["email"]
    other = contacts(shop)[1]["id"]
    assert shop.refused("PATCH", f"/contacts/{other}", {"external_id": "shop/7"}) == (409, "already-exists")
    for named in ({"email": person["email"]}, {"external_id": "shop/7"}):
        assert carla.refused("POST", "/contacts/look-up", named) == (404, "not-found")
    for wrong in ({}, {"email": person["email"], "external_id": "shop/7"}, {"external_id": "two words"}):
        assert shop.refused("POST", "/contacts/look-up", wrong) == (422, "invalid")
    assert shop.call("PATCH", f"/contacts/{person['id']}", {"external_id": None}).status_code == 200
    assert shop.refused("POST", "/contacts/look-up", {"external_id": "shop/7"}) == (404, "not-found")


@pytest.mark.slow
def test_a_batch_changes_what_it_can_and_reports_the_rest(anna: Customer, shop: Program, carla: Program) -> None:
    one, two, three = contacts(shop)[:3]
    stranger = contacts(carla)[0]
    with tenancy.account(anna.account_id):
        people, subscriptions = (
            Contact.objects.count(),
            list(Subscription.objects.order_by("id").values_list("id", "state")),
        )
    items = [
        {"contact": {"id": one["id"]}, "external_id": "a", "attributes": {"city": "Kiel", "visits": 3}},
        {"contact": {"email": two["email"]}, "external_id": "b", "tags": {"add": ["Batch"]}, "first_name": "Bea"},
        {"contact": {"email": "nobody@nowhere.example"}, "first_name": "New"},
        {"contact": {"id": stranger["id"]}, "first_name": "Mine now"},
        {"contact": {"id": three["id"]}, "attributes": {"religion": "x"}, "first_name": "Not this"},
        {"contact": {"id": three["id"]}, "external_id": "a"},
        {"contact": {"id": three["id"]}, "attributes": {"visits": "many"}},
    ]
    found = shop.post("/contacts/batch", {"items": items})
    assert [row["outcome"] for row in found["items"]] == [
        "changed",
        "changed",
        "unknown",
        "unknown",
        "refused",
        "refused",
        "refused",
    ]
    assert all(row["detail"] for row in found["items"] if row["outcome"] == "refused")
    assert (found["changed"], found["unknown"], found["refused"]) == (2, 2, 3)
    assert (
        shop.get(f"/contacts/{one['id']}")["attributes"] | {"city": "Kiel", "visits": 3}
        == (shop.get(f"/contacts/{one['id']}")["attributes"])
    )
    assert shop.get(f"/contacts/{two['id']}")["tags"] == ["Batch"]
    assert shop.get(f"/contacts/{three['id']}")["first_name"] == three["first_name"]
    with tenancy.account(anna.account_id):
        assert Contact.objects.count() == people
        assert list(Subscription.objects.order_by("id").values_list("id", "state")) == subscriptions
    swapped = [
        {"contact": {"external_id": "a"}, "external_id": "c"},
        {"contact": {"external_id": "b"}, "external_id": "a"},
    ]
    assert shop.post("/contacts/batch", {"items": swapped})["changed"] == 2
    assert shop.post("/contacts/look-up", {"external_id": "a"})["id"] == two["id"]
    again = [{"contact": {"id": one["id"]}, "attributes": {"city": "Kiel"}, "external_id": "c"}]
    assert shop.post("/contacts/batch", {"items": again})["unchanged"] == 1


def test_a_batch_takes_a_thousand_and_names_each_once(shop: Program) -> None:
    person = contacts(shop)[0]["id"]
    item = {"contact": {"id": person}, "attributes": {f"field_{number}": str(number) for number in range(8)}}
    assert shop.post("/contacts/batch", {"items": [item] * 1000})["changed"] == 1000
    assert shop.refused("POST", "/contacts/batch", {"items": [item] * 1001})[0] in (413, 422)
    two = {"contact": {"id": person, "email": "a@b.example"}}
    assert shop.refused("POST", "/contacts/batch", {"items": [two]}) == (422, "invalid")


def test_many_addresses_are_suppressed_at_once(shop: Program, carla: Program) -> None:
    emails = [f"optout{number}@old.example" for number in range(500)]
    found = shop.post("/suppressions/batch", {"emails": [*emails, "nonsense", emails[0]]})
    assert (found["added"], found["unchanged"]) == (500, 0)
    assert found["refused"] == [{"index": 500, "reason_code": "not-an-address"}]
    assert shop.post("/suppressions/batch", {"emails": emails[:3]})["unchanged"] == 3
    assert shop.post("/suppressions/look-up", {"email": emails[0]})["reason"] == "manual"
    assert shop.get("/suppressions?limit=1000")["items"][0]["reason"] == "manual"
    assert carla.post("/suppressions/look-up", {"email": emails[0]})["suppressed"] is False


def test_a_contacts_campaigns_have_codes(anna: Customer, shop: Program) -> None:
    campaign = anna.sending()
    row = shop.get(f"/campaigns/{campaign.id}/recipients?limit=1")["items"][0]
    mine = shop.get(f"/contacts/{row['contact_id']}/campaigns")["items"]
    (own,) = (one for one in mine if one["campaign_id"] == campaign.id)
    assert own["id"] == row["id"]
    assert (own["bounce_kind"], own["reason_code"]) == (None, None)
