"""A sender process's work besides sending.

It takes over what dead processes left, gives back abandoned chunks, keeps its journals small, and tells a database that
lags behind what this host sent (ADR 0020).
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from django.db import connections

from mailflatrate.apps.delivery import fence, full_disks, withdrawal_logs
from mailflatrate.apps.delivery.send import recovery, sent_record
from mailflatrate.apps.delivery.send.chunk import ChunkRun
from mailflatrate.apps.delivery.send.orm_thread import OrmThread
from mailflatrate.apps.delivery.send.replay import replay
from mailflatrate.apps.delivery.send.routes import RelayRoute, Routes
from mailflatrate.base.job_database.base import cut_in_use, forget_idle
from mailflatrate.rules.retries import RetryPolicy

TRIM_BYTES = 4_000_000
RECOVERY_SECONDS = 15.0
HELD_SECONDS = 0.5
REPLAY_AGAIN_SECONDS = 11.0
"""A second time, for processes of this host that are gone: see `fence.SILENT`."""
GOODBYE_SECONDS = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class LeftChunk:
    """A chunk whose work ended in the middle; each such event is a new object."""

    route: RelayRoute


class Upkeep:
    """The upkeep of one sender process. `run` is a task that lasts as long as the process.

    `active` holds the chunks that the process works on, and `fenced` blocks every connection of the process while it is
    set. `is_alone` says that no other host sends; it is None until that has been checked.
    """

    def __init__(
        self, folder: Path, routes: Routes, orm: OrmThread, policy: RetryPolicy, active: dict[int, ChunkRun | None],
        fenced: asyncio.Event, keep_hours: int,
    ) -> None:  # fmt: skip
        self._folder, self._routes, self._orm, self._policy = folder, routes, orm, policy
        self._active, self._fenced, self._keep_hours = active, fenced, keep_hours
        self.name = next(iter(routes)).journal.name
        self._check_now = asyncio.Event()
        self._replay_at = 0.0
        self._is_held = False
        self._left: dict[int, LeftChunk] = {}
        self.is_alone: bool | None = None

    @property
    def is_settled(self) -> bool:
        """Return False while a journal may hold outcomes that the database does not have yet."""
        return not self._left

    def note_left(self, chunk_id: int, route: RelayRoute | None) -> None:
        """Record that work on a chunk ended in the middle: some of its outcomes may be only in the route's journal.

        Without a route, nothing was claimed. A chunk that was recorded before and is not recovered yet keeps its route.
        """
        earlier = self._left.get(chunk_id)
        route = earlier.route if earlier is not None else route
        if route is not None:
            self._left[chunk_id] = LeftChunk(route)

    def route_of_left(self, chunk_id: int) -> RelayRoute | None:
        """Return the route whose journal may hold a chunk's only outcomes, if there is one."""
        left = self._left.get(chunk_id)
        return left.route if left is not None else None

    def note_recovered(self, chunk_id: int) -> None:
        """Record that everything the journal knows about a chunk is in the database."""
        self._left.pop(chunk_id, None)

    def check_now(self) -> None:
        """Check at once instead of waiting for the next round, because another database answers.

        Statements to the previous database would only hang, so they are canceled, but not those of a replay. Done once
        per hold.
        """
        if not self._is_held and not self._check_now.is_set():
            cut_in_use()
        self._check_now.set()

    async def run(self) -> None:
        """Take over what dead processes left, or replay journals to a held database, in a loop."""
        while True:
            is_other = self._check_now.is_set()
            self._check_now.clear()
            pause = RECOVERY_SECONDS
            try:
                if is_other:
                    await self._orm.run(connections.close_all)
                    forget_idle()
                self._is_held = await self._orm.run(fence.check) is not None
                if self._is_held:
                    pause = HELD_SECONDS
                    await self._replay()
                else:
                    self._replay_at = 0.0
                    self._fenced.clear()
                    await self._recover()
            except Exception:  # it runs again in a moment, and sending must not stop for it
                log.exception("recovery_failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # in Python 3.11 wait_for swallows a cancellation beside the event
                    await self._check_now.wait()

    async def _recover(self) -> None:
        """Take over what dead processes left, give back abandoned chunks, and keep the journals small."""
        own = [route.journal.path for route in self._routes]
        await self._orm.run(fence.note_seen, self.name)
        has_room = all(route.journal.has_room() for route in self._routes)
        await self._orm.run(full_disks.note_room, self.name, has_room=has_room)
        self.is_alone = not await self._orm.run(fence.other_host_sends, self.name)
        await self._orm.run(recovery.recover_host, self._folder, own, self._policy)
        await self._orm.run(recovery.give_up_lost_hosts, self._folder)
        await self._recover_routes()
        await self._orm.run(sent_record.drop_old, self._folder, self._keep_hours)
        for route in self._routes:
            if not self._active:  # replies contain personal data, and the database already has them
                await self.trim_journal(route, least_bytes=1)

    async def _recover_routes(self) -> None:
        """Write what only the journals of this process know. Without it, they could never be emptied after a failure.

        A chunk that was left earlier and that no one works on meanwhile is known afterward: it was still claimed and
        is given back, or was taken for lost and is settled.
        """
        known = dict(self._left)
        for route in self._routes:
            known = self._without_active(known)
            await self.settle_lost(route)
            for account_id, chunk_id in await self._orm.run(recovery.claimed_by, route.journal.name):
                if chunk_id in self._active:
                    known.pop(chunk_id, None)
                else:
                    await self._recover_own(account_id, chunk_id, route)
        for chunk_id, left in self._without_active(known).items():
            if self._left.get(chunk_id) is left:
                self.note_recovered(chunk_id)

    def _without_active(self, left: dict[int, LeftChunk]) -> dict[int, LeftChunk]:
        return {chunk_id: each for chunk_id, each in left.items() if chunk_id not in self._active}

    async def _replay(self) -> None:
        """Tell a held database what this host sent, once no message is being sent; then the hold may be lifted."""
        await self._orm.run(fence.note_seen, self.name)
        if self._active:
            return
        now = asyncio.get_running_loop().time()
        if now >= self._replay_at:
            own = [route.journal.path for route in self._routes]
            replayed = await self._orm.run(replay, self._folder)
            await self._orm.run(recovery.recover_host, self._folder, own, self._policy)
            await self._recover_routes()
            log.warning("journals_replayed", changed=replayed.changed, missing=replayed.missing)
            await self._orm.run(withdrawal_logs.note_sent_meanwhile, replayed.changed)
            await self._orm.run(fence.note_replayed, self.name, replayed.missing)
            self._replay_at = now + REPLAY_AGAIN_SECONDS
        if await self._orm.run(fence.resume_if_whole):
            self._fenced.clear()

    async def say_goodbye(self) -> None:
        """Delete this process's record: no one has to wait for a process that ended cleanly and left no journal.

        If the database is unreachable, the row remains, and the process counts as one that may have sent something.
        """
        await self._orm.try_once(partial(fence.forget_process, self.name), GOODBYE_SECONDS)

    async def settle_lost(self, route: RelayRoute, over: int | None = None) -> None:
        """Settle chunks that other processes gave up as lost while this one was unreachable.

        A chunk that is still being sent is skipped, because its next message may begin after the journal was read;
        `over` is a chunk that has just ended.
        """
        under_way = frozenset(self._active) - {over}
        await self._orm.run(
            recovery.settle_lost_claims, route.journal.path, self._policy, whole=True, under_way=under_way
        )

    async def _recover_own(self, account_id: int, chunk_id: int, route: RelayRoute) -> None:
        """Give back a claimed chunk that no one here works on; it counts as active meanwhile, to prevent a start."""
        self._active[chunk_id] = None
        try:
            idle = recovery.IdleChunk(account_id, chunk_id, route.journal.path)
            await self._orm.run(recovery.recover_own, idle, self._policy)
            self.note_recovered(chunk_id)
        finally:
            del self._active[chunk_id]

    async def trim_journal(self, route: RelayRoute, *, least_bytes: int = TRIM_BYTES) -> None:
        """Empty a journal that has grown, at a moment when no message is being sent and every result is written."""
        if route.journal.size_bytes < least_bytes or not self.is_settled:
            return
        async with route.lock:
            for run in list(self._active.values()):
                if run is not None and not await run.flushed():
                    return
            if self._left:  # meanwhile, as the route was busy
                return
            await self._orm.run(sent_record.set_aside, route.journal.path)
            route.journal.reset()
