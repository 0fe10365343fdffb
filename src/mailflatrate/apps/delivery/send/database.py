"""The sender's own database connections, without the ORM, and how to recover when the server goes away."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.json import set_json_loads

from mailflatrate.apps.delivery.fence_sql import POSITION
from mailflatrate.apps.delivery.send.admission import Admission, DatabaseFenced
from mailflatrate.base import tenancy
from mailflatrate.base.metrics.names import DATABASE_GONE
from mailflatrate.settings import same_machine
from mailflatrate.settings.links import LONGEST_PAUSE_SECONDS, cut, note_lost, note_reached, with_options
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings

NAME = b"mailflatrate_repeated"


class RepeatedStatement:
    """Call `prepare` once. Raises psycopg's exceptions; a failed or given-up run leaves the connection unusable."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], statement: bytes) -> None:
        self.statement = statement
        self._libpq = connection.pgconn
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[PGresult] | None = None
        self._result: PGresult | None = None

    async def prepare(self) -> None:
        self._libpq.send_prepare(NAME, self.statement)
        await self._answered()

    async def run(self, parameters: Sequence[bytes]) -> int:
        """Parameters are text; return the number of rows changed."""
        self._libpq.send_query_prepared(NAME, parameters)
        return (await self._answered()).command_tuples or 0

    def give_up(self, problem: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(problem)

    async def _answered(self) -> PGresult:
        socket = self._libpq.socket
        self._result = None
        self._answer = answer = self._loop.create_future()
        self._loop.add_reader(socket, self._on_readable)
        try:
            # Only a server that doesn't read makes this wait, and libpq has no event for it.
            while self._libpq.flush() and not answer.done():  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            result: PGresult = await answer
        finally:
            self._loop.remove_reader(socket)
            self._answer = None
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise error_from_result(result)
        return result

    def _on_readable(self) -> None:
        answer, libpq = self._answer, self._libpq
        if answer is None or answer.done():
            return
        try:
            libpq.consume_input()
            while not libpq.is_busy():
                result = libpq.get_result()
                if result is not None:
                    self._result = result
                elif self._result is not None:
                    answer.set_result(self._result)
                    return
                else:
                    raise psycopg.OperationalError("the server gave no answer")
        except psycopg.Error as problem:
            answer.set_exception(problem)


T = TypeVar("T")
Connection = psycopg.AsyncConnection[tuple[object, ...]]
Work = Callable[[Connection], Awaitable[T]]

FAIL_SECONDS = 0.5
BY_KEYS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
"""Outdated planner statistics, as after a failover, must not make statements by key read whole tables."""

log = structlog.get_logger(__name__)

_decode_json = json.JSONDecoder().decode


def _load_json(data: str | bytes) -> object:
    """For bytes, `json.loads` guesses the encoding, which takes longer than the parsing itself."""
    return _decode_json(data if isinstance(data, str) else str(data, "utf-8"))


class DatabaseGone(Exception):
    """The server does not answer; the transaction may or may not have been committed."""


class Database:
    """One connection, one transaction at a time, opened on demand. `busy_since`: event loop's time, None between
    transactions. `admission` is shared: the first connection that finds another database blocks all. `is_beside`:
    the server runs on this machine.
    """

    def __init__(self, name: str, *, by_keys: bool = False, admission: Admission | None = None) -> None:
        self._name = name
        self._options = " ".join(f"-c {option}=off" for option in BY_KEYS) if by_keys else ""
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()
        self._call_seconds = load_settings().database_call_seconds
        self.busy_since: float | None = None
        self.is_beside = False
        self._scoped_to: int | None = None
        self._repeated: RepeatedStatement | None = None
        self._admission = admission

    async def run(self, account_id: int, work: Work[T]) -> T:
        """In one transaction of the account. Raises DatabaseGone when the server goes away or misses the deadline."""

        async def transact() -> T:
            connection = await self._connected()
            async with connection.transaction():
                await tenancy.enter_account_async(connection, account_id)
                return await work(connection)

        return await self._in_time(transact)

    async def _in_time(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """One call at a time; a failure or hang costs the connection. Raises DatabaseGone."""
        async with self._lock:
            return await self._bounded(call)

    async def _bounded(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        running = asyncio.ensure_future(call())
        self.busy_since = asyncio.get_running_loop().time()
        try:
            await asyncio.wait([running], timeout=self._call_seconds)
            if not running.done():
                raise DatabaseGone(f"no answer within {self._call_seconds} seconds")
            return running.result()
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as problem:
            raise DatabaseGone(str(problem)) from problem
        finally:
            if not running.done() or running.cancelled() or running.exception() is not None:
                await self._drop(running)
            self.busy_since = None

    async def repeat(self, account_id: int, statement: bytes, parameters: Sequence[bytes]) -> int:
        """Without a transaction or wait for the disk (safe for marks: ADR 0020); return the rows changed. Raises
        DatabaseGone.
        """
        async with self._lock:
            prepared = self._repeated
            if prepared is None or not self._is_ready_for(account_id, prepared, statement):
                prepared = await self._bounded(lambda: self._prepare(account_id, statement))
            loop = asyncio.get_running_loop()
            self.busy_since = loop.time()
            late = DatabaseGone(f"no answer within {self._call_seconds} seconds")
            timer = loop.call_later(self._call_seconds, prepared.give_up, late)
            is_whole = False
            try:
                changed = await prepared.run(parameters)
                is_whole = True
                return changed
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as problem:
                raise DatabaseGone(str(problem)) from problem
            finally:
                timer.cancel()
                if not is_whole:
                    await self._cut()
                self.busy_since = None

    def _is_ready_for(self, account_id: int, prepared: RepeatedStatement, statement: bytes) -> bool:
        is_open = self._connection is not None and not self._connection.closed and not self._is_fenced
        return is_open and self._scoped_to == account_id and prepared.statement == statement

    async def _prepare(self, account_id: int, statement: bytes) -> RepeatedStatement:
        connection = await self._connected()
        if self._scoped_to != account_id:
            await connection.execute("SET synchronous_commit = off")
            await tenancy.enter_account_async(connection, account_id, for_session=True)
            self._scoped_to = account_id
        if self._repeated is None or self._repeated.statement != statement:
            if self._repeated is not None:
                await connection.execute(f"DEALLOCATE {NAME.decode()}")
            prepared = RepeatedStatement(connection, statement)
            await prepared.prepare()
            self._repeated = prepared
        return self._repeated

    async def persist(self, account_id: int, work: Work[T]) -> T:
        """Repeat until the server has answered. `work` may run more than once, so it must be idempotent."""
        pause = 0.1
        while True:
            try:
                return await self.run(account_id, work)
            except DatabaseGone as problem:
                DATABASE_GONE.inc()
                log.warning("database_gone", connection=self._name, pause_seconds=pause, problem=str(problem)[:200])
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def close(self) -> None:
        connection, self._connection, self._scoped_to, self._repeated = self._connection, None, None, None
        if connection is not None:
            await connection.close()

    async def _drop(self, running: asyncio.Future[T]) -> None:
        """Whatever waits for it fails at once. Canceled only if not: psycopg would ask the server first, for five
        seconds.
        """
        is_open = self._connection is not None
        self._cut_off(is_late=not running.done())
        if is_open:
            await asyncio.wait([running], timeout=FAIL_SECONDS)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await self.close()

    async def _cut(self) -> None:
        self._cut_off()
        await self.close()

    def _cut_off(self, *, is_late: bool = False) -> None:
        if self._connection is not None:
            if is_late or self._connection.closed:
                note_lost(self._connection)
            cut(self._connection)

    async def position(self) -> int:
        """How far the server's log is on its disk. Raises DatabaseGone."""

        async def ask() -> int:
            row = await (await (await self._connected()).execute(POSITION)).fetchone()
            assert row is not None
            return int(str(row[0]))

        return await self._in_time(ask)

    @property
    def _is_fenced(self) -> bool:
        return self._admission is not None and self._admission.fenced.is_set()

    async def _connected(self) -> Connection:
        if self._is_fenced:
            raise DatabaseFenced("all sending is on hold")
        if self._connection is None or self._connection.closed:
            self._scoped_to, self._repeated = None, None
            self._connection = await psycopg.AsyncConnection.connect(
                with_options(app_url(load_settings()), self._options),
                autocommit=True,  # transactions are opened by `run`
                application_name=f"mailflatrate {self._name}",
                prepare_threshold=1,
            )
            note_reached(self._connection)
            set_json_loads(_load_json, self._connection)
            if self._admission is not None:
                await self._admission.check(self._connection)
            session = await (await self._connection.execute(same_machine.SESSION)).fetchone()
            self.is_beside = same_machine.is_served_here(self._connection.fileno(), session)
        return self._connection
