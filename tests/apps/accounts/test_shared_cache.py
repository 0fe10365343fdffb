"""The cache that all processes share: `add` has one winner, limits can't be reset from outside, values are data."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from mailflatrate.apps.accounts.shared_cache import LONGEST, SharedCache
from mailflatrate.base import clock, tenancy
from support.people import fresh_mailbox


def fresh_key() -> str:
    return fresh_mailbox("tries")


def test_of_many_at_once_one_adds() -> None:
    key, together, won = fresh_key(), threading.Barrier(6), []

    def add(number: int) -> None:
        try:
            together.wait(10)
            won.append(SharedCache("", {}).add(key, number, 60))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == [False] * 5 + [True]


def test_what_has_expired_is_gone_and_its_key_is_free() -> None:
    shared, key = SharedCache("", {}), fresh_key()
    shared.set(key, 1, 60)
    with clock.frozen_at(clock.now() + timedelta(seconds=59)):
        assert (shared.get(key), shared.add(key, 2, 60), shared.touch(key, 60)) == (1, False, True)
    with clock.frozen_at(clock.now() + timedelta(seconds=120)):
        assert (shared.get(key, "none"), shared.touch(key, 60), shared.add(key, 2, 60)) == ("none", False, True)


def test_nothing_is_kept_longer_than_a_week() -> None:
    shared, key = SharedCache("", {}), fresh_key()
    shared.set(key, 1, None)
    with clock.frozen_at(clock.now() + LONGEST + timedelta(seconds=1)):
        assert shared.get(key) is None


def test_values_come_back_as_the_data_they_were() -> None:
    shared, key = SharedCache("", {}), fresh_key()
    for value in (5, "five", [1.5, None, True], {"a": ["ä"]}):
        shared.set(key, value, 60)
        assert shared.get(key) == value
    with pytest.raises(TypeError):
        shared.set(key, object(), 60)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM shared_entry", "UPDATE shared_entry SET expires_at = now()", "UPDATE shared_entry SET value = '0'"],
)
def test_a_limit_is_not_reset_without_the_pass(statement: str) -> None:
    shared, key = SharedCache("", {}), fresh_key()
    shared.set(key, 9, 60)
    with tenancy.access(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM shared_entry")
        assert cursor.fetchone()[0] > 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        pass
    assert shared.get(key) == 9, "refused, or without effect"
