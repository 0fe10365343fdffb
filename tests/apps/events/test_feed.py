"""Reading events: every one, once, in the order of transactions, however late it commits."""

import psycopg
import pytest
from django.db import connections

from mailflatrate.apps.events import feed
from mailflatrate.apps.events.feed import DEFAULT_TYPES, EventsForgotten, FeedPosition
from mailflatrate.base import clock, tenancy
from mailflatrate.base.outbox.writing import emit
from mailflatrate.rules.events import EventType
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url
from support.customers import Customer, customer_with_list
from support.scope import within


def complaint(account_id: int, number: int) -> None:
    within(account_id, emit, EventType.COMPLAINT_RECEIVED, {"campaign_id": number})


def read(account_id: int, position: FeedPosition, size: int = 100) -> tuple[list[int], FeedPosition]:
    page = within(account_id, feed.read_events, position, [EventType.COMPLAINT_RECEIVED], size)
    return [event.payload["campaign_id"] for event in page.events], page.position


def test_a_transaction_that_commits_late_is_not_passed_over() -> None:
    anna = Customer.registered("Anna")
    late = psycopg.connect(owner_url(load_settings()))
    late.execute(
        "INSERT INTO outbox_event (account_id, type, payload) VALUES (%s, 'complaint.received', %s)",
        [anna.account_id, '{"campaign_id": 1}'],
    )
    complaint(anna.account_id, 2)
    found, position = read(anna.account_id, FeedPosition())
    assert found == [], "a transaction before it is open"
    assert within(anna, feed.has_unripe)
    late.commit()
    late.close()
    complaint(anna.account_id, 3)
    found, position = read(anna.account_id, position)
    assert found == [1, 2, 3]
    assert read(anna.account_id, position)[0] == []


def test_pages_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    anna, carla = Customer.registered("Anna"), Customer.registered("Carla")
    monkeypatch.setattr(feed, "WINDOW", 3)
    for number in range(8):
        complaint(anna.account_id, number)
        complaint(carla.account_id, 1000 + number)
    found, position = [], FeedPosition()
    with tenancy.account(anna.account_id):
        while True:
            page = feed.read_events(position, DEFAULT_TYPES, 2)
            found += [event.payload.get("campaign_id") for event in page.events]
            position = page.position
            if not page.more:
                break
    assert [each for each in found if each is not None] == list(range(8))


def test_changed_contacts_are_events_too() -> None:
    anna = customer_with_list("Anna")
    anna.with_people(5)
    with tenancy.account(anna.account_id):
        page = feed.read_events(FeedPosition(), [EventType.CONTACT_CHANGED], 100)
        assert page.events
        event = page.events[0]
        assert event.payload["last_contact_id"] - event.payload["first_contact_id"] == 4
        assert feed.find_event(event.position) == event
        assert not feed.read_events(page.position, [EventType.CONTACT_CHANGED], 100).events


def test_a_position_of_another_time_or_server_is_refused() -> None:
    here = feed.horizon()
    feed.check_position(here.position, clock.now(), here.server)
    for position, at, server in (
        (FeedPosition(here.newest_xid + 1000), clock.now(), here.server),
        (here.position, clock.now() - feed.KEPT * 2, here.server),
        (here.position, clock.now(), here.server + 1),
    ):
        with pytest.raises(EventsForgotten):
            feed.check_position(position, at, server)


def test_a_replay_begins_before_the_time() -> None:
    anna = Customer.registered("Anna")
    complaint(anna.account_id, 1)
    since = clock.now()
    complaint(anna.account_id, 2)
    position = within(anna, feed.position_at, since)
    assert read(anna.account_id, position)[0][-1] == 2
    connections.close_all()
