"""Several relays that share the messages of one source. One that fails reports its messages as NOT_SENT and backs off.
A message whose content was begun never moves to another relay: one that doesn't answer takes nothing more until it
does, and the others don't wait. Members can change at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from mailflatrate.wire.smtp.member import GroupMember, MemberReport
from mailflatrate.wire.smtp.pool import SmtpPool
from mailflatrate.wire.smtp.types import (
    OutcomeKind,
    OutgoingMessage,
    RelayUnavailable,
    SendOutcome,
    Stage,
)

HELP_SECONDS = 0.5
"""A relay that has had its share waits this long before it takes what slower ones have not."""
TRIED = 3
"""Messages for a relay that failed before, until it answers."""
PATIENCE_SECONDS = 10.0
"""After the last message was taken, a working relay waits this long for one that doesn't answer."""
CARRIED = 1000
"""Messages after which a relay's deviation from its share is forgotten, so that one that was down isn't flooded."""


class _Relay:
    def __init__(self, member: GroupMember, pool: SmtpPool, report: MemberReport) -> None:
        self.member = member
        self.pool = pool
        self.report = report
        self.dealt = 0
        self.is_cut = False
        self.takes = True
        self.unanswered = 0  # messages returned since its last reply
        self.again_at = 0.0
        self.problem: RelayUnavailable | None = None
        self.late: asyncio.Task[None] | None = None  # its part of a run that is over for the others
        self._failures = 0

    @property
    def awaits_replies(self) -> bool:
        return self.late is not None and not self.late.done()

    def rest(self, problem: RelayUnavailable, first_pause_seconds: float, longest_pause_seconds: float) -> None:
        pause = min(first_pause_seconds * 2.0**self._failures, longest_pause_seconds)
        self._failures = min(self._failures + 1, 30)
        self.again_at = asyncio.get_running_loop().time() + max(pause, problem.retry_after_seconds)
        self.unanswered = 0
        self.problem = problem
        self.report.failed(problem)

    def count(self, outcome: SendOutcome) -> None:
        self.report.count(outcome.kind)
        if outcome.kind is OutcomeKind.NOT_SENT:
            self.unanswered += outcome.stage is not Stage.LOCAL  # what we withheld says nothing about the relay
        elif outcome.kind is not OutcomeKind.IN_DOUBT:
            self.unanswered = self._failures = 0


class RelayGroup:
    """The relays of one pool. One event loop, one `send_many` at a time. Close it with `await group.close()`."""

    def __init__(self, *, first_pause_seconds: float = 1.0, longest_pause_seconds: float = 300.0) -> None:
        self._pauses = (first_pause_seconds, longest_pause_seconds)
        self._relays: dict[int, _Relay] = {}
        self._reports: dict[int, MemberReport] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._run: _GroupRun | None = None
        self._sending: list[_Relay] = []
        self._stopped = False

    # -- members -----------------------------------------------------------------------------------------

    def set_members(self, members: Sequence[GroupMember]) -> None:
        """Switch to these relays at once. A relay whose address or limits changed gets new connections."""
        by_number = {member.number: member for member in members}
        for number, relay in list(self._relays.items()):
            member = by_number.get(number)
            if member is None or not member.takes:
                self._retire(number, is_cut=member is not None and member.is_cut)
            elif member.connects_like(relay.member):
                relay.member = member
            else:
                self._retire(number, is_cut=False)
        for number, member in by_number.items():
            if member.takes and number not in self._relays:
                first, longest = self._pauses
                pool = SmtpPool(
                    member.config,
                    member.connections,
                    member.messages_per_connection,
                    first_pause_seconds=first,
                    longest_pause_seconds=longest,
                )
                self._relays[number] = _Relay(member, pool, self._reports.setdefault(number, MemberReport()))

    def reports(self) -> dict[int, tuple[MemberReport, int]]:
        return {number: (relay.report, relay.pool.open_connections) for number, relay in self._relays.items()}

    def _retire(self, number: int, *, is_cut: bool) -> None:
        relay = self._relays.pop(number)
        relay.takes, relay.is_cut = False, is_cut
        task = asyncio.ensure_future(relay.pool.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # -- sending -----------------------------------------------------------------------------------------

    async def send_many(
        self,
        source: Iterator[OutgoingMessage],
        on_outcome: Callable[[SendOutcome], None],
        on_data_start: Callable[[int], None],
        may_start: Callable[[int], bool | None] | None = None,
        *,
        shares: Callable[[Sequence[int], Sequence[int]], Sequence[int]] | None = None,
        caps: dict[int, int] | None = None,
    ) -> asyncio.Future[None] | None:
        """Like `SmtpPool.send_many`. Where another relay is free, contents at a silent one are left to it: their
        outcomes come until the future is done; canceling that ends their connections. `shares(weights, dealt)`: how
        many each relay should take before it helps others. `caps` by number are counted down. Raises RelayUnavailable
        when no relay takes messages and some are left.
        """
        relays = self._sending = list(self._relays.values())
        if len(relays) == 1 and not caps and relays[0].member.tag is None:
            await self._send_through(relays[0], source, on_outcome, on_data_start, may_start)
            return None
        left = {} if caps is None else caps
        run = _GroupRun(relays, source, on_outcome, on_data_start, may_start, left, self._pauses)
        if shares is not None:
            run.deal(shares)
        self._run = run
        try:
            late = await run.send()
        finally:
            self._run = None
        if not (run.is_exhausted or self._stopped):
            raise run.problem or _refused("no relay of this pool takes messages")
        return late

    async def _send_through(
        self,
        relay: _Relay,
        source: Iterator[OutgoingMessage],
        on_outcome: Callable[[SendOutcome], None],
        on_data_start: Callable[[int], None],
        may_start: Callable[[int], bool | None] | None,
    ) -> None:
        def begin(delivery_id: int) -> None:
            if relay.is_cut:
                raise _refused("the relay was disabled")
            on_data_start(delivery_id)

        def note(outcome: SendOutcome) -> None:
            relay.report.count(outcome.kind)
            on_outcome(outcome)

        try:
            await relay.pool.send_many(source, note, begin, may_start)
        except RelayUnavailable as problem:
            relay.report.failed(problem)
            raise

    def proceed(self) -> None:
        for relay in self._sending:
            relay.pool.proceed()

    def stop(self) -> None:
        self._stopped = True
        if self._run is not None:
            self._run.end()
        for relay in self._relays.values():
            relay.pool.stop()

    async def close(self) -> None:
        self.stop()
        for number in list(self._relays):
            self._retire(number, is_cut=False)
        await asyncio.gather(*self._closing, return_exceptions=True)


class _GroupRun:
    def __init__(
        self,
        relays: list[_Relay],
        source: Iterator[OutgoingMessage],
        on_outcome: Callable[[SendOutcome], None],
        on_data_start: Callable[[int], None],
        may_start: Callable[[int], bool | None] | None,
        caps: dict[int, int],
        pauses: tuple[float, float],
    ) -> None:
        self.is_exhausted = False
        self.problem: RelayUnavailable | None = None
        self._relays = relays
        self._source = source
        self._on_outcome = on_outcome
        self._on_data_start = on_data_start
        self._may_start = may_start
        self._left = caps
        self._pauses = pauses
        self._quota: dict[int, int] = {}
        self._drawing = {relay.member.number for relay in relays}  # they may take a message at any moment
        self._working = set(self._drawing)  # they don't fail
        self._ended = asyncio.Event()
        self._idle = asyncio.Event()  # no one takes messages, or it's over
        self._failure: Exception | None = None
        self._well: set[int] = set()  # they accepted something in this run

    def deal(self, shares: Callable[[Sequence[int], Sequence[int]], Sequence[int]]) -> None:
        well = [relay for relay in self._relays if not relay.report.problem] or self._relays
        if not well:
            return
        if max(relay.dealt for relay in well) > CARRIED:
            for relay in self._relays:
                relay.dealt = 0
        dealt = shares([relay.member.weight for relay in well], [relay.dealt for relay in well])
        self._quota = {relay.member.number: TRIED for relay in self._relays}
        self._quota |= {relay.member.number: most for relay, most in zip(well, dealt, strict=True)}
        self._drawing = {number for number, most in self._quota.items() if most}

    async def send(self) -> asyncio.Future[None] | None:
        """Return the future of what is left to silent relays. Raises what a callback or the source raised."""
        tasks = {relay: asyncio.ensure_future(self._drive(relay)) for relay in self._relays}
        outcomes = asyncio.ensure_future(self._finish(tasks))
        impatient = asyncio.ensure_future(self._take_back(tasks))
        try:
            await asyncio.wait((outcomes, impatient), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            outcomes.cancel()
            await asyncio.gather(outcomes, return_exceptions=True)
            raise
        finally:
            impatient.cancel()
        if outcomes.done():
            return outcomes.result()
        for relay, task in tasks.items():
            relay.late = task
        return outcomes

    async def _finish(self, tasks: dict[_Relay, asyncio.Task[None]]) -> None:
        await asyncio.gather(*tasks.values())
        if self._failure is not None:
            raise self._failure

    async def _take_back(self, tasks: dict[_Relay, asyncio.Task[None]]) -> None:
        """If another relay takes what a silent one has not started; return when only contents are left."""
        await self._ended.wait()
        while True:
            await asyncio.sleep(PATIENCE_SECONDS)
            silent = [relay for relay, task in tasks.items() if not task.done()]
            is_one_free = any(
                server_task.takes and not server_task.report.problem
                for server_task in tasks
                if server_task not in silent
            )
            for relay in silent:
                if not (is_one_free or self._well - {relay.member.number}):
                    continue
                if relay.pool.take_back("the relay did not answer in time") and is_one_free:
                    relay.rest(RelayUnavailable(Stage.DATA_END, "no reply in time"), *self._pauses)
            if is_one_free and self.is_exhausted and self._failure is None:
                return

    def end(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._idle.set()
            for relay in self._relays:
                relay.pool.stop()

    async def _drive(self, relay: _Relay) -> None:
        number, loop = relay.member.number, asyncio.get_running_loop()
        most = self._quota.get(number)
        while not self._is_done(relay):
            pause = HELP_SECONDS if relay.awaits_replies else relay.again_at - loop.time()
            if pause > 0:
                self.problem = self.problem or relay.problem
                self._gives_up(number)
                await self._wait(self._ended, pause)
                most = min(most, TRIED) if most is not None else TRIED
                continue
            self._working.add(number)
            if most != 0:
                await self._draw(relay, most)
            most = TRIED if relay.again_at > loop.time() else None
            if most is None and not self._is_done(relay):
                await self._wait(self._idle, HELP_SECONDS)  # or until the others are idle: this may be the end
            await asyncio.sleep(0)  # a pool may answer without ever giving way
        self._gives_up(number)

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        if not event.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()

    def _gives_up(self, number: int) -> None:
        self._working.discard(number)
        self._leaves(number)
        if not self._working:
            self.end()

    def _leaves(self, number: int) -> None:
        self._drawing.discard(number)
        if not self._drawing:
            self._idle.set()

    async def _draw(self, relay: _Relay, most: int | None) -> None:
        number = relay.member.number
        self._drawing.add(number)
        self._idle.clear()
        try:
            await relay.pool.send_many(
                self._messages(relay, most), self._note(relay), self._begin(relay), self._may_start
            )
            if relay.unanswered and relay.takes:
                raise RelayUnavailable(Stage.MAIL, "connections end before a message is sent")
        except RelayUnavailable as problem:
            self.problem = problem
            relay.rest(problem, *self._pauses)
        except Exception as failure:  # noqa: BLE001 - the caller's own; raised again by send()
            self._failure = self._failure or failure
            self.end()
        finally:
            self._leaves(number)

    def _is_done(self, relay: _Relay) -> bool:
        used_up = self._left.get(relay.member.number, 1) <= 0
        return self.is_exhausted or self._ended.is_set() or used_up or not relay.takes

    def _messages(self, relay: _Relay, most: int | None) -> Iterator[OutgoingMessage]:
        number, tag, left = relay.member.number, relay.member.tag, self._left
        weak = 2 * relay.member.connections
        while (most is None or most > 0) and relay.unanswered < weak and not self._is_done(relay):
            message = next(self._source, None)
            if message is None:
                self.is_exhausted = True
                asyncio.get_running_loop().call_soon(self.end)
                return
            relay.dealt += 1
            if most is not None:
                most -= 1
            if number in left:
                left[number] -= 1
            yield message if tag is None else message._replace(content=tag(message.sender) + message.content)

    def _begin(self, relay: _Relay) -> Callable[[int], None]:
        def begin(delivery_id: int) -> None:
            if relay.is_cut:
                raise _refused("the relay was disabled")
            self._on_data_start(delivery_id)

        return begin

    def _note(self, relay: _Relay) -> Callable[[SendOutcome], None]:
        def note(outcome: SendOutcome) -> None:
            relay.count(outcome)
            if outcome.kind is OutcomeKind.ACCEPTED:
                self._well.add(relay.member.number)
            if outcome.kind is OutcomeKind.NOT_SENT:
                relay.dealt -= 1
                if relay.member.number in self._left:
                    self._left[relay.member.number] += 1
            self._on_outcome(outcome)

        return note


def _refused(text: str) -> RelayUnavailable:
    return RelayUnavailable(Stage.LOCAL, text)
