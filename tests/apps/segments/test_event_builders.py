"""Segments of people who did something in a customer's own systems."""

from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.lists.actions import events as actions
from mailflatrate.apps.lists.actions.events import EventOutcome, ReportedEvent
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import Contact, ContactEventType
from mailflatrate.apps.segments.builders import conditions_sql, whole_account
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.presenters.segment_sentences import segment_sentence
from mailflatrate.rules.contacts.contact_events import PropertyType
from support.cast import per_test
from support.customers import Customer, customer_with_list
from support.scope import rows, within

anna = per_test(lambda: customer_with_list("Anna", approved=False).with_people(6))


def people(anna: Customer) -> list[int]:
    return list(rows(anna, Contact).order_by("id").values_list("id", flat=True))


def record(anna: Customer, *reported: ReportedEvent) -> list[EventOutcome]:
    with tenancy.account(anna.account_id):
        return [one.outcome for one in actions.record_events(reported)]


def order(contact_id: int, days_ago: float = 0, **properties: Any) -> ReportedEvent:
    return ReportedEvent("order.placed", contact_id, at=clock.now() - timedelta(days=days_ago), properties=properties)


def matching(anna: Customer, **condition: Any) -> set[int]:
    """Contacts in a segment, found both ways: as a page and over the whole account."""
    definition = [{"field": "event", "event": "order.placed", **condition}]
    with tenancy.account(anna.account_id):
        tree = check_segment(definition)
        assert parse_segment(tree.as_json()).as_json() == tree.as_json()
        found = []
        for whole in (False, True):
            if whole:
                with whole_account():
                    where, values = conditions_sql(tree, "contact")
                    found.append(set(Contact.objects.extra(where=[where], params=values).values_list("id", flat=True)))
            else:
                where, values = conditions_sql(tree, "contact")
                found.append(set(Contact.objects.extra(where=[where], params=values).values_list("id", flat=True)))
    assert found[0] == found[1]
    return found[0]


def test_segments_ask_how_often_when_and_how(anna: Customer) -> None:
    one, two, three, *rest = people(anna)
    record(
        anna,
        order(one, 1, total=80, coupon="Spring", gift=True),
        order(one, 3, total=20),
        order(one, 40, total=120),
        order(two, 2, total=10.5, coupon="autumn", gift=False),
        order(three, 90, total=500, coupon="SPRING"),
    )
    with tenancy.account(anna.account_id):
        actions.add_properties(ContactEventType.objects.get().id, {"ships": PropertyType.DATE})
    record(anna, order(two, 1, ships="2026-03-31", total=0), order(three, 95, ships=clock.now().date().isoformat()))
    everyone = {one, two, three, *rest}

    def where(*tests: tuple[str, str, Any]) -> dict[str, Any]:
        wanted = [
            {"property": name, "op": op, **({} if value is None else {"value": value})} for name, op, value in tests
        ]
        return {"op": "did", "where": wanted}

    assert matching(anna, op="did") == {one, two, three}
    assert matching(anna, op="did_not") == everyone - {one, two, three}
    assert matching(anna, op="did", days=30) == {one, two}
    assert matching(anna, op="did", times=2) == {one, two, three}
    assert matching(anna, op="did", times=3) == {one}
    assert matching(anna, op="did", times=2, days=30) == {one, two}
    assert matching(anna, op="did_not", times=2, days=30) == everyone - {one, two}
    assert matching(anna, **where(("total", "at_least", 100))) == {one, three}
    assert matching(anna, **where(("total", "at_least", "100"))) == {one, three}
    assert matching(anna, days=60, **where(("total", "at_least", 100))) == {one}
    assert matching(anna, **where(("total", "equals", 10.5))) == {two}
    assert matching(anna, **where(("coupon", "equals", "spring"))) == {one, three}
    assert matching(anna, **where(("coupon", "in", ["SPRING", "Autumn"]))) == {one, two, three}
    assert matching(anna, **where(("coupon", "not_equals", "spring"))) == {two}
    assert matching(anna, **where(("coupon", "starts", "spr"))) == {one, three}
    assert matching(anna, **where(("gift", "yes", None))) == {one}
    assert matching(anna, **where(("gift", "no", None))) == {two}
    assert matching(anna, **where(("coupon", "set", None))) == {one, two, three}
    assert matching(anna, **where(("coupon", "set", None), ("gift", "no", None))) == {two}
    assert matching(anna, **where(("ships", "before", "2026-04-01"))) == {two}
    assert matching(anna, **where(("ships", "last_days", 3))) == {three}
    assert matching(anna, **where(("coupon", "equals", "spring"), ("total", "less", 100))) == {one}


@pytest.mark.parametrize(
    "condition",
    [
        {"event": "never.declared", "op": "did"},
        {"event": "x'; DROP TABLE contact; --", "op": "did"},
        {"event": "order.placed", "op": "got"},
        {"event": "order.placed", "op": "did", "times": 0},
        {"event": "order.placed", "op": "did", "where": [{"property": "color", "op": "equals", "value": "x"}]},
        {"event": "order.placed", "op": "did", "where": [{"property": "total", "op": "contains", "value": "x"}]},
        {"event": "order.placed", "op": "did", "where": [{"property": "total", "op": "equals", "value": "x"}]},
        {"event": "order.placed", "op": "did", "where": [{"property": "total", "op": "at_least"}]},
        {"event": "order.placed", "op": "did", "where": [{}] * 6},
        {"event": "order.placed", "op": "did", "where": "x"},
    ],
)
def test_a_wrong_condition_is_refused_with_the_choices(anna: Customer, condition: dict[str, Any]) -> None:
    record(anna, order(people(anna)[0], total=1))
    with tenancy.account(anna.account_id), pytest.raises(SegmentError, match="condition 1"):
        check_segment([{"field": "event", **condition}])


def test_a_segment_says_what_it_asks(anna: Customer) -> None:
    record(anna, order(people(anna)[0], total=1))
    tests = [{"property": "total", "op": "at_least", "value": 50}]
    tree = parse_segment(
        [{"field": "event", "op": "did", "event": "order.placed", "times": 2, "days": 30, "where": tests}]
    )
    said = within(anna, segment_sentence, tree)
    assert said == ("Contacts who did “order.placed” at least 2 times in the last 30 days where “total” is at least 50")
