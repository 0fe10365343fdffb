"""The list of contacts: orders stay whole under equal values and missing ones; filters; counts; a member's columns."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments.bulk.selection import BulkSelection, from_json
from mailflatrate.apps.segments.contact_list import counting
from mailflatrate.apps.segments.contact_list.bounded import within
from mailflatrate.apps.segments.contact_list.columns import DEFAULT_COLUMNS, choose_columns, columns_of
from mailflatrate.apps.segments.contact_list.counting import ContactCount, count_contacts
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, contacts_matching, usable
from mailflatrate.apps.segments.contact_list.ordering import (
    ContactCursor,
    ContactOrder,
    cursor_of,
    cursor_text,
    order_named,
)
from mailflatrate.apps.segments.contact_list.paging import sorted_page
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.audience_states import SubscriptionState
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list
from support.people import person

PEOPLE = 23
BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
ORDERS = ("email", "added", "confirmed", "field_orders", "field_city", "field_day", "field_vip")


@pytest.fixture
def anna() -> Customer:
    """Contacts of whom many have equal values, and many none; a second list confirms some of them later."""
    one = customer_with_list("Lindenhof")
    one.bring("\n".join((HEADER, *(line(f"p{n:02}@dora.example.com") for n in range(PEOPLE)))))
    with tenancy.account(one.account_id):
        for label, kind in (
            ("Orders", "number"),
            ("City", "text"),
            ("Day", "date"),
            ("VIP", "boolean"),
        ):
            create_field(FieldDraft(label, kind, "to thank them"))
        for number, each in enumerate(Contact.objects.order_by("email")):
            values: dict[str, Any] = {"orders": (10, 9, 2.5)[number % 3], "city": ("Ulm", "ulm", "Bonn")[number % 3]}
            values |= {"day": f"2026-0{number % 3 + 1}-01", "vip": number % 2 == 0}
            attributes = {} if number % 4 == 0 else values
            attributes |= {"orders": "many"} if number == 8 else {}
            Contact.objects.filter(id=each.id).update(
                attributes=attributes, created_at=BEGIN + timedelta(days=number % 5)
            )
            moment = None if number % 4 == 1 else BEGIN + timedelta(days=number % 3)
            state = SubscriptionState.UNSUBSCRIBED if moment is None else SubscriptionState.CONFIRMED
            Subscription.objects.filter(contact=each).update(confirmed_at=moment, state=state)
        _confirm_again(one)
    return one


def _confirm_again(one: Customer) -> None:
    """Confirm every fifth contact on another list, too: before or after the first one."""
    garden = create_list("Garden", "Garden", language="de").id
    for number, each in enumerate(Subscription.objects.filter(confirmed_at__isnull=False).order_by("id")[::5]):
        Subscription.objects.create(
            mailing_list_id=garden,
            contact_id=each.contact_id,
            state=SubscriptionState.CONFIRMED,
            consent_event_id=each.consent_event_id,
            confirmed_at=BEGIN + timedelta(days=9 if number % 2 else -9),
        )


def walked(order: ContactOrder, size: int, wanted: ContactFilter = ContactFilter()) -> list[int]:  # noqa: B008  frozen
    """Walk to the end and back again, and return the ids; both ways must show the same pages."""
    pages: list[list[int]] = []
    after: ContactCursor | None = None
    while True:
        page = sorted_page(wanted, order, after=after, size=size)
        pages.append([row.id for row in page.rows])
        assert (page.previous is None) == (after is None)
        if page.next is None:
            break
        after = reread(order, page.next)
    back = []
    while page.previous is not None:
        page = sorted_page(wanted, order, before=reread(order, page.previous), size=size)
        assert page.next is not None
        back.append([row.id for row in page.rows])
    assert back[::-1] == pages[:-1]
    return [contact_id for each in pages for contact_id in each]


def reread(order: ContactOrder, cursor: ContactCursor) -> ContactCursor:
    found = cursor_of(order, cursor_text(cursor.value), cursor.contact_id)
    assert found == cursor
    return found


def value_of(name: str, contact: Contact) -> Any:
    """Return what a contact is sorted by, None without a value, computed without the database."""
    if name in ("email", "added"):
        return contact.email if name == "email" else contact.created_at
    if name == "confirmed":
        moments = [each.confirmed_at for each in contact.subscriptions.all() if each.confirmed_at]
        return max(moments, default=None)
    value = contact.attributes.get(name.removeprefix("field_"))
    if name == "field_orders":
        return value if isinstance(value, int | float) else None
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_shows_everyone_once_with_equal_values_and_without_any(anna: Customer, name: str) -> None:
    with tenancy.account(anna.account_id):
        people = {each.id: each for each in Contact.objects.prefetch_related("subscriptions")}
        for order, size in ((order_named(name), 4), (order_named(f"-{name}"), 7), (order_named(name), 50)):
            ids = walked(order, size)
            assert sorted(ids) == sorted(people), order.name
            values = [value_of(name, people[contact_id]) for contact_id in ids]
            known = [value for value in values if value is not None]
            assert values == known + [None] * (len(values) - len(known)), "those without a value come last"
            assert known == sorted(known, reverse=order.is_descending)
            for (first, one), (second, other) in pairwise(zip(ids, values, strict=True)):
                assert one != other or (first > second) == order.is_descending


def test_a_page_is_found_again_when_its_edge_is_gone(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        order = order_named("field_orders")
        first = sorted_page(ContactFilter(), order, size=6)
        assert first.next is not None
        expected = [row.id for row in sorted_page(ContactFilter(), order, after=first.next, size=6).rows]
        Contact.objects.filter(id=first.next.contact_id).update(attributes={})
        assert [row.id for row in sorted_page(ContactFilter(), order, after=first.next, size=6).rows] == expected


def test_unknown_orders_and_cursors_of_other_orders_are_ignored(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        for odd in ("", "id", "-password", "field_nope", "field_", "-"):
            assert order_named(odd).key == "email"
        for order, value, contact_id in (
            ("added", "yesterday", 1),
            ("added", "2026-01-01T00:00:00", 1),
            ("field_orders", "NaN", 1),
            ("field_orders", "1e", 1),
            ("email", None, 1),
            ("email", "a\0b", 1),
            ("email", "a", 2**70),
            ("email", "a", True),
            ("email", ["a"], 1),
        ):
            assert cursor_of(order_named(order), value, contact_id) is None


@pytest.mark.slow
def test_filters_narrow_every_order_and_the_count(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        segment = Segment.objects.create(
            name="Ulm", conditions=[{"field": "attribute", "key": "city", "op": "equals", "value": "Ulm"}]
        )
        many = {"field": "attribute", "key": "orders", "op": "at_least", "value": "9"}
        for wanted in (
            ContactFilter(search="p1"),
            ContactFilter(list_id=anna.list_id, state=SubscriptionState.CONFIRMED),
            ContactFilter(segment_id=segment.id, conditions=(many,)),
            ContactFilter(import_id=Import.objects.get().id, conditions=(many,)),
            ContactFilter(segment_id=2**40),
        ):
            expected = set(contacts_matching(wanted).values_list("id", flat=True))
            assert count_contacts(wanted) == ContactCount(len(expected))
            for name in ORDERS:
                assert set(walked(order_named(f"-{name}"), 5, wanted)) == expected
        assert expected == set()


def test_a_faulty_condition_is_left_out_and_named(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        good = {"field": "attribute", "key": "orders", "op": "more", "value": "3"}
        bad = {"field": "attribute", "key": "orders", "op": "more", "value": "three"}
        wanted, problems = usable(ContactFilter(conditions=(good, bad)))
        assert wanted.conditions == (good,)
        assert len(problems) == 1


def test_counts_say_when_they_are_not_exact(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenancy.account(anna.account_id):
        on_list = ContactFilter(list_id=anna.list_id)
        assert count_contacts(on_list) == ContactCount(PEOPLE)
        monkeypatch.setattr(counting, "MOST_COUNTED", 5)
        monkeypatch.setattr(
            counting, "within", lambda ms, read: None if ms == counting.EXACT_MILLISECONDS else within(ms, read)
        )
        assert count_contacts(ContactFilter()) == ContactCount(5, is_exact=False)
        assert count_contacts(ContactFilter(search="p01")) == ContactCount(1)
        assert count_contacts(on_list) == ContactCount(PEOPLE), "counters are exact"
        slow = Contact.objects.extra(where=["pg_sleep(5) IS NOT NULL"])
        assert within(1, slow.count) is None
        assert Contact.objects.count() == PEOPLE, "the transaction goes on"


def test_columns_are_remembered_for_a_member_in_one_account(anna: Customer) -> None:
    user = person(anna.account_id, "Ulla")
    other = customer_with_list("Carla")
    with tenancy.account(anna.account_id):
        assert columns_of(user) == list(DEFAULT_COLUMNS)
        assert choose_columns(user, ["field_city", "added", "nope", "added"]) == ["field_city", "added"]
        assert columns_of(user) == ["field_city", "added"]
        assert choose_columns(user, []) == columns_of(user) == []
        assert columns_of(person(anna.account_id, "Udo")) == list(DEFAULT_COLUMNS)
        choose_columns(user, ["field_city"])
    with tenancy.account(other.account_id):
        assert columns_of(user) == list(DEFAULT_COLUMNS)


def test_a_stored_selection_is_read_back_and_names_its_segment() -> None:
    wanted = ContactFilter(conditions=({"field": "tag", "op": "has", "value": 1},), list_id=7, segment_id=4)
    stored = BulkSelection(wanted=wanted).as_json()
    assert stored["segment"] == 4, "a queued action keeps the segment from being deleted"
    assert from_json(stored).wanted == wanted
