"""Asking many contacts again by API: like on the pages, and within the limits of account and key."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.actions.keys import AskingBounds, make_api_key, revoke_api_key
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.apps.segments.models import BulkAction
from mailflatrate.base import tenancy
from support.api import Program, good, program_of
from support.customers import sending_customer
from support.forms import FormCustomer, add_form, customer_with_form

DOMAIN = "briefkasten-lindenhof.de"
PATH = "/bulk-actions/ask-again"


@pytest.fixture
def shop(database: str) -> FormCustomer:
    """Five people: the last is confirmed, the fourth said no, the others are in quarantine."""
    assert database
    found = customer_with_form()
    found.anna.with_people(5, DOMAIN)
    with tenancy.account(found.account_id):
        people = list(Contact.objects.filter(email__endswith=DOMAIN).order_by("id"))
        held = Subscription.objects.filter(contact__in=people[:4])
        held.update(state="quarantined", confirmed_at=None)
        consent.unsubscribe(people[3].id, list_id=None, by="customer", source="test")
    return found


def asking(shop: FormCustomer, daily: int, *, form_id: int = 0) -> Program:
    bounds = AskingBounds(frozenset({form_id or shop.form_id}), daily=daily)
    made = make_api_key(shop.account_id, "Till", {KeyScope.ASK}, expires_at=None, by=shop.anna.owner, asking=bounds)
    return Program(made.secret, made.key.id)


def everyone(shop: FormCustomer, **more: Any) -> dict[str, Any]:
    with tenancy.account(shop.account_id):
        ids = list(Contact.objects.filter(email__endswith=DOMAIN).order_by("id").values_list("id", flat=True))
    return {"contact_ids": ids, "form_id": shop.form_id, **more}


def asked(shop: FormCustomer) -> list[SignupRequest]:
    with tenancy.account(shop.account_id):
        return list(SignupRequest.objects.order_by("id"))


def finished(shop: FormCustomer, bulk_id: int) -> dict[str, Any]:
    run_bulk(shop.account_id, bulk_id)
    with tenancy.account(shop.account_id):
        action = BulkAction.objects.get(id=bulk_id)
        return {"state": action.state, "changed": action.changed, **action.skipped}


def test_those_who_neither_confirmed_nor_said_no_are_asked_once(shop: FormCustomer) -> None:
    till = asking(shop, daily=10)
    answer = till.call("POST", PATH, everyone(shop, note="at our stall"))
    made = good(answer, 202)
    assert made["kind"] == "ask_again"
    assert answer.headers["Location"].endswith(f"/bulk-actions/{made['id']}")
    assert finished(shop, made["id"]) == {"state": "done", "changed": 3, "said_no": 1, "confirmed": 1}
    requests = asked(shop)
    assert len(requests) == 3
    assert {request.key_id for request in requests} == {till.key_id}
    assert requests[0].note.startswith("at our stall (API key Till")
    again = good(till.call("POST", PATH, everyone(shop)), 202)
    finished(shop, again["id"])
    assert len(asked(shop)) == 3, "who was asked isn't asked twice"
    with tenancy.account(shop.account_id):
        assert not Subscription.objects.filter(contact__email__endswith=DOMAIN, state="pending").exists()
        assert Subscription.objects.filter(contact__email__endswith=DOMAIN, state="confirmed").count() == 1


def test_it_stops_at_the_key_s_limit(shop: FormCustomer) -> None:
    till = asking(shop, daily=1)
    made = good(till.call("POST", PATH, everyone(shop)), 202)
    assert finished(shop, made["id"]) == {"state": "done", "changed": 1, "limit": 4}
    assert len(asked(shop)) == 1


def test_an_action_ends_with_its_key(shop: FormCustomer) -> None:
    till = asking(shop, daily=10)
    made = good(till.call("POST", PATH, everyone(shop)), 202)
    revoke_api_key(shop.account_id, till.key_id, by=shop.anna.owner)
    assert finished(shop, made["id"]) == {"state": "done", "changed": 0, "not_asked": 5}
    assert asked(shop) == []


def test_strangers_and_keys_without_the_scope_or_the_form(shop: FormCustomer) -> None:
    other, _code = add_form(shop.anna)
    wanted = everyone(shop)
    assert asking(shop, 10, form_id=other).refused("POST", PATH, wanted) == (404, "not-found")
    without = program_of(shop.anna, [scope for scope in KeyScope if scope is not KeyScope.ASK])
    assert without.refused("POST", PATH, wanted) == (403, "scope-missing")
    carla = program_of(sending_customer(people=1))
    assert carla.refused("POST", PATH, wanted) == (404, "not-found"), "another account's form"
    carla_shop = customer_with_form()
    made = good(asking(carla_shop, 10).call("POST", PATH, {**wanted, "form_id": carla_shop.form_id}), 202)
    assert finished(carla_shop, made["id"])["changed"] == 0, "another account's contacts"
    assert asked(shop) == asked(carla_shop) == []
