"""The marks of one claimed chunk: the database learns of each message before it begins (ADR 0002). While one mark is
in flight, further messages collect for the next. On the database's own machine, the first mark covers the whole
claim.
"""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic
from typing import NamedTuple

from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Database, DatabaseGone
from mailflatrate.wire.smtp.types import OutcomeKind

_MARK = b"""
UPDATE begun SET begun_to = $1::bigint, under_way = $2::bigint[], unsent = $3::bigint[],
    server_run = (SELECT run FROM server_run)
WHERE chunk_id = $4::bigint AND account_id = $5::bigint AND claimed_by = $6
"""
RETRY_SECONDS = 0.2
GATHER_SECONDS = 0.002
"""Lets one mark serve most connections; each costs as much as a few messages' other rows."""
SOON_SECONDS = 0.004
"""A relay that answers within this is worth waiting for."""


class BegunMark(NamedTuple):
    begun_to: int
    under_way: frozenset[int]
    unsent: frozenset[int]


class ChunkMarks:
    """Which deliveries of a chunk are begun, and which may begin. `on_lost`: the chunk belongs to another sender.
    `at_once`: one mark covers the claim, and only the journal knows what really began.
    """

    def __init__(
        self, claim: Claim, name: str, database: Database, on_granted: Callable[[], None], on_lost: Callable[[], None],
        *, at_once: bool = False,
    ) -> None:  # fmt: skip
        self._claim, self._database = claim, database
        self._row = [b"%d" % claim.chunk_id, b"%d" % claim.account_id, name.encode()]
        self._on_granted, self._on_lost = on_granted, on_lost
        self._begun_to = 0
        # Without an accepted or recorded result: those this claim leaves for later, and what it takes up.
        self._open: set[int] = set(claim.pending) - {row.delivery_id for row in claim.rows}
        self._under_way: set[int] = set()
        self._wanted = [row.delivery_id for row in claim.rows] if at_once else []
        self._asked = set(self._wanted)
        self._marked_to = max(self._wanted, default=0)
        self._wake = asyncio.Event()
        self._over = self._is_stale = self._is_distrusted = False
        self._granted_at = 0.0
        self._reply_seconds = 0.0
        if at_once:
            self._wake.set()

    def take_up(self, delivery_id: int) -> None:
        """Once for each delivery, in ascending order the first time."""
        self._open.add(delivery_id)
        self._begun_to = max(self._begun_to, delivery_id)

    @property
    def first_open(self) -> int:
        """Every delivery below it is finished, as far as this claim can tell."""
        return min((self._begun_to + 1, *self._open))

    def is_open(self, delivery_id: int) -> bool:
        """True if not taken up yet, or without a result that is accepted or recorded."""
        return delivery_id > self._begun_to or delivery_id in self._open

    def is_begun(self, delivery_id: int) -> bool:
        """True if its content may be sent."""
        return delivery_id in self._under_way and not self._is_distrusted

    def want(self, delivery_id: int) -> None:
        if delivery_id not in self._asked:
            self._asked.add(delivery_id)
            self._wanted.append(delivery_id)
            self._wake.set()

    def renew(self) -> None:
        """The server crashed and may have lost the last marks: no content leaves until they are committed again."""
        self._is_stale = self._is_distrusted = True
        self._wake.set()

    def ended(self, delivery_id: int, kind: OutcomeKind) -> None:
        if kind is OutcomeKind.IN_DOUBT:
            return
        self._under_way.discard(delivery_id)
        self._asked.discard(delivery_id)
        self._reply_seconds += (monotonic() - self._granted_at - self._reply_seconds) / 8
        if kind is OutcomeKind.ACCEPTED:
            self._open.discard(delivery_id)

    def recorded(self, delivery_ids: list[int]) -> None:
        self._open.difference_update(delivery_ids)
        self._under_way.difference_update(delivery_ids)

    def next_mark(self) -> tuple[list[int], BegunMark]:
        coming, self._wanted, self._is_stale = self._wanted, [], False
        under_way = frozenset(self._under_way.union(coming))
        begun_to = max(self._begun_to, self._marked_to)
        return coming, BegunMark(begun_to, under_way, frozenset(self._open - under_way))

    def grant(self, coming: list[int]) -> None:
        """Call it once their mark is committed."""
        self._under_way.update(coming)
        self._is_distrusted = self._is_distrusted and self._is_stale
        self._granted_at = monotonic()

    def put_back(self, coming: list[int]) -> None:
        """For when it is unknown whether their mark was committed."""
        self._wanted, self._is_stale = [*coming, *self._wanted], True

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()  # before anything is awaited, so that an end or a request meanwhile is not lost
            if not self._over:
                await self._gather()
            if self._over:
                return
            if not self._wanted and not self._is_stale:
                continue
            coming, mark = self.next_mark()
            try:
                held = await self._commit(mark)
            except DatabaseGone:
                self.put_back(coming)
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()
                continue
            if not held:
                self._on_lost()
                return
            self.grant(coming)
            self._on_granted()

    async def _gather(self) -> None:
        """Messages join that follow replies already here and, if they arrive soon, those under way."""
        if len(self._under_way) > len(self._wanted) and self._reply_seconds < SOON_SECONDS:
            await asyncio.sleep(GATHER_SECONDS)
        gathered = 0
        while len(self._wanted) > gathered:
            gathered = len(self._wanted)
            await asyncio.sleep(0)

    def end(self) -> None:
        """`run` returns once the mark in flight is committed."""
        self._over = True
        self._wake.set()

    async def _commit(self, mark: BegunMark) -> bool:
        """False if the chunk belongs to another sender."""
        parameters = [b"%d" % mark.begun_to, _array(mark.under_way), _array(mark.unsent), *self._row]
        return await self._database.repeat(self._claim.account_id, _MARK, parameters) == 1


def _array(numbers: Iterable[int]) -> bytes:
    return b"{%s}" % ",".join(map(str, numbers)).encode()
