"""A subscription has a contact and a proof of its account, whoever writes what at the same time (ADR 0052)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import tenancy
from mailflatrate.settings.roles import owner_url
from mailflatrate.settings.schema import load_settings
from support.cast import per_test
from support.customers import Customer, customer_with_list
from support.scope import rows
from support.sql import as_application
from support.waiting import wait_until

ADD = """INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id)
    VALUES (%s, %s, %s, %s, %s)"""
CONTACT = "INSERT INTO contact (account_id, email, address_key) VALUES (%s, %s, %s) RETURNING id"
GOES = "DELETE FROM contact WHERE account_id = %s AND id = %s"
LEAVES = "DELETE FROM subscription WHERE account_id = %s AND contact_id = %s"
anna = per_test(lambda: customer_with_list("Anna", approved=False).with_people(3))
carla = per_test(lambda: customer_with_list("Carla", approved=False).with_people(1))


@contextmanager
def link(one: Customer) -> Iterator["psycopg.Connection[Any]"]:
    with as_application(one, for_session=True) as own:
        yield own


def someone(own: "psycopg.Connection[Any]", one: Customer, name: str) -> int:
    """A contact without a subscription."""
    row = own.execute(CONTACT, [one.account_id, f"{name}@people.example", name.encode().ljust(32, b"x")]).fetchone()
    assert row is not None
    return int(row[0])


def subscribed(one: Customer) -> tuple[int, int]:
    """A contact of the list, and the event that proves it."""
    contact_id, event_id = rows(one, Subscription).values_list("contact_id", "consent_event_id")[0]
    assert event_id is not None
    return contact_id, event_id


def orphans() -> int:
    with psycopg.connect(owner_url(load_settings())) as owner:
        row = owner.execute(
            "SELECT count(*) FROM subscription s WHERE NOT EXISTS (SELECT FROM contact c WHERE c.id = s.contact_id)"
        ).fetchone()
    assert row is not None
    return int(row[0])


def until_it_waits(own: "psycopg.Connection[Any]") -> None:
    """Wait until PostgreSQL says that this connection waits for another."""
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        blocking = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
        wait_until(lambda: owner.execute(blocking, [own.info.backend_pid]).fetchone() == (True,), "the other one")


def test_only_a_contact_and_an_event_of_the_account_will_do(anna: Customer, carla: Customer) -> None:
    theirs, their_event = subscribed(carla)
    with link(anna) as own:
        new = someone(own, anna, "fritz")
        for contact_id, event_id in ((new, 2**40), (new, their_event), (2**40, None), (theirs, None)):
            with pytest.raises(ForeignKeyViolation):
                own.execute(ADD, [anna.account_id, anna.list_id, contact_id, "pending", event_id])
        own.execute(ADD, [anna.account_id, anna.list_id, new, "pending", None])
        for column, value in (("consent_event_id", 2**40), ("consent_event_id", their_event), ("contact_id", theirs)):
            with pytest.raises(ForeignKeyViolation):
                own.execute(f"UPDATE subscription SET {column} = %s WHERE contact_id = %s", [value, new])
        own.execute("UPDATE subscription SET consent_event_id = %s WHERE contact_id = %s", [subscribed(anna)[1], new])


def test_several_rows_of_one_statement_are_all_checked(anna: Customer) -> None:
    with link(anna) as own:
        new = [someone(own, anna, name) for name in ("fritz", "gerd")]
        add = (
            "INSERT INTO subscription (account_id, mailing_list_id, contact_id, state)"
            " SELECT %s, %s, id, 'pending' FROM unnest(%s::bigint[]) id"
        )
        with pytest.raises(ForeignKeyViolation):
            own.execute(add, [anna.account_id, anna.list_id, [*new, 2**40]])
        with own.transaction():
            own_contact = someone(own, anna, "helga")
            with pytest.raises(ForeignKeyViolation), own.transaction():
                own.execute(add, [anna.account_id, anna.list_id, [own_contact, new[0], 2**40]])
            own.execute(add, [anna.account_id, anna.list_id, [own_contact, *new]])


def test_a_contact_stays_until_its_subscriptions_are_gone(anna: Customer) -> None:
    contact_id, _event = subscribed(anna)
    with link(anna) as own:
        with pytest.raises(ForeignKeyViolation):
            own.execute(GOES, [anna.account_id, contact_id])
        with own.transaction():  # in either order, as long as both are gone in the end
            own.execute(GOES, [anna.account_id, contact_id])
            own.execute(LEAVES, [anna.account_id, contact_id])
    with tenancy.account(anna.account_id):
        assert not Contact.objects.filter(id=contact_id).exists()
        assert ConsentEvent.objects.filter(contact_id=contact_id).exists()


def test_a_deletion_waits_for_who_subscribes_the_contact(anna: Customer) -> None:
    with link(anna) as first, link(anna) as second, ThreadPoolExecutor(1) as beside:
        contact_id = someone(first, anna, "fritz")
        with first.transaction():
            first.execute(ADD, [anna.account_id, anna.list_id, contact_id, "pending", None])
            deletion = beside.submit(second.execute, GOES, [anna.account_id, contact_id])
            until_it_waits(second)
        with pytest.raises(ForeignKeyViolation):
            deletion.result()
    assert orphans() == 0


def test_who_subscribes_a_contact_waits_for_its_deletion(anna: Customer) -> None:
    with link(anna) as first, link(anna) as second, ThreadPoolExecutor(1) as beside:
        contact_id = someone(first, anna, "fritz")
        with first.transaction():
            first.execute(GOES, [anna.account_id, contact_id])
            adding = beside.submit(second.execute, ADD, [anna.account_id, anna.list_id, contact_id, "pending", None])
            until_it_waits(second)
        with pytest.raises(ForeignKeyViolation):
            adding.result()
    assert orphans() == 0


def test_a_contact_that_was_changed_before_it_was_subscribed_cannot_be_deleted(anna: Customer) -> None:
    with link(anna) as first, link(anna) as second, ThreadPoolExecutor(1) as beside:
        contact_id = someone(first, anna, "fritz")
        with first.transaction():
            first.execute("UPDATE contact SET first_name = 'Fritz' WHERE id = %s", [contact_id])
            first.execute(ADD, [anna.account_id, anna.list_id, contact_id, "pending", None])
            deletion = beside.submit(second.execute, GOES, [anna.account_id, contact_id])
            until_it_waits(second)
        with pytest.raises(ForeignKeyViolation):
            deletion.result()
    assert orphans() == 0
