"""Database locks that outlast a transaction, for work of one process at a time. In a worker, whose threads own no
session, the one connection of its process holds them. A connection that breaks loses them.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection

ANSWER_SECONDS = 30.0

_LOCK = "SELECT pg_try_advisory_lock(%s)"
_UNLOCK = "SELECT pg_advisory_unlock(%s)"


class _Keeper:
    """The connection that holds the locks of this process, and the event loop that it belongs to."""

    def __init__(self) -> None:
        self._link: psycopg.AsyncConnection[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held: set[int] = set()  # one session may take the same lock twice, but two jobs of a process may not
        self._guard = threading.Lock()

    def begin(self, link: psycopg.AsyncConnection[Any]) -> None:
        self._link, self._loop = link, asyncio.get_running_loop()

    def end(self, link: psycopg.AsyncConnection[Any]) -> None:
        if self._link is link:
            self._link = self._loop = None

    def ask(self, statement: str, key: int) -> bool:
        link, loop = self._link, self._loop
        if link is None or loop is None:
            raise OperationalError("the worker has no connection")
        asked = asyncio.run_coroutine_threadsafe(_value(link, statement, key), loop)
        try:
            return bool(asked.result(ANSWER_SECONDS))
        except (psycopg.Error, OSError, TimeoutError) as problem:
            if statement == _LOCK:  # an answer that comes too late would leave the lock without an owner
                asked.add_done_callback(lambda late: _give_back(late, link, loop, key))
            raise OperationalError(str(problem)) from problem

    def reserve(self, key: int) -> bool:
        """Return True when no other thread of this process has or requests the lock."""
        with self._guard:
            if key in self._held:
                return False
            self._held.add(key)
            return True

    def release(self, key: int) -> None:
        with self._guard:
            self._held.discard(key)

    @property
    def is_serving(self) -> bool:
        return self._link is not None


async def _value(link: psycopg.AsyncConnection[Any], statement: str, key: int) -> Any:
    row = await (await link.execute(statement, [key])).fetchone()
    return row[0] if row else None


def _give_back(
    late: Future[Any], link: psycopg.AsyncConnection[Any], loop: asyncio.AbstractEventLoop, key: int
) -> None:
    """Release a lock that was acquired after its waiter had given up."""
    if late.cancelled() or late.exception() is not None or not late.result():
        return
    with suppress(RuntimeError):  # the loop is closed, and its connection with it
        asyncio.run_coroutine_threadsafe(_value(link, _UNLOCK, key), loop)


_keeper = _Keeper()
begin_keeping, end_keeping = _keeper.begin, _keeper.end


@contextmanager
def session_lock(key: int) -> Iterator[bool]:
    """Hold an advisory lock for the block; False if it is held elsewhere. Raises OperationalError."""
    if not _keeper.is_serving and getattr(connection, "keeps_sessions", True):
        yield from _on_djangos_connection(key)
        return
    if not _keeper.reserve(key):
        yield False
        return
    try:
        is_free = _keeper.ask(_LOCK, key)
        try:
            yield is_free
        finally:
            if is_free:
                with suppress(OperationalError):  # a broken connection has lost its locks already
                    _keeper.ask(_UNLOCK, key)
    finally:
        _keeper.release(key)


def _on_djangos_connection(key: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [key])
        is_free = bool((cursor.fetchone() or [False])[0])
    try:
        yield is_free
    finally:
        if is_free:
            with suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
                cursor.execute(_UNLOCK, [key])
