"""One claimed chunk, from its first message to its end: messages are composed and signed a few at a time, results are
written in batches, and a check runs several times a second. No message begins on a check older than
`FRESH_SECONDS`, so that a pause, a suspension or an unsubscribe takes effect within one second.
"""

import asyncio
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter

import structlog

from mailflatrate.apps.campaigns.states import move_sql
from mailflatrate.apps.delivery.send import claims
from mailflatrate.apps.delivery.send.chunk_composer import DraftedMessage, Writer
from mailflatrate.apps.delivery.send.claims import ChunkHalt, Claim, ClaimCheck
from mailflatrate.apps.delivery.send.compose_ahead import SignedAhead
from mailflatrate.apps.delivery.send.database import Connection, Database, DatabaseGone
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.outcomes import RecordedBatch, SettledDelivery, record, settle
from mailflatrate.apps.delivery.send.provider_counts import ChunkCounts
from mailflatrate.apps.delivery.send.start_marks import ChunkMarks
from mailflatrate.apps.delivery.transmit import PermittedMessage, Transmitter
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.base import clock, tracing
from mailflatrate.base.metrics.names import RECORD_SECONDS, RESULTS
from mailflatrate.mail.address import domain_of
from mailflatrate.mail.signing.rsa_key import DigestSigner
from mailflatrate.rules.campaigns.campaign_states import RUNNING, CampaignState
from mailflatrate.rules.sending.pace import RetryPolicy
from mailflatrate.rules.sending.providers import provider_of
from mailflatrate.wire.smtp.types import OutcomeKind, RelayUnavailable, SendOutcome, Stage

FRESH_SECONDS = 0.9
CHECK_PAUSE_SECONDS = 0.35
HEARTBEAT_SECONDS = 10.0
STUCK_SECONDS = 30.0
BATCH_ROWS = 500
BATCH_SECONDS = 0.5  # a crash loses none of it: it is in the journal

RELAY_ANSWERS = move_sql(CampaignState.WAITING, CampaignState.SENDING)

_by_id = attrgetter("delivery_id")

log = structlog.get_logger(__name__)


class ChunkRun:
    """`relay_problem`: why it halted with RELAY. `waiting`: rows that stay pending until something outside changes.
    `caps`: limits by relay, counted down as messages leave.
    """

    def __init__(
        self, claim: Claim, writer: Writer, journal: Journal, main: Database, side: Database, policy: RetryPolicy,
        signer: DigestSigner, claimed_at: float, *, marks_ahead: bool = False, marks_at_once: bool = False,
    ) -> None:  # fmt: skip
        self.claim = claim
        self.halt: ChunkHalt | None = None
        self.relay_problem = ""
        self.replies = 0
        self.returned = 0
        self.waiting = 0
        self.counted = ChunkCounts(claim.rows)
        self.caps: dict[int, int] = {}
        self._relay = ""
        self._writer = writer
        self._journal = journal
        self._main, self._side = main, side
        self._policy = policy
        self._rows = deque(sorted(claim.rows, key=_by_id))  # marks rest on this order
        self._late: list[asyncio.Future[None]] = []  # contents left to silent relays
        self._given_back: set[int] = set()
        me = weakref.proxy(self)  # no cycle: a chunk that is done is freed at once, with its thousand rows
        on_granted, on_lost = lambda: me._go_on(), lambda: me._on_claim_lost()  # noqa: PLW0108
        self._marks = ChunkMarks(claim, journal.name, side, on_granted, on_lost, at_once=marks_at_once)
        self._marks_ahead = marks_ahead
        self._transmitter: Transmitter | None = None
        self._attempts = {row.delivery_id: row.attempts for row in claim.rows if row.attempts}
        self._soft = frozenset(row.delivery_id for row in claim.rows if row.soft_bounces)
        self._changed: dict[int, RecipientRow | None] = {}  # None: nothing is sent for it under this claim
        self._judged_again: set[int] = set()
        self._held_providers: frozenset[str] = frozenset()
        self._outbox: list[SettledDelivery] = []
        self._flush_now = asyncio.Event()
        self._noted = self._written = 0  # outcomes so far
        self._progress = asyncio.Event()
        self._closing = self._is_looking = self._is_over = False
        self._loop = asyncio.get_running_loop()
        self._ahead = SignedAhead(self._rows, signer, self._loop.time, keep_seconds=FRESH_SECONDS)
        self._fresh_until = claimed_at + FRESH_SECONDS
        self._heartbeat_at = claimed_at
        self._unwritten_since: float | None = None
        self._batches = 0

    # -- the story -------------------------------------------------------------------------------------------

    async def send(self, transmitter: Transmitter, lock: asyncio.Lock) -> None:
        """When it returns, every outcome is written, and nothing of the chunk is under way."""
        self._relay = transmitter.relay
        self._transmitter = transmitter
        watching = asyncio.create_task(self._watch())
        writing = asyncio.create_task(self._write_outcomes())
        marking = asyncio.create_task(self._marks.run())
        for task in (watching, writing, marking):
            task.add_done_callback(self._on_end_of_part)
        try:
            while self._rows and self.halt is None:
                for task in (watching, writing, marking):
                    if task.done():
                        task.result()  # raises what ended it
                if not self._is_fresh:
                    await asyncio.sleep(0.02)
                    continue
                async with lock:
                    if self._is_fresh:
                        await self._send_some(transmitter)
            await asyncio.gather(*self._late)
            if self.halt is ChunkHalt.BROKEN:
                await asyncio.gather(*(task for task in (watching, writing, marking) if task.done()))
            self._closing = True
            self._flush_now.set()
            self._marks.end()
            await asyncio.gather(writing, marking)
            if self._is_looking:  # a canceled statement costs the connection
                await asyncio.wait([watching])
        finally:
            self._is_over = True
            self._progress.set()
            parts = (watching, writing, marking, *self._late)
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def flushed(self) -> bool:
        """True once every outcome so far is in the database, False if some will not be written."""
        if self.is_late:
            return False
        noted = self._noted
        while self._written < noted and not self._is_over:
            self._flush_now.set()
            self._progress.clear()
            await self._progress.wait()
        return self._written >= noted

    @property
    def is_late(self) -> bool:
        """True if contents are left to a silent relay."""
        return not all(task.done() for task in self._late)

    @property
    def _is_stuck(self) -> bool:
        """True if outcomes wait too long to be written: this sender must then appear dead."""
        since = self._unwritten_since
        return since is not None and self._loop.time() - since > STUCK_SECONDS

    @property
    def _is_fresh(self) -> bool:
        return self._loop.time() < self._fresh_until

    async def _send_some(self, transmitter: Transmitter) -> None:
        try:
            most = len(self._rows)
            late = await transmitter.transmit(
                self._messages(), self._on_outcome, self._on_start, self._may_start, most=most, caps=self.caps
            )
            if late is not None:
                self._late.append(late)
                self._send_again()
        except RelayUnavailable as problem:
            self.relay_problem = str(problem)
            self.halt = self.halt or ChunkHalt.RELAY
        finally:
            self._ahead.give_back()

    def _send_again(self) -> None:
        back, self._given_back = self._given_back, set()
        self._rows.extendleft(row for row in self.claim.rows if row.delivery_id in back)

    def _messages(self) -> Iterator[PermittedMessage]:
        ahead = self._ahead
        while self.halt is None and self._is_fresh:
            permitted = ahead.take(self)
            if permitted is None:
                return
            if ahead.is_empty:  # after this one is written, while the relay reads it
                self._loop.call_soon(self._sign_ahead)
            if self._marks_ahead:
                self._marks.want(permitted.permit.delivery_id)
            yield permitted

    def _sign_ahead(self) -> None:
        if self.halt is None and self._is_fresh:
            with suppress(Exception):  # raised again when the message is requested
                self._ahead.fill(self)

    def draft(self, row: RecipientRow) -> DraftedMessage | None:
        """None if no message is made of the row now."""
        self._marks.take_up(row.delivery_id)
        if row.delivery_id in self._changed:
            present = self._changed[row.delivery_id]
            if present is None:
                self.waiting += 1
                return None
            del self._changed[row.delivery_id]
            row = present
        if self._is_held(row):
            return None  # it waits with its lane
        written = self._writer.write(row, clock.now())
        if type(written) is DraftedMessage:
            return written
        if type(written) is SettledDelivery:
            self._note(written)
        else:
            self.waiting += 1
        return None

    def is_overtaken(self, row: RecipientRow) -> bool:
        """True if the row has changed since its message was composed."""
        return row.delivery_id in self._changed or self._is_held(row)

    def _is_held(self, row: RecipientRow) -> bool:
        held = self._held_providers
        return bool(held) and provider_of(domain_of(row.email or "")) in held

    # -- what may begin --------------------------------------------------------------------------------------

    def _on_start(self, delivery_id: int) -> None:
        self._journal.begin_chunk(self.claim.account_id, self.claim.chunk_id)
        self._journal.started(delivery_id)

    def _may_start(self, delivery_id: int) -> bool | None:
        """True if it is marked, and the last check is fresh and found no change."""
        if self.halt not in (None, ChunkHalt.STOPPING) or delivery_id in self._changed:
            return None
        if self._is_fresh and self._marks.is_begun(delivery_id):
            return True
        self._marks.want(delivery_id)
        return False

    def _go_on(self) -> None:
        if self._transmitter is not None:
            self._transmitter.proceed()

    def _on_end_of_part(self, task: asyncio.Task[None]) -> None:
        """A failure must not leave messages waiting for a permission that never comes."""
        if not task.cancelled() and task.exception() is not None:
            self.halt = ChunkHalt.BROKEN if self.halt in (None, ChunkHalt.STOPPING) else self.halt
            self._go_on()

    def _on_claim_lost(self) -> None:
        self.halt = ChunkHalt.CLAIM_LOST
        self._go_on()

    # -- outcomes --------------------------------------------------------------------------------------------

    def _on_outcome(self, outcome: SendOutcome) -> None:
        if outcome.kind is OutcomeKind.NOT_SENT and outcome.stage is Stage.RCPT:
            # The pool tried it on several connections, and each was lost at RCPT. It is deferred like any other whose
            # server does not answer, so that one recipient cannot hold up a whole campaign.
            outcome = outcome._replace(kind=OutcomeKind.DEFERRED)
        self._journal.begin_chunk(self.claim.account_id, self.claim.chunk_id)
        self._journal.replied(outcome, time.time_ns() // 1_000_000)
        if outcome.kind is OutcomeKind.NOT_SENT:
            self._given_back.add(outcome.delivery_id)
            self.returned += outcome.stage is not Stage.LOCAL  # what we withheld says nothing about the relay
            self._marks.ended(outcome.delivery_id, outcome.kind)
            return
        delivery_id = outcome.delivery_id
        self._marks.ended(delivery_id, outcome.kind)
        if outcome.code:
            self.replies += 1
        self._note(
            settle(
                outcome,
                clock.now(),
                attempts=self._attempts.get(delivery_id, 0),
                first_at=self.claim.first_attempts.get(delivery_id),
                policy=self._policy,
            )
        )

    def _note(self, settled: SettledDelivery) -> None:
        self._noted += 1
        if self._unwritten_since is None:
            self._unwritten_since = self._loop.time()
        self._outbox.append(settled)
        if len(self._outbox) >= BATCH_ROWS:
            self._flush_now.set()

    async def _write_outcomes(self) -> None:
        while not (self._closing and not self._outbox):
            if not self._closing:
                with suppress(TimeoutError):
                    async with asyncio.timeout(BATCH_SECONDS):
                        await self._flush_now.wait()
                self._flush_now.clear()
            noted = self._noted  # results that arrive meanwhile wait until a batch is worth a statement
            while self._written < noted:
                await self._write_batch(self._outbox[:BATCH_ROWS])
                self._progress.set()

    def figures(self) -> dict[str, object]:
        results = {f"results.{state}": count for state, count in self.counted.by_state().items()}
        return {
            **results,
            "halt": self.halt.name.lower() if self.halt else "",
            "batches": self._batches,
            "compose_seconds": self._ahead.compose_seconds,
            "sign_seconds": self._ahead.sign_seconds,
        }

    async def _write_batch(self, batch: list[SettledDelivery]) -> None:
        held = self.claim

        async def work(connection: Connection) -> RecordedBatch:
            return await record(connection, held.account_id, held.chunk_id, self._journal.name, batch, self._soft)

        self._batches += 1
        with RECORD_SECONDS.time(), tracing.span("chunk.outcomes", messages=len(batch)):
            recorded = await self._main.persist(held.account_id, work)
        del self._outbox[: len(batch)]
        self._written += len(batch)
        self._marks.recorded([row.delivery_id for row in batch])
        self._unwritten_since = self._loop.time() if self._outbox else None
        if recorded.written:
            for (provider, state), count in self.counted.add(batch).items():
                RESULTS.labels(self._relay, provider, state).inc(count)
        if not recorded.claim_held:
            log.error("claim_lost", chunk_id=held.chunk_id, unwritten=len(batch) + len(self._outbox))
            self.halt = ChunkHalt.CLAIM_LOST
            self._outbox.clear()
            self._written = self._noted

    # -- the repeated check -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while not self._closing:
            began = self._loop.time()
            again_at = began + CHECK_PAUSE_SECONDS
            self._is_looking = True
            try:
                await self._check_claim(began)
            except DatabaseGone:
                again_at = self._loop.time() + 0.2
            finally:
                self._is_looking = False
            if not self._closing:
                await asyncio.sleep(max(0.0, again_at - self._loop.time()))

    async def _check_claim(self, began: float) -> None:
        held = self.claim

        async def work(connection: Connection) -> tuple[ClaimCheck, list[int], list[RecipientRow]]:
            check = await claims.check_claim(connection, held, self._journal.name, self._marks.first_open)
            ids = self._unjudged(check.changed)
            rows = await claims.read_again(connection, held, ids) if ids else []
            if not check.is_marked:  # first the marks: who is alive isn't asked what it began
                self._marks.renew()
            elif began - self._heartbeat_at > HEARTBEAT_SECONDS and not self._is_stuck:
                await connection.execute(
                    "UPDATE chunk SET heartbeat_at = now() WHERE id = %s AND account_id = %s AND claimed_by = %s",
                    [held.chunk_id, held.account_id, self._journal.name],
                )
                self._heartbeat_at = began
            if check.campaign_state == CampaignState.WAITING and self.replies:
                await connection.execute(RELAY_ANSWERS, [held.campaign_id])
            return check, ids, rows

        check, ids, rows = await self._side.run(held.account_id, work)
        present = {row.delivery_id: row for row in rows}
        for row_id in ids:
            row = self._changed[row_id] = present.get(row_id)
            if row is None or claims.says_no(row):
                self._judged_again.add(row_id)
        self._held_providers = frozenset(check.held_providers)
        if not check.claim_held:
            self.halt = self.halt or ChunkHalt.CLAIM_LOST
        elif check.campaign_state not in RUNNING or not check.account_may_send:
            self.halt = self.halt or ChunkHalt.CAMPAIGN
        self._fresh_until = began + FRESH_SECONDS
        self._go_on()

    def _unjudged(self, changed: list[int]) -> list[int]:
        noted = {settled.delivery_id for settled in self._outbox}
        judged = noted | self._judged_again
        return [row_id for row_id in changed if row_id not in judged and self._marks.is_open(row_id)]
