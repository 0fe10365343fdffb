"""A sender process's work besides sending: take over what dead processes left, give back abandoned chunks, keep
journals small, and tell a database that lags behind what this host sent (ADR 0002).
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from django.db import connections

from mailflatrate.apps.delivery import fence, full_disks
from mailflatrate.apps.delivery.actions import campaigns
from mailflatrate.apps.delivery.recovery import sender_processes, withdrawal_logs
from mailflatrate.apps.delivery.send import recovery, sent_record
from mailflatrate.apps.delivery.send.admission import Admission
from mailflatrate.apps.delivery.send.chunk import ChunkRun
from mailflatrate.apps.delivery.send.orm_thread import OrmThread
from mailflatrate.apps.delivery.send.replay import replay
from mailflatrate.apps.delivery.send.routes import RelayRoute, Routes
from mailflatrate.base import clock
from mailflatrate.base.job_database.admission import refuse
from mailflatrate.base.job_database.base import cut_in_use, forget_idle
from mailflatrate.base.metrics.names import CLOCK_DRIFT
from mailflatrate.rules.sending.pace import RetryPolicy
from mailflatrate.settings.database_memory import MatchKind

TRIM_BYTES = 4_000_000
RECOVERY_SECONDS = 15.0
HELD_SECONDS = 0.5
REPLAY_AGAIN_SECONDS = 11.0
GOODBYE_SECONDS = 2.0
AGAIN_SECONDS = 1.0
REPLICA_SECONDS = 60.0
"""A replica further behind doesn't keep a sender from starting; other senders know of it by then."""
MOST_DRIFT_SECONDS = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class LeftChunk:
    route: RelayRoute


class Upkeep:
    """`active`: chunks being worked on. `admission` blocks all connections until this has joined the database.
    `to_wake`: account and chunk of jobs that found it fenced. `is_alone`: no other host sends; None until checked.
    """

    def __init__(
        self, folder: Path, routes: Routes, orm: OrmThread, policy: RetryPolicy, active: dict[int, ChunkRun | None],
        admission: Admission, keep_hours: int,
    ) -> None:  # fmt: skip
        self._folder, self._routes, self._orm, self._policy = folder, routes, orm, policy
        self._active, self._admission, self._keep_hours = active, admission, keep_hours
        self.name = admission.name
        self._check_now = asyncio.Event()
        self._replay_at = 0.0
        self.is_held = self._is_member = self._has_replayed = False
        self._is_judged = asyncio.Event()
        self._left: dict[int, LeftChunk] = {}
        self.to_wake: set[tuple[int, int]] = set()
        self.is_alone: bool | None = None

    @property
    def is_settled(self) -> bool:
        """False while a journal may hold outcomes that the database lacks."""
        return not self._left

    def note_left(self, chunk_id: int, route: RelayRoute | None) -> None:
        """Its outcomes may be only in the route's journal (None: never claimed). If left before, it keeps its route."""
        earlier = self._left.get(chunk_id)
        route = earlier.route if earlier is not None else route
        if route is not None:
            self._left[chunk_id] = LeftChunk(route)

    def route_of_left(self, chunk_id: int) -> RelayRoute | None:
        """Whose journal may hold a chunk's only outcomes."""
        left = self._left.get(chunk_id)
        return left.route if left is not None else None

    def note_recovered(self, chunk_id: int) -> None:
        """Everything the journal knows about it is in the database."""
        self._left.pop(chunk_id, None)

    def check_now(self) -> None:
        """Another database answers: statements to the old one, except a replay's, are canceled. Once per hold."""
        if not self.is_held and not self._check_now.is_set():
            cut_in_use()
        self._check_now.set()

    async def run(self) -> None:
        while True:
            is_other = self._check_now.is_set()
            self._check_now.clear()
            pause = RECOVERY_SECONDS
            try:
                if is_other:
                    await self._orm.run(connections.close_all)
                    forget_idle()
                self.is_held = await self._orm.run(fence.check, self._admission.memory) is not None
                if self.is_held:
                    pause = 0.0 if await self._replay() else HELD_SECONDS
                elif (self._admission.fenced.is_set() or self._has_replayed) and not await self._join():
                    pause = 0.0
                else:
                    self._replay_at = 0.0
                    self._is_judged.set()
                    await self._recover()
                self._is_judged.set()
            except Exception:  # it runs again in a moment, and sending must not stop for it
                log.exception("recovery_failed")
                pause = AGAIN_SECONDS if self._admission.fenced.is_set() else pause
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # in Python 3.11 wait_for swallows a cancellation beside the event
                    await self._check_now.wait()

    async def until_admitted(self) -> None:
        """Once it is decided whether this process may claim, or sending is on hold."""
        await self._is_judged.wait()

    async def _join(self) -> bool:
        """False if sending is held. Durable before the first claim, on each replica's disk too (within a minute)."""
        memory, name = self._admission.memory, self.name
        is_known = await self._orm.run(sender_processes.knows, name)
        if not self._has_replayed:
            judgment = memory.judge(memory.read(), await self._orm.run(fence.read_state))
            if judgment.match is MatchKind.REFUSED:
                refuse(judgment)
            if judgment.match is not MatchKind.KNOWN or (self._is_member and not is_known):
                await self._orm.run(fence.hold_rejoined, judgment.reason or f"the database does not know {name}")
                return False
        await self._orm.run(sender_processes.note_seen, name)
        if not await self._orm.run(sender_processes.has_joined, name):
            await self._wait_for_replicas()
        await self._orm.run(sender_processes.note_joined, name)
        await self._accept()
        self._is_member, self._has_replayed = True, False
        self._admission.fenced.clear()
        while self.to_wake:
            await self._orm.run(campaigns.wake_chunk, *self.to_wake.pop())
        return True

    async def _wait_for_replicas(self) -> None:
        state = await self._orm.run(fence.read_state)
        ends = asyncio.get_running_loop().time() + REPLICA_SECONDS
        while state is not None and not await self._orm.run(sender_processes.replicas_have, state.position):
            if asyncio.get_running_loop().time() > ends:
                log.warning("replica_behind", seconds=REPLICA_SECONDS)
                return
            await asyncio.sleep(HELD_SECONDS)

    async def _accept(self) -> None:
        state = await self._orm.run(fence.read_state)
        if state is None:
            return
        drift = (clock.now() - state.at).total_seconds()
        CLOCK_DRIFT.set(drift)
        if abs(drift) > MOST_DRIFT_SECONDS:
            log.warning("clock_drifts", seconds=round(drift))
        await self._orm.run(sender_processes.replicas_have, state.position)  # notes how many there are
        hosts = await self._orm.run(sender_processes.sender_hosts)
        await asyncio.to_thread(self._admission.memory.accept, state, hosts)

    async def _recover(self) -> None:
        own = [route.journal.path for route in self._routes]
        if not await self._orm.run(sender_processes.note_alive, self.name):
            self._admission.fenced.set()
            self._check_now.set()
            return
        has_room = all(route.journal.has_room() for route in self._routes)
        await self._orm.run(full_disks.note_room, self.name, has_room=has_room)
        memory = self._admission.memory
        if memory.judge(memory.read(), await self._orm.run(fence.read_state)).match is not MatchKind.KNOWN:
            self._admission.fenced.set()
            self._check_now.set()
            return
        await self._accept()
        self.is_alone = not await self._orm.run(sender_processes.other_host_sends, self.name)
        await self._orm.run(recovery.recover_host, self._folder, own, self._policy)
        await self._orm.run(recovery.give_up_lost_hosts, self._folder)
        await self._recover_routes()
        await self._orm.run(sent_record.drop_old, self._folder, self._keep_hours)
        for route in self._routes:
            if not self._active:  # replies contain personal data, and the database already has them
                await self.trim_journal(route, least_bytes=1)

    async def _recover_routes(self) -> None:
        """Write what only this process's journals know; afterward idle chunks that were left are settled or given
        back.
        """
        chunks = dict(self._left)
        for route in self._routes:
            chunks = self._without_active(chunks)
            await self.settle_lost(route)
            for account_id, chunk_id in await self._orm.run(recovery.claimed_by, route.journal.name):
                if chunk_id in self._active:
                    chunks.pop(chunk_id, None)
                else:
                    await self._recover_own(account_id, chunk_id, route)
        for chunk_id, left in self._without_active(chunks).items():
            if self._left.get(chunk_id) is left:
                self.note_recovered(chunk_id)

    def _without_active(self, left: dict[int, LeftChunk]) -> dict[int, LeftChunk]:
        return {chunk_id: chunk for chunk_id, chunk in left.items() if chunk_id not in self._active}

    async def _replay(self) -> bool:
        """Once no message is being sent; return whether the hold was lifted. Nothing may begin meanwhile."""
        await self._orm.run(sender_processes.note_seen, self.name)
        if self._active:
            return False
        now = asyncio.get_running_loop().time()
        if now >= self._replay_at:
            own = [route.journal.path for route in self._routes]
            replayed = await self._orm.run(replay, self._folder)
            await self._orm.run(recovery.recover_host, self._folder, own, self._policy)
            await self._recover_routes()
            log.warning("journals_replayed", changed=replayed.changed, missing=replayed.missing)
            await self._orm.run(withdrawal_logs.note_sent_meanwhile, replayed.changed)
            seen = self._admission.memory.read()
            await self._orm.run(fence.note_replayed, self.name, replayed.missing, seen)
            self._replay_at = now + REPLAY_AGAIN_SECONDS
            self._has_replayed = True
        return await self._orm.run(fence.resume_if_whole)

    async def say_goodbye(self) -> None:
        """Ended without a journal, so no one waits for it. If the database is unreachable, the row remains."""
        await self._orm.try_once(partial(sender_processes.forget_process, self.name), GOODBYE_SECONDS)

    async def settle_lost(self, route: RelayRoute, over: int | None = None) -> None:
        """Taken for lost by others meanwhile. Skips chunks being sent, which may begin messages; `over` has just
        ended.
        """
        under_way = frozenset(self._active) - {over}
        await self._orm.run(
            recovery.settle_lost_claims, route.journal.path, self._policy, whole=True, under_way=under_way
        )

    async def _recover_own(self, account_id: int, chunk_id: int, route: RelayRoute) -> None:
        self._active[chunk_id] = None
        try:
            idle = recovery.IdleChunk(account_id, chunk_id, route.journal.path)
            await self._orm.run(recovery.recover_own, idle, self._policy)
            self.note_recovered(chunk_id)
        finally:
            del self._active[chunk_id]

    async def trim_journal(self, route: RelayRoute, *, least_bytes: int = TRIM_BYTES) -> None:
        """Only when no message is being sent and every result is written."""
        if route.journal.size_bytes < least_bytes or not self.is_settled:
            return
        async with route.lock:
            for run in list(self._active.values()):
                if run is not None and not await run.flushed():
                    return
            if self._left:  # meanwhile, as the route was busy
                return
            await self._orm.run(sent_record.set_aside, route.journal)
            route.journal.reset()
