"""Several warm connections to one relay. Pull, not push: a message is taken (rendered, signed, permitted) when its
envelope can be written, at most one in advance on each connection, so a source that stops yielding pauses a campaign at
once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from mailflatrate.wire.smtp.client import SmtpConnection
from mailflatrate.wire.smtp.open import open_connection
from mailflatrate.wire.smtp.run import SendRun, SendSummary
from mailflatrate.wire.smtp.source import make_source
from mailflatrate.wire.smtp.types import (
    OutcomeKind,
    OutgoingMessage,
    RelayConfig,
    RelayUnavailable,
    SendOutcome,
    Stage,
)

# After a slow-down, one more connection is allowed for each such number of accepted messages.
ACCEPTED_PER_RECOVERY = 200


class SmtpPool:
    """Connections stay open between calls (limits: R-103). Pauses after failures grow from `first_pause_seconds` to
    `longest_pause_seconds`. One event loop, one `send_many` at a time; a second waits. Close it with `await
    pool.close()`.
    """

    def __init__(
        self,
        config: RelayConfig,
        max_connections: int = 10,
        messages_per_connection: int = 100,
        *,
        first_pause_seconds: float = 1.0,
        longest_pause_seconds: float = 300.0,
    ) -> None:
        if max_connections < 1 or messages_per_connection < 1:
            raise ValueError("max_connections and messages_per_connection must be at least 1")
        self.config = config
        self.max_connections = max_connections
        self.messages_per_connection = messages_per_connection
        self._first_pause_seconds = first_pause_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._connections: set[SmtpConnection] = set()
        self._leaving: set[SmtpConnection] = set()
        self._opening: set[asyncio.Task[SmtpConnection]] = set()
        self._limit = max_connections
        self._since_slowdown = 0
        self._failures = 0
        self._next_open_at = 0.0
        self._last_problem: RelayUnavailable | None = None
        self._run: SendRun | None = None
        self._lock = asyncio.Lock()
        self._closed = False

    # -- for the caller ---------------------------------------------------------------------------------

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    @property
    def connection_limit(self) -> int:
        return self._limit

    async def send_many(
        self,
        source: Iterator[OutgoingMessage] | AsyncIterator[OutgoingMessage],
        on_outcome: Callable[[SendOutcome], None],
        on_data_start: Callable[[int], None] | None = None,
        may_start: Callable[[int], bool | None] | None = None,
    ) -> SendSummary:
        """Each message taken leads to exactly one `on_outcome`. `on_data_start` is called right before a content is
        written; until its outcome the result is unknown. `may_start` comes before: False waits for `proceed`, None ends
        the connection. Callbacks run on the event loop and should be short. Raises RelayUnavailable without a
        connection (messages taken are NOT_SENT, the source keeps the rest), and what a callback or the source raises,
        after outcomes of messages being sent. Canceling ends the connections; such messages are NOT_SENT or IN_DOUBT.
        """
        async with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            loop = asyncio.get_running_loop()
            if not self._connections and loop.time() < self._next_open_at:
                raise self._still_waiting(loop.time())
            run = SendRun(make_source(source, self.max_connections, self._refill), on_outcome, on_data_start, may_start)
            self._run = run
            try:
                for connection in list(self._connections):
                    connection.kick()
                if not self._connections:
                    self._grow()
                await run.wait()
            finally:
                await self._end_run(run)
            run.raise_problem()
            return run.summary()

    def proceed(self) -> None:
        for connection in list(self._connections):
            connection.proceed()

    def stop(self) -> None:
        if self._run is not None:
            self._run.stop()

    def take_back(self, text: str) -> bool:
        """Make messages NOT_SENT that wait for a reply and have begun no content; return whether others have."""
        for connection in list(self._connections):
            if connection.has_begun:
                connection.give_back(text)
            elif not connection.is_idle:
                connection.abort(text)
        return any(connection.has_begun for connection in self._connections)

    async def close(self) -> None:
        self._closed = True
        self.stop()
        async with self._lock:
            opening = list(self._opening)
            for task in opening:
                task.cancel()
            await asyncio.gather(*opening, return_exceptions=True)
            for connection in list(self._connections):
                connection.close()
            await asyncio.gather(*(connection.wait_closed() for connection in list(self._leaving)))

    async def __aenter__(self) -> SmtpPool:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- for the connections (LetterFeed) ---------------------------------------------------------------

    def take(self, connection: SmtpConnection) -> OutgoingMessage | None:
        run = self._run
        if run is None:
            return None
        message = run.take()
        if message is not None and len(self._connections) + len(self._opening) < min(run.taken, self._limit):
            self._grow()
        return message

    def may_start(self, delivery_id: int) -> bool | None:
        return self._run.may_start(delivery_id) if self._run is not None else None

    def data_start(self, delivery_id: int) -> bool:
        return self._run is not None and self._run.data_start(delivery_id)

    def settle(self, message: OutgoingMessage, outcome: SendOutcome) -> None:
        """Report the outcome, or offer the message to another connection if none of it was sent."""
        assert self._run is not None, "a message ended outside of a run"
        if outcome.kind is OutcomeKind.ACCEPTED:
            self._failures = 0
            if self._limit < self.max_connections:
                self._recover()
        if self._run.settle(message, outcome):
            # Not at once: the connection that brings it back is in the middle of its own work.
            asyncio.get_running_loop().call_soon(self._refill)

    def retired(self, connection: SmtpConnection) -> None:
        self._connections.discard(connection)
        self._leaving.add(connection)
        waiting = asyncio.ensure_future(connection.wait_closed())
        waiting.add_done_callback(lambda _: self._leaving.discard(connection))
        reply = connection.last_reply
        if reply is not None and reply.code == 421:
            self._limit = max(1, min(self._limit, len(self._connections)))
            self._since_slowdown = 0
        answered = connection.replies_final or connection.withheld
        if connection.loss is not None and connection.messages_taken and not answered:
            # It connected and then answered nothing: without a pause this would repeat forever.
            stage, text = connection.loss
            code, enhanced = (reply.code, reply.enhanced) if reply else (0, None)
            self._note_failure(RelayUnavailable(stage, text, code=code, enhanced=enhanced))
        asyncio.get_running_loop().call_soon(self._refill)

    # -- opening ----------------------------------------------------------------------------------------

    def _grow(self) -> None:
        if len(self._connections) + len(self._opening) >= self._limit:
            return
        if asyncio.get_running_loop().time() < self._next_open_at:
            return
        task = asyncio.ensure_future(open_connection(self.config))
        self._opening.add(task)
        task.add_done_callback(self._on_opened)

    def _on_opened(self, task: asyncio.Task[SmtpConnection]) -> None:
        self._opening.discard(task)
        if task.cancelled():
            return
        problem = task.exception()
        if problem is None:
            connection = task.result()
            if connection.loss is None:
                self._connections.add(connection)
                connection.serve(self, self.messages_per_connection)
            else:
                self._note_failure(RelayUnavailable(*connection.loss))
        elif isinstance(problem, RelayUnavailable):
            self._note_failure(problem)
            if self._connections:  # it serves us, but not that many at a time
                self._limit = min(self._limit, len(self._connections))
                self._since_slowdown = 0
        elif isinstance(problem, Exception) and self._run is not None:
            self._run.fail(problem)
        self._refill()

    def _refill(self) -> None:
        run = self._run
        if run is None:
            return
        for connection in list(self._connections):
            connection.kick()
        if not run.wants_connections:
            return
        if len(self._connections) + len(self._opening) < min(max(1, run.taken), self._limit):
            self._grow()
        if not self._connections and not self._opening:
            run.fail(self._still_waiting(asyncio.get_running_loop().time()))

    def _note_failure(self, problem: RelayUnavailable) -> None:
        self._failures += 1
        pause = min(self._first_pause_seconds * 2 ** min(self._failures - 1, 30), self._longest_pause_seconds)
        self._next_open_at = asyncio.get_running_loop().time() + pause
        self._last_problem = problem

    def _still_waiting(self, now: float) -> RelayUnavailable:
        problem = self._last_problem or RelayUnavailable(Stage.CONNECT, "no connection")
        return RelayUnavailable(
            problem.stage,
            problem.text,
            code=problem.code,
            enhanced=problem.enhanced,
            retry_after_seconds=max(0.0, self._next_open_at - now),
        )

    def _recover(self) -> None:
        self._since_slowdown += 1
        if self._since_slowdown >= ACCEPTED_PER_RECOVERY:
            self._since_slowdown = 0
            self._limit += 1
            self._grow()

    async def _end_run(self, run: SendRun) -> None:
        run.stop()
        if run.under_way:
            for connection in list(self._connections):
                if not connection.is_idle:
                    connection.abort("the sending was cancelled")
        self._run = None
        run.hand_back(await run.source.close())
