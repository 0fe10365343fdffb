"""The first operator: there is exactly one way to become it, and it closes behind them."""

import threading

import psycopg
import pytest
from django.db import connections

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import has_operator
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.people import fresh_mailbox, operator
from support.waiting import wait_until


def create(email: str) -> User:
    return people.create_first_operator(email, name="Otto", password="winterzwiebeln und mehr", language="en")


@pytest.mark.parametrize("active", [True, False])
def test_where_there_is_an_operator_no_first_one_is_made(database: str, active: bool) -> None:
    assert database
    otto, email = operator(), fresh_mailbox("Eve")
    with tenancy.access():
        User.objects.filter(id=otto.id).update(is_active=active)
    with pytest.raises(AccountError, match="already has an operator"):
        create(email)
    with tenancy.platform(PlatformReason.SETUP):
        assert has_operator() and not User.objects.filter(email=email).exists()


def _waits(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    found = connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return found.fetchone() is not None


def test_two_who_ask_at_once_wait_for_each_other(database: str) -> None:
    """Held from outside, the lock keeps the second one until the first is there; then the rule refuses it."""
    operator()
    refused: list[str] = []

    def ask() -> None:
        try:
            create(fresh_mailbox("Eve"))
        except AccountError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    with psycopg.connect(database) as holder:
        holder.execute(people._LOCK)
        waiting = threading.Thread(target=ask)
        waiting.start()
        wait_until(lambda: _waits(holder), "the second one to wait for the lock")
        assert not refused
        holder.rollback()
    waiting.join(30)
    assert len(refused) == 1
