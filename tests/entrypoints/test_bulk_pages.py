"""Selecting contacts in the list, confirming what is done, progress, undo; and the filters that select."""

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.lists.models import Contact, ContactTag
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.apps.segments.models import BulkAction, Segment
from mailflatrate.base import tenancy
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members
from support.people import browser, person


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    one = customer_with_members()
    one.bring("\n".join((HEADER, *(line(f"p{n}@dora.example.com", first="Pia" if n else "Ulf") for n in range(4)))))
    return one


def ids(anna: Customer) -> list[int]:
    with tenancy.account(anna.account_id):
        return list(Contact.objects.order_by("email").values_list("id", flat=True))


def test_a_selection_is_confirmed_run_and_undone(anna: Customer) -> None:
    page = anna.page("contacts/")
    assert f'name="contact" value="{ids(anna)[0]}"' in page
    assert anna.page("contacts/count/").strip() == "4"
    assert anna.page("contacts/count/?q=ulf").strip() == "1"
    asked = anna.client.post("/studio/bulk/new/", {"action": "add_tag", "all": "1", "q": "pia"})
    assert asked.status_code == 200
    assert "3 contacts are selected." in asked.content.decode()
    refused = anna.client.post("/studio/bulk/start/", {"action": "add_tag", "all": "1", "q": "pia", "tag_name": "a,b"})
    assert refused.status_code == 422
    given = {"action": "add_tag", "all": "1", "q": "pia", "tag_name": "VIP"}
    started = anna.client.post("/studio/bulk/start/", given)
    assert started.status_code == 303
    with tenancy.account(anna.account_id):
        action = BulkAction.objects.get()
    address = f"bulk/{action.id}/"
    assert f'hx-get="/studio/{address}progress/"' in anna.page(address)
    run_bulk(anna.account_id, action.id)
    with tenancy.account(anna.account_id):
        assert ContactTag.objects.count() == 3
    assert "Undo" in anna.page(address)
    assert "hx-get" not in anna.page(f"{address}progress/")
    assert anna.client.post(f"/studio/{address}undo/").status_code == 303
    assert "Undo: Add tag: VIP" in anna.page("bulk/")
    anna.client.post(f"/studio/{address}undo/")
    assert "already been undone" in anna.page(address)


def test_nothing_selected_nothing_chosen_and_no_lesser_role(anna: Customer) -> None:
    one = {"contact": ids(anna)[:1]}
    for given in ({"action": "add_tag"}, {**one, "action": "put_on_list"}, one):
        answer = anna.client.post("/studio/bulk/new/", given)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/studio/contacts/")
    assert anna.ben.post("/studio/bulk/new/", {**one, "action": "add_tag"}).status_code == 403
    assert anna.ben.post("/studio/bulk/start/", {**one, "action": "add_tag", "tag_name": "X"}).status_code == 403
    assert 'name="contact"' not in anna.ben.get("/studio/contacts/").content.decode()
    editor = browser(person(anna.account_id, "Eda", Role.EDITOR))
    for step in ("new", "start"):
        answer = editor.post(f"/studio/bulk/{step}/", {**one, "action": "erase", "sure": "on"})
        assert answer.status_code == 303
    assert anna.client.post("/studio/bulk/start/", {**one, "action": "erase"}).status_code == 422
    assert anna.client.post("/studio/bulk/start/", {**one, "action": "ask_again"}).status_code == 422
    with tenancy.account(anna.account_id):
        assert not BulkAction.objects.exists()


def test_contacts_are_filtered_by_segment(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        good = Segment.objects.create(name="Ulf", conditions=[{"field": "first_name", "op": "equals", "value": "Ulf"}])
        bad = Segment.objects.create(name="Faulty", conditions=[{"field": "nope"}])
    page = anna.page(f"contacts/?segment={good.id}")
    assert "p0@dora.example.com" in page
    assert "p1@dora.example.com" not in page
    assert anna.page(f"contacts/count/?segment={good.id}").strip() == "1"
    assert "choose what to compare" in anna.page(f"contacts/?segment={bad.id}").lower()
    assert "p1@dora.example.com" in anna.page("contacts/?segment=999999999")
