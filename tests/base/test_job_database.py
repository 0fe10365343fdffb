"""Threads of a worker share a few connections: none waits for ever, none sees what another one left, none is lost."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psycopg
import pytest
from django.db import OperationalError, connections, transaction

from mailflatrate.base.job_database.base import _by_alias, cut_in_use
from mailflatrate.settings import links

SHARED = "shared"
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shared by jobs'"


@pytest.fixture
def shared(database: str) -> Iterator[str]:
    usual = connections.databases["default"]
    options = {**usual["OPTIONS"], "slots": 2, "slot_wait_seconds": 5, "application_name": "shared by jobs"}
    connections.databases[SHARED] = usual | {
        "ENGINE": "mailflatrate.base.job_database",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
    }
    yield database
    connections[SHARED].close()
    del connections[SHARED]
    del connections.databases[SHARED]
    for idle in _by_alias.pop(SHARED)._idle:
        idle.psycopg.close()


def value(statement: str) -> object:
    with connections[SHARED].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def in_transaction(statement: str) -> object:
    with transaction.atomic(using=SHARED):
        return value(statement)


def test_eight_threads_need_two_connections_and_none_starves(shared: str) -> None:
    """Each has twenty transactions; one that comes for the next queues behind those that wait."""
    finished: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            in_transaction("SELECT pg_sleep(0.002)")
            finished.append(number)

    with psycopg.connect(shared, autocommit=True) as owner, ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(work, number) for number in range(8)]
        most = 0
        while not all(task.done() for task in tasks):
            most = max(most, owner.execute(OPEN).fetchone()[0])  # type: ignore[index]
        for task in tasks:
            task.result()
    assert most == 2
    turns = [[at for at, each in enumerate(finished) if each == number] for number in range(8)]
    longest = max(after - before for turn in turns for before, after in pairwise(turn))
    assert longest <= 24, "somebody waited for three rounds of the others"


def test_work_after_a_commit_may_use_the_database_too(shared: str) -> None:
    """A hook opens a transaction of its own while the first one ends."""
    found: list[object] = []

    def work() -> None:
        with transaction.atomic(using=SHARED):
            value("SELECT 1")
            transaction.on_commit(lambda: found.append(in_transaction("SELECT 2")), using=SHARED)
            transaction.on_commit(lambda: found.append(value("SELECT 3")), using=SHARED)
        assert connections[SHARED].connection is None, "the thread gave its connection back"

    with ThreadPoolExecutor(4) as pool:
        for task in [pool.submit(work) for _ in range(12)]:
            task.result()
    assert sorted(found, key=str) == [2] * 12 + [3] * 12


def test_nothing_of_a_session_reaches_another_thread(shared: str) -> None:
    def leave() -> int:
        with transaction.atomic(using=SHARED):
            value("SELECT set_config('mailflatrate.account_id', '4711', false)")
            value("SELECT pg_advisory_lock(99)::text")
            value("CREATE TEMP TABLE contact (id int)")
            return int(str(value("SELECT pg_backend_pid()")))

    first = threading.Thread(target=leave)
    first.start()
    first.join()
    assert in_transaction("SELECT coalesce(current_setting('mailflatrate.account_id', true), '')") == ""
    assert in_transaction("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99") == 0
    assert in_transaction("SELECT to_regclass('pg_temp.contact')") is None


def test_a_thread_that_ends_without_a_word_loses_no_connection(shared: str) -> None:
    for _ in range(4):
        careless = threading.Thread(target=lambda: connections[SHARED].ensure_connection())
        careless.start()
        careless.join()
    assert in_transaction("SELECT 1") == 1


def test_a_statement_outside_of_a_transaction_keeps_no_connection(shared: str) -> None:
    """A job that then waits for the world, for the DNS say, must not keep one from the others."""
    assert value("SELECT 1") == 1
    assert connections[SHARED].connection is None
    with connections[SHARED].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        first = cursor.fetchone()
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == first, "two statements of one cursor have one session"
    assert connections[SHARED].connection is None
    with transaction.atomic(using=SHARED):
        value("SELECT 1")
        assert connections[SHARED].connection is not None


def test_an_idle_connection_that_the_server_closed_is_not_used(shared: str) -> None:
    in_transaction("SELECT 1")
    with psycopg.connect(shared, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shared by jobs'"
        )
        ends = time.monotonic() + 20
        while owner.execute(OPEN).fetchone()[0]:  # type: ignore[index]
            assert time.monotonic() < ends
    assert in_transaction("SELECT 2") == 2


def test_an_idle_connection_to_another_host_than_the_latest_is_not_used(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other host was reached after the one before was lost, and a statement to that one would only hang."""
    first = in_transaction("SELECT pg_backend_pid()")
    assert in_transaction("SELECT pg_backend_pid()") == first
    monkeypatch.setattr(links, "_reached", ("10.0.0.1", "5432"))
    assert in_transaction("SELECT pg_backend_pid()") != first


def test_statements_under_way_are_cut_where_another_server_answers(shared: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(in_transaction, "SELECT pg_sleep(20)")
        with psycopg.connect(shared, autocommit=True) as owner:
            ends = time.monotonic() + 10
            while not owner.execute(f"{OPEN} AND query LIKE '%pg_sleep(20)%'").fetchone()[0]:  # type: ignore[index]
                assert time.monotonic() < ends
        began = time.monotonic()
        cut_in_use()
        with pytest.raises(OperationalError):
            hanging.result()
        assert time.monotonic() - began < 15, "the statement itself takes 20"
        assert pool.submit(in_transaction, "SELECT 3").result() == 3


def test_one_broken_connection_takes_the_idle_ones_to_the_same_server_along(shared: str) -> None:
    """After a failover each of them would otherwise wait for the dead host on its own."""
    in_transaction("SELECT 1")
    with ThreadPoolExecutor(1) as pool, transaction.atomic(using=SHARED):
        value("SELECT 1")
        pool.submit(in_transaction, "SELECT 1").result()
        assert len(_by_alias[SHARED]._idle) == 1
        with psycopg.connect(shared, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(%s)", [value("SELECT pg_backend_pid()")])
        with pytest.raises(OperationalError):
            value("SELECT 1")
        connections[SHARED].close()
        assert _by_alias[SHARED]._idle == []
    assert in_transaction("SELECT 1") == 1


def test_a_failed_transaction_is_rolled_back_before_the_next_thread_comes(shared: str) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=SHARED):
        value("CREATE TEMP TABLE half (id int)")
        raise ZeroDivisionError
    assert in_transaction("SELECT to_regclass('pg_temp.half')") is None


def test_who_waits_too_long_is_told(shared: str) -> None:
    _by_alias.pop(SHARED, None)
    in_transaction("SELECT 1")
    _by_alias[SHARED]._wait_seconds = 0.05
    held, end = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with transaction.atomic(using=SHARED):
            value("SELECT 1")
            held.wait()
            end.wait()

    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(hold) for _ in range(2)]
        held.wait()
        try:
            with pytest.raises(OperationalError, match="no connection became free"):
                in_transaction("SELECT 1")
        finally:
            end.set()
        for task in tasks:
            task.result()
    assert in_transaction("SELECT 1") == 1
