"""The sender of one process: its journal, connections and cached editions."""

import asyncio
from collections import Counter
from contextlib import suppress

import structlog
from structlog.contextvars import bind_contextvars

from mailflatrate.apps.delivery import full_disks
from mailflatrate.apps.delivery.actions import campaigns, claim_end
from mailflatrate.apps.delivery.confirmations import plan_confirmations
from mailflatrate.apps.delivery.planning.editions import EditionCache
from mailflatrate.apps.delivery.relays.relay_cache import SETTINGS_RELAY, read_book
from mailflatrate.apps.delivery.send import claims, recovery, sent_record
from mailflatrate.apps.delivery.send.admission import Admission, DatabaseFenced
from mailflatrate.apps.delivery.send.allowance import UNLIMITED, Allowance, AllowanceRequest, ask_for, settle
from mailflatrate.apps.delivery.send.chunk import ChunkRun
from mailflatrate.apps.delivery.send.chunk_composer import CampaignWriter, Writer
from mailflatrate.apps.delivery.send.chunk_end import end_if_nothing_follows, log_chunk
from mailflatrate.apps.delivery.send.claims import ChunkHalt, Claim
from mailflatrate.apps.delivery.send.database import Connection, Database
from mailflatrate.apps.delivery.send.orm_thread import OrmThread
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.apps.delivery.send.routes import RelayRoute, Routes, narrowed, providers_of, write_figures
from mailflatrate.apps.delivery.send.slots import late_chunks, wait_unless
from mailflatrate.apps.delivery.send.transactional import transactional_composer
from mailflatrate.apps.delivery.send.upkeep import Upkeep
from mailflatrate.apps.delivery.signing import digest_signer
from mailflatrate.apps.gate.message_composition import EditionUnusable
from mailflatrate.apps.gate.recipients import load_tables
from mailflatrate.base import tracing
from mailflatrate.base.metrics.names import CLAIM_SECONDS
from mailflatrate.mail.author_mistakes import as_param
from mailflatrate.rules.sending.relays import Stream
from mailflatrate.settings.schema import MarkMode, Settings, load_settings

PATIENCE_SECONDS = 6.0
FOLLOW_SECONDS = 2.0
REPORT_SECONDS = 10.0
BUSY_SECONDS = 1.0
ROOM_SECONDS = 5.0
"""A sender takes no chunk for so long after it found no room for its journal."""
WAIT_SECONDS = 60.0

log = structlog.get_logger(__name__)


class Sender:
    """Create it in the event loop it works in, and `close` it before the loop ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = settings.data_dir / "journal"
        self._routes = Routes(settings, folder)
        self._relays_read = asyncio.Event()
        self._admission = Admission(folder, next(iter(self._routes)).journal.name)
        self._main = Database("sender", admission=self._admission)
        self._side = Database("watch", by_keys=True, admission=self._admission)
        self._editions = EditionCache()
        self._policy = retry_policy(settings)
        self._signer = digest_signer(settings)
        load_tables()
        self._active: dict[int, ChunkRun | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._orm = OrmThread()
        self._stopping = asyncio.Event()
        self._upkeep = Upkeep(
            folder, self._routes, self._orm, self._policy, self._active, self._admission, settings.journal_keep_hours
        )
        self._housekeeping = asyncio.create_task(self._upkeep.run())
        self._following = asyncio.create_task(self._follow_relays())

    # -- one chunk -------------------------------------------------------------------------------------------

    async def work_chunk(self, account_id: int, chunk_id: int) -> None:
        """Does nothing if it cannot be claimed."""
        await self._work(account_id, chunk_id, Stream.CAMPAIGN)

    async def work_transactional(self, account_id: int, chunk_id: int) -> None:
        await self._work(account_id, chunk_id, Stream.EXPRESS)

    async def work_confirmations(self, account_id: int) -> None:
        while not self._stopping.is_set():
            planned = await self._orm.run(plan_confirmations, account_id)
            if planned.chunk_id is not None:
                await self.work_transactional(account_id, planned.chunk_id)
            if not planned.requests:
                return

    async def _work(self, account_id: int, chunk_id: int, stream: Stream) -> None:
        if not await self._has_room(account_id, chunk_id):
            return
        if chunk_id in self._active:  # if the chunk was just given back, its end enqueued this job
            await self._orm.run(campaigns.wake_chunk, account_id, chunk_id, BUSY_SECONDS)
            return
        self._active[chunk_id] = None
        bind_contextvars(account=account_id, chunk=chunk_id)
        task = asyncio.create_task(self._work_active(account_id, chunk_id, stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._active.pop(chunk_id, None))
        shares_slots = stream is Stream.CAMPAIGN  # express mail has one pool
        gets_no_reply = self._routes.gets_no_reply_for
        await wait_unless(
            task, lambda: chunk_id in late_chunks(self._active) or (shares_slots and gets_no_reply(chunk_id))
        )

    async def _work_active(self, account_id: int, chunk_id: int, stream: Stream) -> None:
        route: RelayRoute | None = None
        try:
            await self._upkeep.until_admitted()
            route = await self._route(account_id, stream)
            if route.wait_seconds and not self._routes.book.is_empty:  # nor does it hold up the other pools
                await self._orm.run(campaigns.wake_chunk, account_id, chunk_id, route.wait_seconds)
                return
            turn = 0.0
            if stream is Stream.CAMPAIGN and not self._routes.book.is_empty:
                turn = route.turn_seconds(self._routes.most_chunks(route), late_chunks(self._active))
            if turn:
                await self._orm.run(campaigns.wake_chunk, account_id, chunk_id, turn)
                return
            if not await self._relay_may_answer(route):
                await self._orm.run(campaigns.wake_chunk, account_id, chunk_id)
                return
            if (left_on := self._upkeep.route_of_left(chunk_id)) is not None:  # claimed now, it would be sent again
                idle = recovery.IdleChunk(account_id, chunk_id, left_on.journal.path)
                await self._orm.run(recovery.recover_own, idle, self._policy)
                self._upkeep.note_recovered(chunk_id)
            began = asyncio.get_running_loop().time()
            with route.taken(chunk_id):
                claim = await self._claim(account_id, chunk_id, route)
                if claim is not None:
                    await self._send(claim, began, route)
        except DatabaseFenced:
            self._upkeep.note_left(chunk_id, route)
            self._upkeep.to_wake.add((account_id, chunk_id))
            self._upkeep.check_now()
        except BaseException:
            self._upkeep.note_left(chunk_id, route)
            raise

    async def _has_room(self, account_id: int, chunk_id: int) -> bool:
        """If not, leave the chunk to others and take none for a moment."""
        if all(route.journal.has_room() for route in self._routes):
            return True
        log.error("journal_disk_full", chunk_id=chunk_id)
        await self._orm.run(full_disks.note_room, self._upkeep.name, has_room=False)
        await self._orm.run(campaigns.wake_chunk, account_id, chunk_id)
        with suppress(TimeoutError):
            async with asyncio.timeout(ROOM_SECONDS):
                await self._stopping.wait()
        return False

    async def _claim(self, account_id: int, chunk_id: int, route: RelayRoute) -> Claim | None:
        async def work(connection: Connection) -> Claim | None:
            return await claims.claim(connection, account_id, chunk_id, route.journal.name)

        with CLAIM_SECONDS.time(), tracing.span("chunk.claim"):
            return await self._main.run(account_id, work)

    async def _send(self, claim: Claim, began: float, route: RelayRoute) -> None:
        # No content leaves before it is on this host's disk: a database set back to before this claim is recognized.
        allowance, _ = await asyncio.gather(self._allow(claim, route), self._remember())
        if allowance.is_limited:
            claim = narrowed(claim, allowance)
        try:
            with tracing.span("chunk.prepare"):
                writer = await self._writer(claim, route) if claim.rows else None
        except EditionUnusable as problem:
            await self._orm.run(campaigns.stop_unusable, claim.account_id, claim.campaign_id, as_param(problem.error))
            await self._finish(claim, None, route)
            await self._settle(allowance, None, route)
            return
        run = None
        if writer is not None:
            run = ChunkRun(claim, writer, route.journal, self._main, self._side, self._policy, self._signer, began,
                           marks_ahead=self._settings.sender_marks_ahead,
                           marks_at_once=self._may_mark_at_once())  # fmt: skip
            run.caps = dict(allowance.caps)
            self._active[claim.chunk_id] = run
            if self._stopping.is_set():
                run.halt = ChunkHalt.STOPPING
            with tracing.span("chunk.send", messages=len(claim.rows)) as span:
                await run.send(route.transmitter, route.lock)
                span.set(**run.figures())
        with tracing.span("chunk.finish"):
            await self._finish(claim, run, route, allowance.pause_seconds)
            await self._settle(allowance, run, route)
        if run is not None:
            await self._upkeep.trim_journal(route)
            log_chunk(run, asyncio.get_running_loop().time() - began)

    async def _remember(self) -> None:
        await asyncio.to_thread(self._admission.remember, await self._main.position())

    def _may_mark_at_once(self) -> bool:
        """True if the database can't outlive this machine, and no other host could take over the claim (ADR 0002)."""
        is_wanted = self._settings.sender_marks is MarkMode.AUTO
        return is_wanted and self._main.is_beside and self._upkeep.is_alone is True

    async def _writer(self, claim: Claim, route: RelayRoute) -> Writer:
        if claim.campaign_id is None:
            ids, leaves = [row.delivery_id for row in claim.rows], self._leaves_machine(route)
            return await self._orm.run(transactional_composer, claim.account_id, ids, leaves_machine=leaves)
        assert claim.edition_id is not None
        mail = self._editions.find(claim.edition_id)
        if mail is None:
            mail = await self._orm.run(self._editions.load, claim.account_id, claim.edition_id)
        bind_contextvars(mailing=mail.mailing_id)
        tracing.annotate(mailing=mail.mailing_id, campaign=claim.campaign_id)
        if not mail.pools:
            return CampaignWriter(mail)
        codes = await self._main.run(claim.account_id, lambda held: claims.read_coupons(held, claim, mail.pools))
        return CampaignWriter(mail, codes)

    async def _finish(self, claim: Claim, run: ChunkRun | None, route: RelayRoute, pause: float = 0.0) -> None:
        if run is not None and run.halt is ChunkHalt.CLAIM_LOST:
            await self._upkeep.settle_lost(route, over=claim.chunk_id)
            return
        problem = ""
        if run is not None:
            if run.halt is ChunkHalt.RELAY or (run.returned and not run.replies):
                problem, pause = run.relay_problem or "connections end before a message is sent", route.pause()
            elif run.replies:
                route.answered()
            if run.waiting:
                pause = max(pause, WAIT_SECONDS)
            if run.replies and not problem and await self._ended_at_once(claim, route):
                return
        await self._orm.run(
            claim_end.finish_chunk,
            claim.account_id,
            claim.chunk_id,
            route.journal.name,
            relay_problem=problem,
            relay_answered=run is not None and run.replies > 0,
            pause_seconds=pause,
        )

    async def _ended_at_once(self, claim: Claim, route: RelayRoute) -> bool:
        """On the connection that doesn't wait for the disk: upkeep repeats an end that is lost with the server."""

        async def work(connection: Connection) -> bool:
            return await end_if_nothing_follows(connection, claim, route.journal.name)

        return claim.campaign_id is not None and await self._side.persist(claim.account_id, work)

    # -- the relays ------------------------------------------------------------------------------------------

    async def _allow(self, claim: Claim, route: RelayRoute) -> Allowance:
        book = self._routes.book
        if not claim.rows or (book.is_empty and not self._settings.warm_up_domains):
            return UNLIMITED
        sought = AllowanceRequest(claim.account_id, claim.campaign_id, Counter(providers_of(claim)))
        relays = () if book.is_empty else book.members(route.key)
        return await self._orm.run(ask_for, self._settings, route.key, sought, relays)

    async def _settle(self, allowance: Allowance, run: ChunkRun | None, route: RelayRoute) -> None:
        if allowance.is_limited:
            results, left = (run.counted.by_provider(), run.caps) if run is not None else ({}, allowance.caps)
            await self._orm.run(settle, route.key, allowance, results, left)

    async def _route(self, account_id: int, stream: Stream) -> RelayRoute:
        await self._relays_read.wait()
        book = self._routes.book
        if book.is_empty:
            return self._routes.route(stream, book.pool_for(stream, account_id))
        return self._routes.route(stream, await self._orm.run(book.pool_for, stream, account_id))

    def _leaves_machine(self, route: RelayRoute) -> bool:
        own = self._settings.relay_host is not None
        return own or any(relay.number != SETTINGS_RELAY for relay in self._routes.book.members(route.key))

    async def _relay_may_answer(self, route: RelayRoute) -> bool:
        """False if the process stops. Otherwise each waiting chunk would be claimed and given back once per pause."""
        while not self._stopping.is_set():
            if route.wait_seconds <= 0:
                return True
            try:
                await asyncio.wait_for(self._stopping.wait(), route.wait_seconds)
            except TimeoutError:
                continue
        return False

    async def _follow_relays(self) -> None:
        reported_at = 0.0
        while True:
            try:
                self._routes.follow(await self._orm.run(read_book, self._settings))
                self._relays_read.set()
                now = asyncio.get_running_loop().time()
                if not self._routes.book.is_empty and now - reported_at > REPORT_SECONDS:
                    reported_at = now
                    route = next(iter(self._routes))
                    await self._orm.run(write_figures, route.journal.name, self._routes.figures())
            except Exception:  # it runs again in a moment, and sending continues unchanged
                log.exception("relays_unread")
            await asyncio.sleep(FOLLOW_SECONDS)

    # -- life ------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        if not self._stopping.is_set():
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._give_up)
        self._stopping.set()
        self.give_back_chunks()
        for route in self._routes:
            route.transmitter.stop()

    def give_back_chunks(self) -> None:
        """Begin no further message; the rest of them waits for another job."""
        for run in self._active.values():
            if run is not None:
                run.halt = run.halt or ChunkHalt.STOPPING

    def is_stuck(self) -> bool:
        """True if a database call is far past its deadline, so that no retry will end it."""
        now, longest = asyncio.get_running_loop().time(), 2.0 * self._settings.database_call_seconds
        begun = (self._main.busy_since, self._side.busy_since)
        return any(since is not None and now - since > longest for since in begun)

    def _give_up(self) -> None:
        """After a timeout of relay or database: the journal has what the next process needs."""
        for task in list(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """The journal stays for recovery if an outcome could not be written."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)  # without jobs, for silent relays
        self._housekeeping.cancel()
        self._following.cancel()
        await asyncio.gather(self._housekeeping, self._following, return_exceptions=True)
        try:
            async with asyncio.timeout(5):
                for route in self._routes:
                    await route.transmitter.close()
        except TimeoutError:
            log.warning("relay_did_not_say_goodbye")
        await self._main.close()
        await self._side.close()
        if self._upkeep.is_settled and not self._active:
            await self._upkeep.say_goodbye()
        await self._orm.close()
        settled = self._upkeep.is_settled and not self._active
        for route in self._routes:
            route.journal.close(settled=settled and sent_record.was_set_aside(route.journal))


_sender: Sender | None = None


def this_sender() -> Sender:
    global _sender  # noqa: PLW0603  one a process, by nature
    if _sender is None:
        _sender = Sender(load_settings())
    return _sender


def sender_is_stuck() -> bool:
    return _sender is not None and _sender.is_stuck()


def stop_sender() -> None:
    if _sender is not None:
        _sender.stop()


def give_back_chunks() -> None:
    """Before their jobs are canceled."""
    if _sender is not None:
        _sender.give_back_chunks()


async def close_sender() -> None:
    global _sender
    closing, _sender = _sender, None
    if closing is not None:
        await closing.close()
