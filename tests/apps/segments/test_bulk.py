"""Bulk actions: exact numbers, cancel, crash and undo; a no always wins; one's own contacts only."""

from typing import Any

import psycopg
import pytest

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.forms.models import SignupRequest
from mailflatrate.apps.lists.actions import consent, contacts, fields, tags
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact, ContactTag, Subscription, Tag
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.bulk import steps
from mailflatrate.apps.segments.bulk.runner import BulkRunner, run_bulk, sweep_items
from mailflatrate.apps.segments.bulk.selection import BulkSelection, selection_of
from mailflatrate.apps.segments.bulk.steps import BulkSteps
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.apps.segments.models import BulkAction, BulkItem, BulkKind
from mailflatrate.base import tenancy
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list
from support.forms import DOMAIN, customer_with_form
from support.people import person
from support.scope import rows, within

EVERYBODY = BulkSelection(wanted=ContactFilter())
PEOPLE = 6


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> Customer:
    """Six confirmed contacts, and steps of two."""
    for kind, each in list(steps.STEPS.items()):
        monkeypatch.setitem(steps.STEPS, kind, BulkSteps(each.take, 2))
    one = customer_with_list("Lindenhof")
    one.bring("\n".join((HEADER, *(line(f"p{n}@dora.example.com") for n in range(PEOPLE)))))
    return one


def ids(one: Customer) -> list[int]:
    return list(rows(one, Contact).order_by("email").values_list("id", flat=True))


def begin(
    one: Customer, kind: BulkKind, selection: BulkSelection = EVERYBODY, by: User | None = None, **given: Any
) -> int:
    return int(within(one, bulk.start_bulk, kind, selection, given, by=by, enqueue=False).id)


def state(one: Customer, action_id: int) -> BulkAction:
    return rows(one, BulkAction).get(id=action_id)


def run(
    one: Customer, kind: BulkKind, selection: BulkSelection = EVERYBODY, by: User | None = None, **given: Any
) -> BulkAction:
    action_id = begin(one, kind, selection, by, **given)
    run_bulk(one.account_id, action_id)
    return state(one, action_id)


def undo(one: Customer, action: BulkAction) -> BulkAction:
    undone = within(one, bulk.undo_bulk, action.id, by=None, enqueue=False)
    run_bulk(one.account_id, undone.id)
    return state(one, undone.id)


def numbers(action: BulkAction) -> tuple[str, int, int, int, dict[str, int]]:
    return action.state, action.total, action.done, action.changed, action.skipped


def test_nothing_puts_anyone_on_a_list() -> None:
    assert {kind.value for kind in BulkKind} == {
        "add_tag",
        "remove_tag",
        "set_field",
        "unsubscribe",
        "erase",
        "ask_again",
    }


def test_a_tag_is_added_to_everyone_who_matches_and_undone_where_it_was_new(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        tags.change_tags(ids(anna)[0], add=["vip"])
    action = run(anna, BulkKind.ADD_TAG, tag="VIP")
    assert numbers(action) == ("done", PEOPLE, PEOPLE, PEOPLE - 1, {"unchanged": 1})
    assert numbers(undo(anna, action)) == ("done", PEOPLE - 1, PEOPLE - 1, PEOPLE - 1, {})
    with tenancy.account(anna.account_id):
        assert list(ContactTag.objects.values_list("contact_id", flat=True)) == ids(anna)[:1]
        with pytest.raises(ListError):
            bulk.undo_bulk(action.id, by=None)
        tag = Tag.objects.get()
    removed = run(anna, BulkKind.REMOVE_TAG, BulkSelection(wanted=ContactFilter(tag_id=tag.id)), tag="vip")
    assert numbers(removed) == ("done", 1, 1, 1, {})
    assert numbers(undo(anna, removed))[3] == 1


def test_a_field_is_set_checked_and_restored_unless_edited_since(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        fields.create_field(FieldDraft("Orders", "number", "to thank them"))
        Contact.objects.filter(id=ids(anna)[0]).update(attributes={"orders": 7, "stadt": "Ulm"})
    for wrong in ({"key": "orders", "value": "many"}, {"key": "nope", "value": "1"}, {"key": "", "value": "1"}):
        with pytest.raises(ListError):
            begin(anna, BulkKind.SET_FIELD, **wrong)
    action = run(anna, BulkKind.SET_FIELD, selection_of(ids(anna)[:3], None), key="orders", value="12")
    assert numbers(action) == ("done", 3, 3, 3, {})
    again = run(anna, BulkKind.SET_FIELD, key="orders", value="12")
    assert numbers(again) == ("done", PEOPLE, PEOPLE, PEOPLE - 3, {"unchanged": 3})
    with tenancy.account(anna.account_id):
        assert [one.attributes["orders"] for one in Contact.objects.order_by("email")] == [12] * PEOPLE
        contacts.change_contact(ids(anna)[1], first_name=None, last_name=None, attributes={"orders": 99})
    assert numbers(undo(anna, action)) == ("done", 3, 3, 2, {"edited_since": 1})
    with tenancy.account(anna.account_id):
        found = [one.attributes.get("orders") for one in Contact.objects.order_by("email")]
    assert found == [7, 99, None, 12, 12, 12]
    cleared = run(anna, BulkKind.SET_FIELD, key="orders", value=None)
    assert numbers(cleared)[3:] == (PEOPLE - 1, {"unchanged": 1})


def test_people_are_unsubscribed_for_good(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        consent.unsubscribe(ids(anna)[0], list_id=None, by="customer", source="test")
    action = run(anna, BulkKind.UNSUBSCRIBE, list=None)
    assert numbers(action) == ("done", PEOPLE, PEOPLE, PEOPLE - 1, {"already_out": 1})
    with tenancy.account(anna.account_id):
        assert set(Subscription.objects.values_list("state", flat=True)) == {"unsubscribed"}
        with pytest.raises(ListError):
            bulk.undo_bulk(action.id, by=None)
        with pytest.raises(ListError):
            bulk.start_bulk(BulkKind.UNSUBSCRIBE, EVERYBODY, {"list": 2**60}, by=None)


def test_people_are_erased_one_by_one(anna: Customer) -> None:
    owner = person(anna.account_id, "Anna")
    action = run(anna, BulkKind.ERASE, selection_of([*ids(anna)[:3], 2**60], None), by=owner)
    assert numbers(action) == ("done", 3, 3, 3, {})
    assert len(ids(anna)) == PEOPLE - 3
    assert rows(anna, BulkItem).count() == 0, "who was erased is in no table"


def test_only_those_are_asked_who_neither_confirmed_nor_said_no() -> None:
    shop = customer_with_form()
    shop.anna.with_people(3, DOMAIN)
    with tenancy.account(shop.account_id):
        people = list(Contact.objects.filter(email__endswith=DOMAIN).order_by("id"))
        Subscription.objects.filter(contact=people[0]).update(state="quarantined", confirmed_at=None)
        Subscription.objects.filter(contact=people[1]).update(state="quarantined", confirmed_at=None)
        consent.unsubscribe(people[1].id, list_id=None, by="customer", source="test")
        given = {"form": shop.form_id, "note": "at our stall"}
        action = bulk.start_bulk(BulkKind.ASK_AGAIN, EVERYBODY, given, by=shop.anna.owner, enqueue=False)
    run_bulk(shop.account_id, action.id)
    with tenancy.account(shop.account_id):
        found = BulkAction.objects.get(id=action.id)
        (request,) = SignupRequest.objects.all()
        assert (request.email, request.kind) == (people[0].email, "person")
        assert request.note == f"at our stall (bulk action {action.id})"
    everybody = len(ids(shop.anna))
    assert numbers(found) == ("done", everybody, everybody, 1, {"said_no": 1, "confirmed": everybody - 2})


def test_an_action_stops_and_what_is_done_can_be_undone(anna: Customer) -> None:
    action_id = begin(anna, BulkKind.ADD_TAG, tag="VIP")
    action = BulkRunner().begin(anna.account_id, action_id)
    assert action is not None and BulkRunner().take_step(action)
    within(anna, bulk.cancel_bulk, action_id, by=None)
    run_bulk(anna.account_id, action_id)
    action = state(anna, action_id)
    assert numbers(action) == ("cancelled", PEOPLE, 2, 2, {})
    assert numbers(undo(anna, action)) == ("done", 2, 2, 2, {})


def test_an_action_whose_host_died_continues_and_nobody_is_counted_twice(anna: Customer) -> None:
    action_id = begin(anna, BulkKind.ADD_TAG, tag="VIP")
    action = BulkRunner().begin(anna.account_id, action_id)
    assert action is not None and BulkRunner().take_step(action)
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id=ids(anna)[-1]).get().delete()  # erased meanwhile
    run_bulk(anna.account_id, action_id)
    run_bulk(anna.account_id, action_id)
    assert numbers(state(anna, action_id)) == ("done", PEOPLE, PEOPLE, PEOPLE - 1, {"gone": 1})


def test_a_selection_is_fixed_when_the_action_begins(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        tags.change_tags(ids(anna)[0], add=["vip"])
        tag = Tag.objects.get()
    action = run(anna, BulkKind.REMOVE_TAG, BulkSelection(wanted=ContactFilter(tag_id=tag.id)), tag="vip")
    assert numbers(action) == ("done", 1, 1, 1, {})
    with pytest.raises(ListError):
        selection_of([], None)
    with pytest.raises(ListError):
        selection_of(list(range(1, 1002)), None)


def test_three_at_a_time_and_items_are_forgotten(anna: Customer) -> None:
    for _number in range(3):
        begin(anna, BulkKind.ADD_TAG, tag="VIP")
    with pytest.raises(ListError):
        begin(anna, BulkKind.ADD_TAG, tag="VIP")
    with tenancy.account(anna.account_id):
        for action in BulkAction.objects.all():
            bulk.cancel_bulk(action.id, by=None)
    done = run(anna, BulkKind.ADD_TAG, tag="VIP")
    assert sweep_items() == 0
    with tenancy.account(anna.account_id):
        BulkAction.objects.filter(id=done.id).update(finished_at="2026-01-01T00:00:00Z")
        with pytest.raises(ListError):
            bulk.undo_bulk(done.id, by=None)
    assert sweep_items() == PEOPLE


def test_another_account_reaches_nobody(anna: Customer) -> None:
    carla = Customer.registered("Möbelhaus Nordstern").account_id
    people = ids(anna)
    mine = run(anna, BulkKind.ADD_TAG, tag="VIP")
    with tenancy.account(carla):
        theirs = bulk.start_bulk(
            BulkKind.UNSUBSCRIBE, selection_of(people, None), {"list": None}, by=None, enqueue=False
        )
        for call in (bulk.cancel_bulk, bulk.undo_bulk):
            with pytest.raises(ListError):
                call(mine.id, by=None)
    run_bulk(carla, theirs.id)
    with tenancy.account(carla):
        assert numbers(BulkAction.objects.get(id=theirs.id)) == ("done", 0, 0, 0, {})
    run_bulk(carla, mine.id)
    with psycopg.connect(app_url(load_settings())) as raw:
        assert raw.execute("SELECT count(*) FROM bulk_action").fetchone() == (0,)
        assert raw.execute("SELECT count(*) FROM bulk_item").fetchone() == (0,)
    assert set(rows(anna, Subscription).values_list("state", flat=True)) == {"confirmed"}
