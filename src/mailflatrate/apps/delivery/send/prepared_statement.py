"""One prepared statement that runs thousands of times, through libpq: psycopg's cursors cost several times as much.
The connection still belongs to psycopg and may be used between two runs.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

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
