"""Segments: what the SQL finds is what a plain reading of the conditions says; nothing else gets through."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.builders import conditions_sql, named_sql
from mailflatrate.apps.segments.conditions.parsing import parse_conditions
from mailflatrate.apps.segments.queries import count_segment
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.conditions import MAX_CONDITIONS
from support.customers import Customer, customer_with_list
from support.scope import within

PEOPLE: dict[str, dict[str, Any]] = {
    "dora": {"first_name": "Dora", "attributes": {"city": "Kiel", "orders": "12", "born": "1980-02-03"}},
    "erik": {"first_name": "ERIK", "attributes": {"city": "kiel", "orders": "3,5", "born": "03.02.1990"}},
    "frida": {"first_name": "", "attributes": {"city": "Bonn", "orders": "many", "born": "31.02.1990"}},
    "gustav": {"first_name": "Gustav", "attributes": {"orders": -2, "100%_'x\"": "odd"}},
}


def condition(field: str, op: str, value: Any = None, key: str = "") -> dict[str, Any]:
    return {"field": field, "op": op} | ({"value": value} if value is not None else {}) | ({"key": key} if key else {})


@pytest.fixture(scope="module")
def crowd() -> Customer:
    """Four confirmed people; the later ones confirmed and were active longer ago."""
    anna = customer_with_list("Anna")
    with tenancy.account(anna.account_id):
        for number, (name, values) in enumerate(PEOPLE.items()):
            at = clock.now() - timedelta(days=100 * number)
            contact = Contact.objects.create(
                email=f"{name}@{'gmx.de' if number % 2 else 'web.de'}",
                address_key=name.encode().ljust(32, b"-"),
                last_activity_at=at if number < 3 else None,
                **values,
            )
            event_id = ledger.append(
                contact.id, anna.list_id, ConsentKind.CONFIRMED, at, ledger.EventEvidence(email=contact.email)
            )
            Subscription.objects.create(
                mailing_list_id=anna.list_id,
                contact=contact,
                state="confirmed",
                consent_event_id=event_id,
                confirmed_at=at,
            )
    return anna


def found(place: Customer, *conditions: dict[str, Any]) -> set[str]:
    sql, values = conditions_sql(conditions)
    with tenancy.account(place.account_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT split_part(c.email, '@', 1) FROM contact c WHERE {sql}", values)
        names = {row[0] for row in cursor.fetchall()}
        named, parameters = named_sql(*conditions_sql(conditions))
        cursor.execute(f"SELECT count(*) FROM contact c WHERE {named}", parameters)
        assert cursor.fetchone() == (len(names),)
    return names


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        (condition("attribute", "equals", "KIEL", "city"), "dora erik"),
        (condition("attribute", "not_equals", "kiel", "city"), "frida gustav"),
        (condition("attribute", "contains", "ON", "city"), "frida"),
        (condition("attribute", "starts", "ki", "city"), "dora erik"),
        (condition("attribute", "in", ["Bonn", "Ulm"], "city"), "frida"),
        (condition("attribute", "in", "bonn, kiel ", "city"), "dora erik frida"),
        (condition("attribute", "set", key="city"), "dora erik frida"),
        (condition("attribute", "empty", key="city"), "gustav"),
        (condition("attribute", "more", "3,4", "orders"), "dora erik"),
        (condition("attribute", "at_most", "3.5", "orders"), "erik gustav"),
        (condition("attribute", "less", "0", "orders"), "gustav"),
        (condition("attribute", "at_least", "12", "orders"), "dora"),
        (condition("attribute", "before", "1990-01-01", "born"), "dora"),
        (condition("attribute", "after", "1990-01-01", "born"), "erik"),
        (condition("attribute", "equals", "odd", "100%_'x\""), "gustav"),
        (condition("attribute", "contains", "%", "city"), ""),
        (condition("first_name", "equals", "erik"), "erik"),
        (condition("first_name", "empty"), "frida"),
        (condition("email_domain", "equals", "gmx.de"), "erik gustav"),
        (condition("email_domain", "in", "gmx.de,web.de"), "dora erik frida gustav"),
        (condition("activity", "within_days", 50), "dora"),
        (condition("activity", "not_within_days", 150), "frida gustav"),
        (condition("activity", "never"), "gustav"),
        (condition("consent", "within_days", 150), "dora erik"),
        (condition("consent", "not_within_days", 250), "gustav"),
    ],
)
def test_each_comparison_finds_whom_it_says(crowd: Customer, asked: dict[str, Any], who: str) -> None:
    assert found(crowd, asked) == set(who.split())


def test_a_group_of_any_never_escapes_what_stands_beside_it(crowd: Customer) -> None:
    kiel = {"field": "attribute", "op": "equals", "value": "kiel", "key": "city"}
    gmx = {"field": "email_domain", "op": "equals", "value": "gmx.de"}
    anyone = {"version": 2, "match": "any", "items": [kiel, gmx]}
    with tenancy.account(crowd.account_id), connection.cursor() as cursor:
        for beside, people in (("FALSE AND {}", 0), ("{} AND FALSE", 0), ("NOT {}", 1), ("{}", 3)):
            sql, values = conditions_sql(anyone)
            cursor.execute(f"SELECT count(*) FROM contact c WHERE {beside.format(sql)}", values)
            assert cursor.fetchone() == (people,), beside
        elsewhere = create_list("Elsewhere").id
        assert count_segment([elsewhere], anyone) == 0
        assert Audience([elsewhere], anyone).members_sql()[0].startswith("(")


def test_all_conditions_must_hold_and_lists_count(crowd: Customer) -> None:
    other = within(crowd, create_list, "Other").id
    assert found(crowd) == set(PEOPLE)
    assert found(crowd, condition("list", "on", crowd.list_id)) == set(PEOPLE)
    assert found(crowd, condition("list", "not_on", other)) == set(PEOPLE)
    assert found(crowd, condition("list", "on", other)) == set()
    both = (condition("attribute", "equals", "kiel", "city"), condition("email_domain", "equals", "gmx.de"))
    assert found(crowd, *both) == {"erik"}
    with tenancy.account(crowd.account_id):
        assert count_segment([crowd.list_id], both) == 1
        assert count_segment([other], []) == 0


def test_carla_sees_nobody_by_any_condition(crowd: Customer, carla: Customer) -> None:
    assert found(carla, condition("list", "on", crowd.list_id)) == set()
    assert found(carla) == set()


@pytest.mark.parametrize(
    "bad",
    [
        "no condition",
        condition("password", "equals", "x"),
        condition("first_name", "like", "x"),
        condition("first_name", "more", "3"),
        condition("attribute", "equals", "x"),
        condition("attribute", "equals", "x", "k" * 61),
        condition("attribute", "equals", "x", "nul\0"),
        condition("first_name", "equals", " "),
        condition("first_name", "equals", "x" * 501),
        condition("attribute", "more", "1; DROP TABLE contact", "orders"),
        condition("attribute", "more", "1e9", "orders"),
        condition("attribute", "before", "31.12.2026", "born"),
        condition("attribute", "in", ",,", "city"),
        condition("attribute", "in", ["x"] * 201, "city"),
        condition("list", "on", "1 OR 1=1"),
        condition("list", "on", 2**63),
        condition("activity", "within_days", 0),
        condition("activity", "within_days", "٣"),
    ],
)
def test_what_makes_no_sense_is_named(bad: Any) -> None:
    with pytest.raises(SegmentError, match="1"):
        parse_conditions([bad])


def test_there_is_an_end_to_conditions_and_aliases() -> None:
    many = [condition("first_name", "set")] * (MAX_CONDITIONS + 1)
    with pytest.raises(SegmentError):
        parse_conditions(many)
    with pytest.raises(ValueError, match="alias"):
        conditions_sql([], "c; DROP")
    kept = [one.as_json() for one in parse_conditions(many[:2])]
    assert [one.as_json() for one in parse_conditions(kept)] == kept
