"""The sender of one process: its journal, its connections to relay and database, the editions it keeps ready."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

from mailflatrate.apps.delivery import actions
from mailflatrate.apps.delivery.confirmations import plan_confirmations
from mailflatrate.apps.delivery.editions import EditionCache
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.send import claims, recovery
from mailflatrate.apps.delivery.send.chunk import ChunkRun, Halt
from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Connection, Database
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.apps.delivery.send.post import post_writer
from mailflatrate.apps.delivery.send.writers import CampaignWriter, Writer
from mailflatrate.apps.delivery.signing import digest_signer
from mailflatrate.apps.delivery.transmit import Transmitter
from mailflatrate.apps.gate.letters import EditionUnusable
from mailflatrate.base.metrics.names import CHUNKS, CLAIM_SECONDS, DATABASE_GONE
from mailflatrate.mail.mistakes import as_param
from mailflatrate.settings.schema import Settings, load_settings

P = ParamSpec("P")
T = TypeVar("T")

TRIM_BYTES = 4_000_000
RECOVERY_SECONDS = 30.0
PATIENCE_SECONDS = 6.0
FIRST_RELAY_PAUSE_SECONDS = 1.0
WAIT_SECONDS = 60.0
"""Before messages are looked at again that wait for the service's DNS record."""

log = structlog.get_logger(__name__)


class Lane:
    """A way to the relay: its connections, and its journal, which tells one chunk at a time. Two of them work side by
    side, so that what a person waits for does not wait for a mailing that is running.
    """

    def __init__(self, settings: Settings, folder: Path, connections: int) -> None:
        self.journal = Journal(folder)
        self.transmitter = Transmitter(settings, connections)
        self.lock = asyncio.Lock()  # one chunk at a time uses the relay, while the next one is fetched


class Sender:
    """Made in the loop it works in. `close` it before the loop ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data_dir / "journal"
        self._mailings = Lane(settings, self._folder, settings.sender_connections)
        self._express = Lane(settings, self._folder, settings.express_connections)
        self._main, self._side = Database("sender"), Database("watch")
        self._editions = EditionCache()
        self._policy = retry_policy(settings)
        self._signer = digest_signer(settings)
        self._active: dict[int, ChunkRun | None] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._thread = ThreadPoolExecutor(1, "sender-orm")
        self._stopping = asyncio.Event()
        self._settled = True
        self._relay_failures = 0
        self._relay_again_at = 0.0
        self._housekeeping = asyncio.create_task(self._recover_now_and_then())

    # -- one chunk -------------------------------------------------------------------------------------------

    async def work_chunk(self, account_id: int, chunk_id: int) -> None:
        """Claim a chunk of a mailing and send it. Does nothing when it is not to be had."""
        await self._work(account_id, chunk_id, self._mailings)

    async def work_post(self, account_id: int, chunk_id: int) -> None:
        """The same for confirmation mails and notices."""
        await self._work(account_id, chunk_id, self._express)

    async def work_confirmations(self, account_id: int) -> None:
        """Take up an account's waiting sign-ups until none is left; each batch is sent before the next is looked at."""
        while not self._stopping.is_set():
            planned = await self._in_thread(plan_confirmations, account_id)
            if planned.chunk_id is not None:
                await self.work_post(account_id, planned.chunk_id)
            if not planned.requests:
                return

    async def _work(self, account_id: int, chunk_id: int, lane: Lane) -> None:
        if chunk_id in self._active:
            return
        self._active[chunk_id] = None
        bind_contextvars(account=account_id, chunk=chunk_id)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if not await self._relay_may_answer():
                await self._in_thread(actions.wake_chunk, account_id, chunk_id)
                return
            began = asyncio.get_running_loop().time()
            claim = await self._claim(account_id, chunk_id, lane)
            if claim is not None:
                await self._send(claim, began, lane)
        except BaseException:
            self._settled = False  # outcomes may be in the journal alone
            raise
        finally:
            del self._active[chunk_id]
            self._tasks.discard(task)

    async def _claim(self, account_id: int, chunk_id: int, lane: Lane) -> Claim | None:
        async def work(connection: Connection) -> Claim | None:
            return await claims.claim(connection, account_id, chunk_id, lane.journal.name)

        with CLAIM_SECONDS.time():
            return await self._main.run(account_id, work)

    async def _send(self, claim: Claim, began: float, lane: Lane) -> None:
        try:
            writer = await self._writer(claim) if claim.rows else None
        except EditionUnusable as problem:
            await self._in_thread(actions.stop_unusable, claim.account_id, claim.campaign_id, as_param(problem.error))
            await self._finish(claim, None, lane)
            return
        run = None
        if writer is not None:
            run = ChunkRun(claim, writer, lane.journal, self._main, self._side, self._policy, self._signer, began)
            self._active[claim.chunk_id] = run
            if self._stopping.is_set():
                run.halt = Halt.STOPPING
            await run.send(lane.transmitter, lane.lock)
            await self._trim_journal(lane)
        await self._finish(claim, run, lane)
        if run is not None:
            _tell(run, asyncio.get_running_loop().time() - began)

    async def _writer(self, claim: Claim) -> Writer:
        if claim.campaign_id is None:
            ids, leaves = [row.delivery_id for row in claim.rows], self._settings.relay_host is not None
            return await self._in_thread(post_writer, claim.account_id, ids, leaves_machine=leaves)
        assert claim.edition_id is not None
        mail = self._editions.find(claim.edition_id)
        if mail is None:
            mail = await self._in_thread(self._editions.load, claim.account_id, claim.edition_id)
        bind_contextvars(mailing=mail.mailing_id)
        return CampaignWriter(mail)

    async def _finish(self, claim: Claim, run: ChunkRun | None, lane: Lane) -> None:
        if run is not None and run.halt is Halt.CLAIM_LOST:
            return
        problem, pause = "", 0.0
        if run is not None:
            if run.halt is Halt.RELAY or (run.returned and not run.replies):
                problem, pause = run.relay_problem or "connections end before a letter is sent", self._pause_relay()
            elif run.replies:
                self._relay_failures = 0
            if run.waiting:
                pause = max(pause, WAIT_SECONDS)
        await self._in_thread(
            actions.finish_chunk,
            claim.account_id,
            claim.chunk_id,
            lane.journal.name,
            relay_problem=problem,
            relay_answered=run is not None and run.replies > 0,
            pause_seconds=pause,
        )

    async def _trim_journal(self, lane: Lane, *, least_bytes: int = TRIM_BYTES) -> None:
        """Empty a journal that has grown, at a moment when no letter is under way and every outcome is written."""
        if lane.journal.size_bytes < least_bytes or not self._settled:
            return
        async with lane.lock:
            for run in list(self._active.values()):
                if run is not None:
                    await run.flushed()
            lane.journal.reset()

    # -- the relay -------------------------------------------------------------------------------------------

    def _pause_relay(self) -> float:
        """Count a failure; the seconds until the relay is asked again, growing to the operator's limit."""
        pause = min(FIRST_RELAY_PAUSE_SECONDS * 2.0**self._relay_failures, self._settings.relay_pause_max_seconds)
        self._relay_failures = min(self._relay_failures + 1, 30)
        self._relay_again_at = asyncio.get_running_loop().time() + pause
        return pause

    async def _relay_may_answer(self) -> bool:
        """Wait until the pause after a failure is over; False when the process stops meanwhile.

        Without it every waiting chunk would be claimed and given back once a pause.
        """
        while not self._stopping.is_set():
            wait = self._relay_again_at - asyncio.get_running_loop().time()
            if wait <= 0:
                return True
            try:
                await asyncio.wait_for(self._stopping.wait(), wait)
            except TimeoutError:
                continue
        return False

    # -- life ------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Take no more letters; those under way finish, and their chunks are given back."""
        if not self._stopping.is_set():
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._give_up)
        self._stopping.set()
        for run in self._active.values():
            if run is not None:
                run.halt = run.halt or Halt.STOPPING
        for lane in self._lanes():
            lane.transmitter.stop()

    def is_stuck(self) -> bool:
        """True when a database call lasts much longer than its deadline lets it: no retry will end it."""
        now, longest = asyncio.get_running_loop().time(), 2.0 * self._settings.database_call_seconds
        begun = (self._main.busy_since, self._side.busy_since)
        return any(since is not None and now - since > longest for since in begun)

    def _lanes(self) -> Iterator[Lane]:
        yield from (self._mailings, self._express)

    def _give_up(self) -> None:
        """A relay or a database that does not answer in time: the journal knows what the next process must."""
        for task in list(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """End the process's part. The journal stays for recovery when an outcome could not be written."""
        self.stop()
        self._housekeeping.cancel()
        await asyncio.gather(self._housekeeping, return_exceptions=True)
        try:
            async with asyncio.timeout(5):
                for lane in self._lanes():
                    await lane.transmitter.close()
        except TimeoutError:
            log.warning("relay_did_not_say_goodbye")
        await self._main.close()
        await self._side.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()
        for lane in self._lanes():
            lane.journal.close(settled=self._settled and not self._active)

    async def _recover_now_and_then(self) -> None:
        while True:
            try:
                own = [lane.journal.path for lane in self._lanes()]
                await self._in_thread(recovery.recover_host, self._folder, own, self._policy)
                for lane in self._lanes():
                    for account_id, chunk_id in await self._in_thread(recovery.claimed_by, lane.journal.name):
                        await self._recover_own(account_id, chunk_id, lane)
                    if not self._active:  # replies name people: what is in the database needs no second place
                        await self._trim_journal(lane, least_bytes=1)
            except Exception:  # it comes again in a moment, and sending must not stop for it
                log.exception("recovery_failed")
            await asyncio.sleep(RECOVERY_SECONDS)

    async def _recover_own(self, account_id: int, chunk_id: int, lane: Lane) -> None:
        """Give a held chunk back that nobody here works on; taken for active meanwhile, so that nobody begins."""
        if chunk_id in self._active:
            return
        self._active[chunk_id] = None
        try:
            await self._in_thread(recovery.recover_own, account_id, chunk_id, lane.journal.path, self._policy)
        finally:
            del self._active[chunk_id]

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that uses the ORM, again until the database has answered it."""

        context = get_contextvars()  # a thread of an executor has a context of its own

        def call() -> T:
            with bound_contextvars(**context):
                close_old_connections()
                return function(*args, **kwargs)

        pause = 0.1
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, call)
            except (OperationalError, InterfaceError) as problem:
                DATABASE_GONE.inc()
                log.warning("database_gone", connection="orm", pause_seconds=pause, problem=str(problem)[:200])
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


def _tell(run: ChunkRun, seconds: float) -> None:
    """Log what became of a chunk, and which providers deferred much of it."""
    counts = run.counted.by_state()
    sent = counts.get(DeliveryState.SENT, 0)
    halt = run.halt.name.lower() if run.halt else ""
    CHUNKS.inc()
    log.info("chunk_done", **counts, seconds=round(seconds, 2), per_second=round(sent / max(seconds, 0.01)), halt=halt)
    for wave in run.counted.waves():
        log.warning(
            "deferral_wave", provider=wave.provider, deferred=wave.deferred, attempted=wave.attempted, reply=wave.reply
        )


_sender: Sender | None = None


def this_sender() -> Sender:
    """The sender of this process, made when it is first needed."""
    global _sender  # noqa: PLW0603  one a process, by nature
    if _sender is None:
        _sender = Sender(load_settings())
    return _sender


def sender_is_stuck() -> bool:
    """True when the process's sender waits for something that should have ended long ago."""
    return _sender is not None and _sender.is_stuck()


def stop_sender() -> None:
    """Let the process's sender, if there is one, finish what is under way."""
    if _sender is not None:
        _sender.stop()


async def close_sender() -> None:
    """Close the process's sender, if there is one."""
    global _sender
    closing, _sender = _sender, None
    if closing is not None:
        await closing.close()
