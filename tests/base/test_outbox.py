"""The outbox: what may be written, who may read it, and its days."""

import re
from datetime import timedelta

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from architecture.migrations import PACKAGE
from mailflatrate.base import tenancy
from mailflatrate.base.outbox.jobs import DAYS_AHEAD, keep_days
from mailflatrate.base.outbox.models import OutboxEvent
from mailflatrate.base.outbox.writing import emit, emitted
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.events import EVENTS, NEVER_STORED, EventType, InvalidPayload, check_payload
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url
from support.customers import Customer
from support.scope import rows, within

pytestmark = pytest.mark.usefixtures("database")


def test_every_example_fits_its_type() -> None:
    for event, about in EVENTS.items():
        check_payload(event, about.example)
    assert EVENTS.keys() == set(EventType)


@pytest.mark.parametrize(
    "payload",
    [{}, {"campaign_id": "8"}, {"campaign_id": True}, {"campaign_id": None}, {"campaign_id": 8, "email": "x"}],
)
def test_a_payload_has_exactly_its_members(payload: dict[str, object]) -> None:
    with pytest.raises(InvalidPayload):
        check_payload(EventType.CAMPAIGN_STARTED, payload)


def test_payloads_have_numbers_and_codes_only() -> None:
    """Erasing a person leaves nothing to chase in an event."""
    personal = re.compile(r"mail\b|name|address|external|ip\b|phone")
    for event, about in EVENTS.items():
        assert not [name for name in about.members if personal.search(name)], event


def test_triggers_write_known_types_with_their_members() -> None:
    files = "".join(path.read_text() for path in PACKAGE.glob("**/sql/outbox.sql"))
    named = set(re.findall(r"'([a-z]+\.[a-z]+)'", files))
    assert named <= {each.value for each in EventType}
    written = named | {
        "message.sent",
        "complaint.received",
        "automation.entered",
        "automation.finished",
        "automation.step",
    }
    assert written == {each.value for each in EventType if each not in NEVER_STORED}
    with pytest.raises(InvalidPayload):
        emitted(EventType.CONTACT_CHANGED, "1", "'{}'", "x")


def test_an_event_goes_with_its_transaction() -> None:
    anna = Customer.registered("Anna")
    with pytest.raises(ZeroDivisionError), tenancy.account(anna.account_id):
        emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": 1})
        raise ZeroDivisionError
    with tenancy.account(anna.account_id):
        assert not OutboxEvent.objects.exists()
        emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": 2})
        assert OutboxEvent.objects.values_list("payload", flat=True).get() == {"campaign_id": 2}


def test_no_account_writes_or_reads_anothers_events_nor_changes_its_own() -> None:
    anna, carla = Customer.registered("Anna"), Customer.registered("Carla")
    within(anna, emit, EventType.COMPLAINT_RECEIVED, {"campaign_id": 1})
    for statement in (
        f"INSERT INTO outbox_event (account_id, type) VALUES ({anna.account_id}, 'contact.erased')",
        f"INSERT INTO outbox_event (account_id, type, xid) VALUES ({carla.account_id}, 'contact.erased', 1)",
        "UPDATE outbox_event SET type = 'x'",
        "DELETE FROM outbox_event",
        "TRUNCATE outbox_event",
        "SELECT * FROM outbox_event_other",
        "SELECT drop_outbox_days(0)",
        "SELECT open_outbox_days(1)",
    ):
        with pytest.raises(ProgrammingError), tenancy.account(carla.account_id), connection.cursor() as cursor:
            cursor.execute(statement)
    assert not rows(carla, OutboxEvent).exists()


def test_days_are_made_ahead_and_dropped_after_thirty() -> None:
    keep_days()
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        old = owner.execute("SELECT current_date - 40").fetchone()[0]  # type: ignore[index]
        name = f"outbox_event_{old:%Y_%m_%d}"
        owner.execute(
            f"CREATE TABLE {name} PARTITION OF outbox_event FOR VALUES FROM ('{old}') TO ('{old + timedelta(1)}')"
        )
        owner.execute("INSERT INTO outbox_event (account_id, type, at) VALUES (1, 'x.y', current_date - 35)")
        days = owner.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'outbox_event'::regclass").fetchone()[
            0
        ]  # type: ignore[index]
        assert days == 2 + DAYS_AHEAD
        made, dropped = keep_days()
        assert (made, dropped) == (0, 1)
        assert owner.execute("SELECT count(*) FROM outbox_event WHERE type = 'x.y'").fetchone() == (0,)


def test_a_function_of_the_days_asks_for_the_platform() -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT drop_outbox_days(1)")  # never a day that is still promised
        assert cursor.fetchone() == (0,)
