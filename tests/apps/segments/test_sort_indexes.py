"""Sort indexes: pages read from them are those that a sort shows, whatever changed since; built, kept and dropped."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from mailflatrate.apps.accounts.actions.people import limit_member
from mailflatrate.apps.accounts.models import Membership, Role, User
from mailflatrate.apps.lists.actions.fields import FieldDraft, archive_field, change_field, create_field
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Contact, ContactField, ContactTag, Subscription, Tag
from mailflatrate.apps.segments import sort_indexes
from mailflatrate.apps.segments.contact_list import paging
from mailflatrate.apps.segments.contact_list import sort_indexes as reading
from mailflatrate.apps.segments.contact_list.counting import ContactCount, count_contacts
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.apps.segments.contact_list.ordering import (
    ContactCursor,
    ContactOrder,
    cursor_of,
    cursor_text,
    order_named,
)
from mailflatrate.apps.segments.contact_list.paging import sorted_page
from mailflatrate.apps.segments.models import SortIndex, SortKey
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.audience_states import SubscriptionState
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, customer_with_list
from support.people import person
from support.scope import rows

PEOPLE = 40
FIELDS = {
    "orders": ("Orders", "number"),
    "city": ("City", "text"),
    "day": ("Day", "date"),
    "vip": ("VIP", "boolean"),
    "size": ("Size", "choice"),
    "land": ("Land", "country"),
}


def values_of(number: int) -> dict[str, Any]:
    """Return values of which many are equal; a quarter of the people have none."""
    if number % 4 == 0:
        return {"city": ""}
    return {
        "orders": (10, 9.5, -3, 0.1)[number % 3] if number != 9 else "many",
        "city": ("Ulm", "ulm", "Bonn", "Älmhult" + "x" * 300)[number % 3 if number != 5 else 3],
        "day": f"2026-0{number % 3 + 1}-01",
        "vip": number % 2 == 0,
        "size": ("S", "M")[number % 2],
        "land": ("DE", "AT", "CH")[number % 3],
    }


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> Customer:
    monkeypatch.setattr(reading, "LARGE", 1)
    monkeypatch.setattr(sort_indexes, "AT_ONCE", 7)
    monkeypatch.setattr(sort_indexes, "RUNS_AT_ONCE", 3)
    one = customer_with_list("Lindenhof").with_people(PEOPLE)
    with tenancy.account(one.account_id):
        for key, (label, kind) in FIELDS.items():
            choices = ("S", "M") if kind == "choice" else ()
            create_field(FieldDraft(label, kind, "to thank them", choices=choices, key=key))
        people = list(Contact.objects.order_by("email"))
        for number, each in enumerate(people):
            each.attributes = values_of(number)
        Contact.objects.bulk_update(people, ["attributes"])
        regulars = Tag.objects.create(name="Regulars", color="gray")
        ContactTag.objects.bulk_create(
            ContactTag(account_id=one.account_id, contact=each, tag=regulars) for each in people[::3]
        )
    return one


def build(one: Customer, *keys: str) -> None:
    ids = dict(rows(one, ContactField).values_list("key", "id"))
    for key in keys:
        sort_indexes.build_index(one.account_id, ids[key])


def walked(order: ContactOrder, wanted: ContactFilter, size: int) -> list[int]:
    """Walk to the end and back; both ways must show the same pages."""
    pages, after = [], None
    while True:
        page = sorted_page(wanted, order, after=after, size=size)
        pages.append([row.id for row in page.rows])
        if page.next is None:
            break
        after = reread(order, page.next)
    back = []
    while page.previous is not None:
        page = sorted_page(wanted, order, before=reread(order, page.previous), size=size)
        back.append([row.id for row in page.rows])
    assert back[::-1] == pages[:-1]
    return [contact_id for each in pages for contact_id in each]


def reread(order: ContactOrder, cursor: ContactCursor) -> ContactCursor:
    found = cursor_of(order, cursor_text(cursor.value), cursor.contact_id)
    assert found is not None
    return found


def by_scan(order: ContactOrder, wanted: ContactFilter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return everyone in the order of a sort, without the index."""
    with monkeypatch.context() as patched:
        patched.setattr(paging, "indexed_statement", lambda *_, **__: None)
        return walked(order, wanted, 100)


def is_indexed(order: ContactOrder) -> bool:
    return reading.indexed_statement(ContactFilter(), order, None, 5, down=False) is not None


def filters() -> list[ContactFilter]:
    return [
        ContactFilter(),
        ContactFilter(tag_id=Tag.objects.get().id),
        ContactFilter(search="reader1"),
        ContactFilter(conditions=({"field": "attribute", "key": "vip", "op": "equals", "value": True},)),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("key", FIELDS)
def test_the_index_shows_what_a_sort_shows_in_both_directions(
    anna: Customer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    build(anna, key)
    with tenancy.account(anna.account_id):
        for changed in (False, True):
            for order in (order_named(f"field_{key}"), order_named(f"-field_{key}")):
                assert is_indexed(order)
                for wanted in filters():
                    expected = by_scan(order, wanted, monkeypatch)
                    assert len(expected) > 3
                    for size in (6, 50):
                        assert walked(order, wanted, size) == expected, (order, wanted, size)
            if not changed:
                change_some()


def change_some() -> None:
    people = list(Contact.objects.order_by("email"))
    for number, each in enumerate(people[::5]):
        Contact.objects.filter(id=each.id).update(attributes=values_of(number + 2) if number % 2 else {})
    people[11].delete()
    Contact.objects.create(email="new@dora.example.com", address_key=b"n" * 32, attributes=values_of(2))


def test_what_changed_is_read_again_and_then_kept_in_the_index(anna: Customer) -> None:
    build(anna, "orders")
    with tenancy.account(anna.account_id):
        change_some()
        order = order_named("field_orders")
        sql, _values = reading.indexed_statement(ContactFilter(), order, None, 5, down=False) or ("", [])
        assert "UNION ALL" in sql
        before = walked(order, ContactFilter(), 4)
    sort_indexes.keep_indexes()
    with tenancy.account(anna.account_id):
        sql, _values = reading.indexed_statement(ContactFilter(), order, None, 5, down=False) or ("", [])
        assert sql and "UNION ALL" not in sql, "the job has read what changed"
        assert walked(order, ContactFilter(), 4) == before
        numbers = [each.id for each in Contact.objects.all() if isinstance(each.attributes.get("orders"), int | float)]
        assert sorted(SortKey.objects.values_list("contact_id", flat=True)) == sorted(numbers)


def test_an_index_far_behind_is_not_read(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    build(anna, "city")
    monkeypatch.setattr(reading, "MOST_CHANGED", 3)
    with tenancy.account(anna.account_id):
        assert is_indexed(order_named("field_city"))
        change_some()
        assert not is_indexed(order_named("field_city"))


def test_a_change_that_commits_late_is_not_missed(database: str, anna: Customer) -> None:
    with psycopg.connect(database) as late:
        late.execute(
            """UPDATE contact SET attributes = '{"orders": 7777}' WHERE account_id = %s AND email LIKE 'reader5@%%'""",
            [anna.account_id],
        )
        build(anna, "orders")
        late.commit()
    for _ in range(2):
        with tenancy.account(anna.account_id):
            page = sorted_page(ContactFilter(), order_named("-field_orders"), size=3)
            assert page.rows[0].email.startswith("reader5@")
        sort_indexes.keep_indexes()


def test_pages_read_the_index_from_where_they_begin(anna: Customer) -> None:
    """With a million contacts: what the planner chooses when it can't sort or read everything."""
    build(anna, "orders", "city", "day")
    for name in ("field_orders", "-field_orders", "field_city", "-field_day"):
        column = "number" if "orders" in name else "text"
        with tenancy.account(anna.account_id):
            order = order_named(name)
            first = sorted_page(ContactFilter(), order, size=3)
            for start in (None, first.next):
                plan = explained(order, start)
                assert f"using sort_key_{column}s on sort_key" in plan, (name, plan)
                assert "Sort" not in plan and "Seq Scan" not in plan, (name, plan)
                condition = next(each for each in plan.splitlines() if "Index Cond" in each)
                assert (f"ROW({column}, contact_id)" in condition) == (start is not None), (name, plan)


def explained(order: ContactOrder, start: ContactCursor | None) -> str:
    """Return the plan of a page that begins at `start`."""
    found = reading.indexed_statement(ContactFilter(), order, start, 51, down=order.is_descending)
    assert found is not None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {found[0]}", found[1])
        return "\n".join(row[0] for row in cursor.fetchall())


def test_a_page_asks_for_the_index_of_a_large_account(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(jobs, "wake", lambda name, queue, **given: asked.append(given["field_id"]))
    with tenancy.account(anna.account_id):
        order = order_named("field_city")
        sorted_page(ContactFilter(), order, size=3)
        assert asked == [order.field_id]
        monkeypatch.setattr(reading, "LARGE", 1000)
        sorted_page(ContactFilter(), order, size=3)
        monkeypatch.setattr(reading, "LARGE", 1)
        assert asked == [order.field_id], "a small account is sorted at once"
    build(anna, "city")
    with tenancy.account(anna.account_id):
        sorted_page(ContactFilter(), order, size=3)
        assert asked == [order.field_id], "it is there"
    age(anna, timedelta(days=2))
    with tenancy.account(anna.account_id):
        sorted_page(ContactFilter(), order, size=3)
        assert asked == [order.field_id] * 2, "it is kept for longer"


def age(one: Customer, by: timedelta) -> None:
    rows(PlatformReason.HOUSEKEEPING, SortIndex).filter(account_id=one.account_id).update(wanted_at=clock.now() - by)


def held(one: Customer) -> tuple[list[str], int]:
    with tenancy.account(one.account_id):
        return list(SortIndex.objects.order_by("id").values_list("field__key", flat=True)), SortKey.objects.count()


def test_an_unused_index_and_that_of_an_archived_field_are_dropped(anna: Customer) -> None:
    build(anna, "city", "land")
    keys, values = held(anna)
    assert (keys, values > PEOPLE) == (["city", "land"], True)
    with tenancy.account(anna.account_id):
        archive_field(ContactField.objects.get(key="land").id)
    sort_indexes.keep_indexes()
    assert held(anna)[0] == ["city"]
    age(anna, timedelta(days=31))
    sort_indexes.keep_indexes()
    assert held(anna) == ([], 0)


def test_an_account_has_few_indexes(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sort_indexes, "MOST_INDEXES", 2)
    build(anna, "city", "land", "day")
    assert held(anna)[0] == ["land", "day"], "the oldest made room"


def test_another_type_begins_the_index_anew(anna: Customer) -> None:
    build(anna, "orders")
    with tenancy.account(anna.account_id):
        field = ContactField.objects.get(key="orders")
        change_field(field.id, FieldDraft("Orders", "text", "to thank them"))
        assert not is_indexed(order_named("field_orders")), "its values are numbers"
    sort_indexes.keep_indexes()
    with tenancy.account(anna.account_id):
        assert is_indexed(order_named("field_orders"))
        assert not SortKey.objects.filter(number__isnull=False).exists()


def test_an_index_from_another_database_is_not_read_and_is_built_again(anna: Customer) -> None:
    build(anna, "orders")
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        SortIndex.objects.filter(account_id=anna.account_id).update(read_to=2**60)
        SortKey.objects.filter(account_id=anna.account_id).delete()
    with tenancy.account(anna.account_id):
        assert not is_indexed(order_named("field_orders"))
    sort_indexes.keep_indexes()
    with tenancy.account(anna.account_id):
        assert is_indexed(order_named("field_orders"))
    assert held(anna)[1] > PEOPLE / 2


def test_a_deleted_contact_leaves_no_value(anna: Customer) -> None:
    build(anna, "city")
    with tenancy.account(anna.account_id):
        gone = Contact.objects.order_by("email")[1]
        assert SortKey.objects.filter(contact_id=gone.id).exists()
        contact_id = gone.id
        gone.delete()
        assert not SortKey.objects.filter(contact_id=contact_id).exists()


def test_another_account_sees_no_value_and_no_change(anna: Customer) -> None:
    build(anna, "city")
    other = customer_with_list("Birkenhof")
    with tenancy.account(anna.account_id):
        field_id = ContactField.objects.get(key="city").id
        change_some()
    asked = "SELECT public.sort_index_state(%s, 'text', 100000)"
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        assert eve.execute(asked, [field_id]).fetchone() == (None,), "no account"
        eve.execute("SELECT set_config('mailflatrate.account_id', %s, false)", [str(anna.account_id)])
        assert eve.execute(asked, [field_id]).fetchone() == (None,), "an account without its pass"
        tenancy.enter_account(eve, other.account_id, for_session=True)
        assert eve.execute(asked, [field_id]).fetchone() == (None,), "another account's field"
        assert eve.execute("SELECT count(*) FROM sort_key").fetchone() == (0,)
        assert eve.execute("SELECT count(*) FROM sort_index").fetchone() == (0,)
        tenancy.enter_account(eve, anna.account_id, for_session=True)
        for deed in ("UPDATE sort_key SET text = 'x'", "DELETE FROM sort_key", "DELETE FROM sort_index"):
            with pytest.raises(errors.InsufficientPrivilege):
                eve.execute(deed)


def test_a_member_of_one_list_sorts_the_contacts_on_it(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    build(anna, "city")
    with tenancy.account(anna.account_id):
        garden = create_list("Garden").id
        for each in Subscription.objects.order_by("contact__email")[1::6]:
            Subscription.objects.create(
                mailing_list_id=garden,
                contact_id=each.contact_id,
                state=SubscriptionState.CONFIRMED,
                consent_event_id=each.consent_event_id,
                confirmed_at=each.confirmed_at,
            )
        change_some()
        mine = set(Subscription.objects.filter(mailing_list_id=garden).values_list("contact_id", flat=True))
    nora, owner = person(anna.account_id, "Nora Nord", Role.ADMIN), person(anna.account_id, "Olga Ost", Role.OWNER)
    limit_member(anna.account_id, membership_of(anna, nora), [garden], by=owner)
    with tenancy.member(anna.account_id, nora.id, is_limited=True):
        order = order_named("-field_city")
        assert is_indexed(order)
        found = walked(order, ContactFilter(), 3)
        assert set(found) == mine and len(found) == len(mine) > 4
        assert found == by_scan(order, ContactFilter(), monkeypatch)
        assert not SortIndex.objects.exists()
        assert set(SortKey.objects.values_list("contact_id", flat=True)) <= mine
        assert count_contacts(ContactFilter()) == ContactCount(len(mine))
        for wanted in (ContactFilter(), ContactFilter(search="reader1"), ContactFilter(tag_id=Tag.objects.get().id)):
            for name in ("email", "-added", "confirmed", "-field_city", "field_day"):
                soon = walked(order_named(name), wanted, 3)
                with monkeypatch.context() as patched:  # where the order of an index takes too long
                    patched.setattr(paging, "_first", lambda *_, **__: None)
                    assert walked(order_named(name), wanted, 3) == soon, (name, wanted)
                assert set(soon) <= mine and (soon or not wanted.is_empty)


def membership_of(one: Customer, user: User) -> int:
    return rows(one, Membership).get(user=user).id
