"""The direct attack by API: a customer's program with every scope finds no way to a delivery without permission.

Without an active account, current agreements, a release tick on this content, an approved origin or a confirmed form, a
consent event and freedom from suppression nothing is planned (issue of permission, acceptance 1).
"""

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.models import AccountStatus
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.intake.actions.import_checks import check_import
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import tenancy
from support.api import Program, problem, program, program_of, visitor
from support.contact_files import HEADER
from support.customers import CONTENT, Customer
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.origins import approve_origin, declare_origin
from support.people import operator

PROVED = "{email};Dora;Meyer;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;https://anna.example/news;Kiel"
BARE = "{email};Dora;Meyer;;;;;Kiel"


@pytest.fixture(scope="module")
def shop(home: FormCustomer) -> Program:
    return program_of(home.anna)


def release(anna: Customer, shop: Program, list_ids: list[int]) -> tuple[int, Any]:
    """Write a campaign to lists and release it with the policy confirmed; return its ID and the response."""
    values = {
        "name": "Attack",
        "subject": "Winter bulbs are here",
        "sender_id": anna.sender_id,
        "list_ids": list_ids,
        "content_kind": "markdown",
        "content": CONTENT,
    }
    draft = shop.post("/campaigns", values, 201)
    word = {"policy_confirmed": True, "content_hash": draft["content_hash"]}
    return draft["id"], shop.call("POST", f"/campaigns/{draft['id']}/release", word)


def planned(anna: Customer, campaign_id: int) -> set[str]:
    """What the worker makes of whatever was decided: the addresses that a delivery was planned for."""
    with tenancy.account(anna.account_id):
        decisions = list(GateDecision.objects.filter(campaign_id=campaign_id, allowed=True, edition__isnull=False))
    for decision in decisions:
        assert decision.edition_id is not None
        plan_campaign(anna.account_id, campaign_id, decision.edition_id, decision.id)
    with tenancy.account(anna.account_id):
        return set(Delivery.objects.filter(campaign_id=campaign_id).values_list("contact__email", flat=True))


def bring(anna: Customer, shop: Program, list_id: int, line: str, *, work: bool = True) -> None:
    file = io.BytesIO(f"{HEADER}\n{line}".encode())
    file.name = "people.csv"
    answer = shop.upload("/imports", {"list_id": list_id, "file": file})
    if answer.status_code != 201:
        return
    import_id = answer.json()["id"]  # type: ignore[attr-defined]  # the test client's
    shop.call("POST", f"/imports/{import_id}/start", {"policy_confirmed": True})
    with tenancy.account(anna.account_id):
        started = Import.objects.filter(id=import_id, state="queued").exists()
    if work and started:
        run_import(anna.account_id, import_id, slice_rows=10)
        with tenancy.account(anna.account_id):
            check_import(import_id)


@pytest.mark.parametrize("who", ["registered", "handed in"])
def test_an_account_that_nobody_activated_does_nothing(database: str, who: str) -> None:
    new = Customer.registered("Quick Leads") if who == "registered" else Customer.applying("Quick Leads", "Eve Ernst")
    account_id, user = new.account_id, new.owner
    eve = program(account_id, user)
    assert eve.refused("POST", "/campaigns", {"name": "x"}) == (403, "account-status")
    assert eve.refused("POST", "/campaigns/1/release", {}) == (403, "account-status")
    assert eve.refused("GET", "/contacts") == (403, "account-status")


@pytest.mark.parametrize(("status", "code"), [(AccountStatus.PAUSED, 422), (AccountStatus.SUSPENDED, 403)])
def test_an_account_that_may_not_send_does_not(database: str, status: AccountStatus, code: int) -> None:
    home = customer_with_form()
    shop = program_of(home.anna)
    draft = home.anna.draft()
    known = shop.get(f"/campaigns/{draft.id}")["content_hash"]
    change_account_status(home.account_id, status, Reasons("test", "Because."), by=operator())
    word = {"policy_confirmed": True, "content_hash": known}
    answer = shop.call("POST", f"/campaigns/{draft.id}/release", word)
    assert problem(answer)[0] == code
    assert planned(home.anna, draft.id) == set()


@pytest.mark.slow
def test_imported_people_wait_for_the_origin(home: FormCustomer, shop: Program) -> None:
    dora = fresh_address()
    made = shop.post("/lists", {"name": "Bought", "policy_confirmed": True}, 201)["id"]
    bring(home.anna, shop, made, PROVED.format(email=dora))
    with tenancy.account(home.account_id):
        assert not Contact.objects.filter(email=dora).exists(), "no origin, no address"
    origin = declare_origin(home.account_id, made)
    bring(home.anna, shop, made, PROVED.format(email=dora))
    number, answer = release(home.anna, shop, [made])
    assert problem(answer) == (422, "checks-open")
    assert planned(home.anna, number) == set()
    decide_origin(origin.id, OriginDecision.REJECT, reviewer=operator(), reason="Bought.")
    number, answer = release(home.anna, shop, [made])
    assert problem(answer) == (422, "checks-open")
    number, answer = release(home.anna, shop, [made, home.anna.list_id])
    assert dora not in planned(home.anna, number)


def test_whoever_leaves_between_release_and_plan_gets_nothing(home: FormCustomer, shop: Program) -> None:
    (one,) = shop.get("/contacts?search=reader0")["items"]
    (two,) = shop.get("/contacts?search=reader1")["items"]
    number, answer = release(home.anna, shop, [home.anna.list_id])
    assert answer.status_code == 202
    shop.post(f"/contacts/{one['id']}/unsubscribe", {"list_id": home.anna.list_id})
    shop.post("/suppressions", {"email": two["email"]}, 201)
    got = planned(home.anna, number)
    assert got and not got & {one["email"], two["email"]}


Move = Callable[[FormCustomer, Program, str, int], None]


def ask(home: FormCustomer, shop: Program, dora: str, _list: int) -> None:
    shop.call(
        "POST",
        "/confirmation-requests",
        {"form_id": home.form_id, "email": dora, "note": "at the fair", "visitor": visitor()},
    )
    home.send()


def edit(home: FormCustomer, shop: Program, dora: str, _list: int) -> None:
    for person in shop.get(f"/contacts?search={dora}")["items"]:
        for values in ({"attributes": {"state": "confirmed"}}, {"first_name": "Dora"}, {"subscriptions": []}):
            shop.call("PATCH", f"/contacts/{person['id']}", values)


def import_bare(home: FormCustomer, shop: Program, dora: str, list_id: int) -> None:
    bring(home.anna, shop, list_id, BARE.format(email=dora))


def import_unworked(home: FormCustomer, shop: Program, dora: str, list_id: int) -> None:
    bring(home.anna, shop, list_id, PROVED.format(email=dora), work=False)


def suppress(_home: FormCustomer, shop: Program, dora: str, _list: int) -> None:
    shop.call("POST", "/suppressions", {"email": dora})


def leave(_home: FormCustomer, shop: Program, dora: str, list_id: int) -> None:
    for person in shop.get(f"/contacts?search={dora}")["items"]:
        shop.call("POST", f"/contacts/{person['id']}/unsubscribe", {"list_id": list_id})


def rename(_home: FormCustomer, shop: Program, _dora: str, list_id: int) -> None:
    shop.call("PATCH", f"/lists/{list_id}", {"name": "Renamed"})


def mail(home: FormCustomer, shop: Program, _dora: str, list_id: int) -> None:
    release(home.anna, shop, [list_id])


MOVES: list[Move] = [ask, edit, import_bare, import_unworked, suppress, leave, rename, mail]


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=st.lists(st.sampled_from(MOVES), min_size=2, max_size=6))
def test_no_order_of_requests_makes_somebody_mailable_who_never_said_yes(
    home: FormCustomer, shop: Program, moves: list[Move]
) -> None:
    """This holds whatever a program does about Dora, who confirms nothing and has no proof."""
    dora, list_id = fresh_address(), home.anna.list_id
    for move in moves:
        move(home, shop, dora, list_id)
    number, _answer = release(home.anna, shop, [list_id])
    assert dora not in planned(home.anna, number)
    with tenancy.account(home.account_id):
        rows = Subscription.objects.filter(contact__email=dora)
        assert not rows.filter(state="confirmed").exists()
        assert not ConsentEvent.objects.filter(evidence__email=dora, kind="confirmed").exists()
        assert not Delivery.objects.filter(contact__email=dora, campaign__isnull=False).exists()


@pytest.fixture(scope="module", autouse=True)
def origin(home: FormCustomer) -> None:
    """The list's origin is approved, so that only proof is missing."""
    approve_origin(home.account_id, home.anna.list_id)
