"""Events of a customer's own systems: recorded once, typed, in segments, in order, and gone with the person."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from mailflatrate.apps.lists import events
from mailflatrate.apps.lists.actions import events as actions
from mailflatrate.apps.lists.actions.events import EventOutcome, ReportedEvent, TooManyEvents
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact, ContactEvent, ContactEventType, EventDay
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts import contact_events as rules
from mailflatrate.rules.contacts.contact_events import PropertyType
from support.cast import per_test
from support.customers import Customer, customer_with_list
from support.scope import rows, within

anna = per_test(lambda: customer_with_list("Anna", approved=False).with_owner("Anna").with_people(6))


@pytest.fixture(scope="module")
def declared() -> Customer:
    """Anna, with one type of event and its typed properties, which nothing refused adds to."""
    customer = customer_with_list("Anna", approved=False).with_people(1)
    within(customer, actions.declare_event, "order.placed", {"total": PropertyType.NUMBER, "day": PropertyType.DATE})
    return customer


def people(anna: Customer) -> list[int]:
    return list(rows(anna, Contact).order_by("id").values_list("id", flat=True))


def record(anna: Customer, *reported: ReportedEvent) -> list[EventOutcome]:
    with tenancy.account(anna.account_id):
        return [one.outcome for one in actions.record_events(reported)]


def order(contact_id: int, days_ago: float = 0, key: str = "", **properties: Any) -> ReportedEvent:
    return ReportedEvent(
        "order.placed", contact_id, at=clock.now() - timedelta(days=days_ago), properties=properties, key=key
    )


def test_an_event_is_recorded_once_and_declares_itself(anna: Customer) -> None:
    dora, *_ = people(anna)
    first = order(dora, key="4711", total=49.5, coupon="SPRING", gift=True)
    assert record(anna, first, first, order(dora, key="4712")) == [
        EventOutcome.RECORDED,
        EventOutcome.KNOWN,
        EventOutcome.RECORDED,
    ]
    assert record(anna, first) == [EventOutcome.KNOWN]
    assert record(anna, order(dora), order(dora)) == [EventOutcome.RECORDED] * 2, "without a key each counts"
    with tenancy.account(anna.account_id):
        (row,) = events.event_types()
        assert ContactEvent.objects.count() == 4
        assert EventDay.objects.get().count == 6
    assert row.properties == {
        "total": PropertyType.NUMBER,
        "coupon": PropertyType.TEXT,
        "gift": PropertyType.BOOLEAN,
    }
    assert row.last_at is not None


def test_people_who_are_no_contacts_are_refused_and_never_added(anna: Customer) -> None:
    carla = people(customer_with_list("Carla", approved=False).with_people(3))[0]
    with tenancy.account(anna.account_id):
        before = Contact.objects.count()
        Contact.objects.filter(id=people(anna)[0]).update(external_id="crm/7")
    found = record(
        anna,
        ReportedEvent("order.placed", carla),
        ReportedEvent("order.placed", 2**62),
        ReportedEvent("order.placed", external_id="crm/8"),
        ReportedEvent("order.placed", external_id="crm/7"),
    )
    assert found == [EventOutcome.UNKNOWN] * 3 + [EventOutcome.RECORDED]
    with tenancy.account(anna.account_id):
        assert Contact.objects.count() == before
        assert ContactEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "Order Placed"}, "name"),
        ({"name": "diagnosis.made"}, "protect"),
        ({"properties": {"religion": "x"}}, "protect"),
        ({"properties": {"Total": 1}}, "name"),
        ({"properties": {"total": "many"}}, "number"),
        ({"properties": {"total": 1e16}}, "number"),
        ({"properties": {"total": True}}, "number"),
        ({"properties": {"day": "31.12.2026"}}, "date"),
        ({"properties": {"words": "x" * 501}}, "500"),
        ({"properties": {"list": [1]}}, "text"),
        ({"properties": {f"p{n}": 1 for n in range(30)}}, "20"),
        ({"at": timedelta(days=400)}, "older"),
        ({"at": timedelta(days=-1)}, "future"),
    ],
)
def test_what_is_wrong_with_one_event_is_said_and_stops_no_other(
    declared: Customer, change: dict[str, Any], word: str
) -> None:
    dora, *_ = people(declared)
    if isinstance(change.get("at"), timedelta):
        change = {"at": clock.now() - change["at"]}
    with tenancy.account(declared.account_id):
        bad = ReportedEvent(**{"name": "order.placed", "contact_id": dora, **change})
        results = actions.record_events([bad, order(dora, total=1, day="2026-03-31")])
        assert [one.outcome for one in results] == [EventOutcome.REFUSED, EventOutcome.RECORDED]
        assert word in results[0].problem
        assert ContactEventType.objects.count() == 1
        assert set(ContactEventType.objects.get().properties) == {"total", "day"}


def test_limits_of_an_account(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    dora, *_ = people(anna)
    monkeypatch.setattr(rules, "MOST_TYPES", 2)
    names = [ReportedEvent(f"event_{n}", dora) for n in range(3)]
    assert record(anna, *names) == [EventOutcome.RECORDED] * 2 + [EventOutcome.REFUSED]
    monkeypatch.setattr(rules, "MOST_A_DAY", 5)
    with pytest.raises(TooManyEvents):
        record(anna, *[ReportedEvent("event_0", dora)] * 3)
    assert record(anna, *[ReportedEvent("event_0", dora)] * 2) == [EventOutcome.RECORDED] * 2


def test_events_are_kept_for_the_account_s_own_period(anna: Customer) -> None:
    dora, *_ = people(anna)
    record(anna, order(dora, 1), order(dora, 20), order(dora, 200))
    actions.delete_old_events()
    with tenancy.account(anna.account_id):
        assert ContactEvent.objects.count() == 3
        with pytest.raises(ListError):
            actions.set_keep_days(0)
        actions.set_keep_days(10)
    actions.delete_old_events()
    with tenancy.account(anna.account_id):
        assert [row["at"] for row in events.events_of(dora)] == [
            row.at.isoformat() for row in ContactEvent.objects.all()
        ]
        assert ContactEvent.objects.count() == 1
    assert record(anna, order(dora, 11)) == [EventOutcome.REFUSED]


def test_a_type_is_deleted_with_its_events_and_then_matches_no_one(anna: Customer) -> None:
    one, *rest = people(anna)
    record(anna, order(one, total=1), ReportedEvent("visited", one))
    with tenancy.account(anna.account_id):
        tree = check_segment([{"field": "event", "event": "order.placed", "op": "did"}])
        assert actions.delete_event_type(ContactEventType.objects.get(name="order.placed").id) == 1
        where, values = conditions_sql(tree, "contact")
        assert not Contact.objects.extra(where=[where], params=values).exists()
        assert ContactEvent.objects.count() == 1
    assert rest


def test_events_are_in_the_access_export_and_go_with_the_person(anna: Customer) -> None:
    dora, *_ = people(anna)
    record(anna, order(dora, total=49.5))
    with tenancy.account(anna.account_id):
        stored = stored_about(dora, language="en")
        assert stored is not None
        assert [(one["event"], one["properties"]) for one in stored["events"]] == [("order.placed", {"total": 49.5})]
        erase_for_customer(dora, by=anna.owner)
        assert not ContactEvent.objects.exists()
    assert record(anna, order(dora)) == [EventOutcome.UNKNOWN]


def test_two_batches_with_the_same_keys_record_each_once(anna: Customer) -> None:
    dora, *_ = people(anna)
    record(anna, order(dora))
    keys = [f"k{number}" for number in range(50)]
    outcomes: list[EventOutcome] = []

    def report(order_of_keys: list[str]) -> None:
        outcomes.extend(record(anna, *[order(dora, key=key) for key in order_of_keys]))
        connections.close_all()

    threads = [threading.Thread(target=report, args=(each,)) for each in (keys, keys[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted([EventOutcome.RECORDED] * 50 + [EventOutcome.KNOWN] * 50)
