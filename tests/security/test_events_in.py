"""Raw SQL in the scope of another account, and what an account may not do to its own events."""

import psycopg
import pytest
from psycopg import errors

from mailflatrate.apps.lists.actions.events import ReportedEvent, record_events
from mailflatrate.apps.lists.models import Contact, ContactEvent, ContactEventType
from mailflatrate.base import tenancy
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE, app_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer

TABLES = ("contact_event", "event_type", "event_settings", "event_day")


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    made = sending_customer(people=6)
    with tenancy.account(made.account_id):
        record_events([ReportedEvent("order.placed", Contact.objects.order_by("id")[0].id)])
    return made


@pytest.fixture(scope="module")
def carla(database: str) -> Customer:
    assert database
    return sending_customer()


@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE])
@pytest.mark.parametrize("table", TABLES)
def test_another_account_sees_and_changes_none_of_them(anna: Customer, carla: Customer, table: str, role: str) -> None:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        tenancy.enter_account(eve, carla.account_id, for_session=True)
        eve.execute(f"SET ROLE {role}")
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
            assert eve.execute(statement).rowcount == 0  # type: ignore[call-overload]
    with tenancy.account(anna.account_id):
        assert ContactEvent.objects.count() == 1
        assert ContactEventType.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contact_event SET at = now()",
        "UPDATE contact_event SET properties = '{}'",
        "INSERT INTO contact_event (account_id, contact_id, event_type_id, at, xid)"
        " SELECT account_id, contact_id, event_type_id, at, 1 FROM contact_event",
        "INSERT INTO contact_event (account_id, contact_id, event_type_id, at, received_at)"
        " SELECT account_id, contact_id, event_type_id, at, at FROM contact_event",
    ],
)
def test_no_statement_changes_an_event_or_says_when_it_was_recorded(anna: Customer, statement: str) -> None:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        tenancy.enter_account(eve, anna.account_id, for_session=True)
        with pytest.raises(errors.InsufficientPrivilege):
            eve.execute(statement)  # type: ignore[call-overload]


def test_an_event_for_another_account_is_refused(anna: Customer, carla: Customer) -> None:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        tenancy.enter_account(eve, carla.account_id, for_session=True)
        with pytest.raises(errors.InsufficientPrivilege):
            eve.execute(
                "INSERT INTO contact_event (account_id, contact_id, event_type_id, at) VALUES (%s, 1, 1, now())",
                [anna.account_id],
            )
