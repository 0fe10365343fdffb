"""A lock that is taken too late belongs to nobody, so it is given back."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import OperationalError

from mailflatrate.base import session_lock as module
from mailflatrate.base.session_lock import begin_keeping, end_keeping, session_lock
from support.waiting import wait_until

KEY = 7_700_001
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"


@contextmanager
def keeping(url: str, busy_seconds: float) -> Iterator[int]:
    """A worker's loop in a thread, whose connection is busy at first; the process ID of that connection's server."""
    loop = asyncio.new_event_loop()
    ready, done = threading.Event(), asyncio.Event()
    servers: list[int] = []

    async def work() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
            begin_keeping(link)
            servers.append(link.info.backend_pid)
            busy = asyncio.create_task(link.execute("SELECT pg_sleep(%s)", [busy_seconds]))
            await asyncio.sleep(0)
            ready.set()
            await done.wait()
            await busy
            end_keeping(link)

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()))
    thread.start()
    assert ready.wait(10)
    try:
        yield servers[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()


def held(url: str) -> int:
    with psycopg.connect(url) as link:
        row = link.execute(HELD, [KEY]).fetchone()
    assert row is not None
    return int(row[0])


def last_statement(url: str, server: int) -> str:
    """Return the statement that a connection has finished last; empty while it is busy."""
    with psycopg.connect(url) as link:
        question = "SELECT query FROM pg_stat_activity WHERE pid = %s AND state = 'idle'"
        row = link.execute(question, [server]).fetchone()
    return str(row[0]) if row else ""


def test_lock_that_comes_too_late_is_given_back(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with keeping(database, 0.6) as server:
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
        with pytest.raises(OperationalError), session_lock(KEY):
            pytest.fail("nobody answered")
        wait_until(lambda: "unlock" in last_statement(database, server), "the lock to be given back")
        assert held(database) == 0
        monkeypatch.setattr(module, "ANSWER_SECONDS", 10.0)
        with session_lock(KEY) as is_free:
            assert is_free
            assert held(database) == 1
        assert held(database) == 0
