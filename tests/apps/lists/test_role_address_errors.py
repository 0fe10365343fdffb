"""No role address of tier 1 gets into a table on any path; the table refuses no one the rule allows (R-21)."""

import itertools

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.consent.ledger import EventEvidence
from mailflatrate.apps.lists import role_address_errors
from mailflatrate.apps.lists.actions import optin
from mailflatrate.apps.lists.actions.optin import SignupPerson
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.addresses import role_tier
from mailflatrate.rules.addresses.roles import plain_refused_words
from support.cast import per_module
from support.contact_files import HEADER
from support.customers import Customer, customer_with_list
from support.scope import rows
from support.sql import by_owner

ROLES = ("info", "Info+x", "vertrieb1", "no-reply", "kundenservice_", "_office", "BÜRO", "buero", "geschäftsführung")
NUMBERS = itertools.count(1)
anna = per_module(customer_with_list, "Anna")
"""Anna, with a contact of each test's own."""
without_contacts = per_module(customer_with_list, "Anna")
"""An account that no role address gets into."""


def refused_by_table(local: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_refused_role(%s)", [f"{local}@kunde-1.de"])
        return bool(cursor.fetchone()[0])


def test_the_function_is_the_data_file() -> None:
    """Word by word: what the table refuses, the rule refuses; and it knows every word of tier 1 that is no surname."""
    words = sorted(plain_refused_words())
    assert len(words) > 2000
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(is_refused_role(word || '@kunde-1.de')) FROM unnest(%s::text[]) AS w(word)", [words]
        )
        answers = cursor.fetchone()[0]
    assert all(answers)
    assert [word for word in words if role_tier(word) != 1] == []


def test_words_that_are_there_are_spelled_again_only_when_one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    role_address_errors.refresh(connections["owner"])
    spelled: list[int] = []
    words = plain_refused_words()

    def spell() -> frozenset[str]:
        spelled.append(1)
        return words

    monkeypatch.setattr(role_address_errors, "plain_refused_words", spell)
    role_address_errors.refresh(connections["owner"])
    assert spelled == []
    by_owner("DELETE FROM role_word WHERE word = 'info'")
    role_address_errors.refresh(connections["owner"])
    assert spelled == [1]
    assert role_address_errors.differences(connections["owner"]) == (0, 0)
    connections["owner"].close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.sampled_from(sorted(plain_refused_words())).flatmap(
            lambda word: st.tuples(
                st.text("0123456789._-", max_size=3),
                st.just(word),
                st.text("0123456789._-", max_size=3),
                st.sampled_from(["", "+tag", "+"]),
            ).map("".join)
        ),
        st.text("abcdefghiklmnoprstuv.-_1äöü+", min_size=1, max_size=12),
    )
)
def test_the_table_never_refuses_whom_the_rule_lets_in(database: str, local: str) -> None:
    if refused_by_table(local):
        assert role_tier(local) == 1


@pytest.mark.parametrize(
    "local", ["anna.mueller", "steuer", "p.ost", "sales.maria", "infantino", "x-unsubscribe", "office.jane"]
)
def test_people_are_let_through_by_the_table(local: str) -> None:
    assert not refused_by_table(local)


@pytest.mark.parametrize("local", ROLES)
def test_raw_sql_under_the_application_role_is_refused(anna: Customer, local: str) -> None:
    number = next(NUMBERS)
    values = [anna.account_id, f"{local}@kunde-1.de", b"x" * 31 + bytes([number])]
    insert = "INSERT INTO contact (account_id, email, address_key) VALUES (%s, %s, %s)"
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="nobody's"), transaction.atomic():
            cursor.execute(insert, values)
        cursor.execute(insert, [anna.account_id, f"dora{number}@kunde-1.de", values[2]])
        with pytest.raises(IntegrityError, match="nobody's"), transaction.atomic():
            cursor.execute("UPDATE contact SET email = %s WHERE address_key = %s", values[1:])


@pytest.mark.parametrize("local", ROLES)
def test_no_action_takes_one_either(without_contacts: Customer, line: object, local: str) -> None:
    """By hand, by a sign-up's confirmation, by a change of address; the import refuses it as a row."""
    email = f"{local}@kunde-1.de"
    anna, person = without_contacts, SignupPerson(email, b"y" * 31 + bytes([next(NUMBERS)]))
    evidence = EventEvidence(email=email)
    with tenancy.account(anna.account_id):
        assert judge_address(email).reason is not None
        for act in (
            lambda: optin.begin_opt_in(person, anna.list_id, clock.now(), evidence),
            lambda: optin.confirm_consent(person, anna.list_id, clock.now(), evidence, source="test"),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                act()
    done = anna.bring("\n".join([HEADER, line(email)]))  # type: ignore[operator]  # a fixture that makes rows
    assert done.refused == {"role": 1}
    assert not rows(anna, Contact).exists()


def test_the_owner_is_no_way_around(database: str, anna: Customer) -> None:
    with psycopg.connect(database) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(
            "INSERT INTO contact (account_id, email, address_key) VALUES (%s, 'info@kunde-1.de', 'x')",
            [anna.account_id],
        )
