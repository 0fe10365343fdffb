"""The marks of one claimed chunk: the database learns of each message before it begins (ADR 0002).

A message's content may be sent once a mark that covers it is committed. While one mark is in flight, further messages
collect for the next one, so a busier sender puts more messages into each statement. A sender on the same machine as its
database marks the whole claim with the first mark (ADR 0002).
"""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic
from typing import NamedTuple

from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Database, DatabaseGone
from mailflatrate.wire.smtp_types import OutcomeKind

_MARK = b"""
UPDATE begun SET begun_to = $1::bigint, under_way = $2::bigint[], unsent = $3::bigint[],
    server_run = (SELECT run FROM server_run)
WHERE chunk_id = $4::bigint AND account_id = $5::bigint AND claimed_by = $6
"""
RETRY_SECONDS = 0.2
GATHER_SECONDS = 0.002
"""This wait lets one mark serve most connections; each costs the processor time of a few messages' other rows."""
SOON_SECONDS = 0.004
"""A relay that answers within this is worth waiting for; for one that's further away, a wait would only add to it."""


class BegunMark(NamedTuple):
    """The values of one mark, as written to `models.Begun`."""

    begun_to: int
    under_way: frozenset[int]
    unsent: frozenset[int]


class ChunkMarks:
    """Tracks which deliveries of a chunk are begun, and which may begin. `run` is a task that lasts while the chunk is
    sent.

    `on_granted` is called when some may begin; `on_lost` when the chunk now belongs to another sender. `at_once`: one
    mark declares every message of the claim begun, and only the journal knows which of them really are.
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
        """Record that a delivery is being processed.

        Call it once for each delivery, in ascending order the first time.
        """
        self._open.add(delivery_id)
        self._begun_to = max(self._begun_to, delivery_id)

    @property
    def first_open(self) -> int:
        """Return the ID below which every delivery is finished, as far as this claim can tell."""
        return min((self._begun_to + 1, *self._open))

    def is_open(self, delivery_id: int) -> bool:
        """Return True if a delivery was not taken up yet, or has no result that is accepted or recorded."""
        return delivery_id > self._begun_to or delivery_id in self._open

    def is_begun(self, delivery_id: int) -> bool:
        """Return True if the delivery's content may be sent."""
        return delivery_id in self._under_way and not self._is_distrusted

    def want(self, delivery_id: int) -> None:
        """Request a mark for a delivery, unless one is already requested."""
        if delivery_id not in self._asked:
            self._asked.add(delivery_id)
            self._wanted.append(delivery_id)
            self._wake.set()

    def renew(self) -> None:
        """Commit the marks once more, because the server has crashed and may have lost the last of them.

        Until that has happened, no content may leave.
        """
        self._is_stale = self._is_distrusted = True
        self._wake.set()

    def ended(self, delivery_id: int, kind: OutcomeKind) -> None:
        """Record that the relay answered or the message was returned.

        A delivery with an unknown result stays open until that result is recorded.
        """
        if kind is OutcomeKind.IN_DOUBT:
            return
        self._under_way.discard(delivery_id)
        self._asked.discard(delivery_id)
        self._reply_seconds += (monotonic() - self._granted_at - self._reply_seconds) / 8
        if kind is OutcomeKind.ACCEPTED:
            self._open.discard(delivery_id)

    def recorded(self, delivery_ids: list[int]) -> None:
        """Record that these results are in the database."""
        self._open.difference_update(delivery_ids)
        self._under_way.difference_update(delivery_ids)

    def next_mark(self) -> tuple[list[int], BegunMark]:
        """Return the deliveries that wait for permission, and the mark to commit before calling `grant` for them."""
        coming, self._wanted, self._is_stale = self._wanted, [], False
        under_way = frozenset(self._under_way.union(coming))
        begun_to = max(self._begun_to, self._marked_to)
        return coming, BegunMark(begun_to, under_way, frozenset(self._open - under_way))

    def grant(self, coming: list[int]) -> None:
        """Allow these deliveries to begin, now that their mark is committed."""
        self._under_way.update(coming)
        self._is_distrusted = self._is_distrusted and self._is_stale
        self._granted_at = monotonic()

    def put_back(self, coming: list[int]) -> None:
        """Ask again for these deliveries, because it is unknown whether their mark was committed."""
        self._wanted, self._is_stale = [*coming, *self._wanted], True

    async def run(self) -> None:
        """Commit requested marks in a loop."""
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
        """Let every message that's about to request a mark join this one.

        These follow replies that have already arrived and, if replies arrive soon, those still under way.
        """
        if len(self._under_way) > len(self._wanted) and self._reply_seconds < SOON_SECONDS:
            await asyncio.sleep(GATHER_SECONDS)
        gathered = 0
        while len(self._wanted) > gathered:
            gathered = len(self._wanted)
            await asyncio.sleep(0)

    def end(self) -> None:
        """Stop accepting requests: `run` returns once the mark in flight is committed."""
        self._over = True
        self._wake.set()

    async def _commit(self, mark: BegunMark) -> bool:
        """Commit a mark. Return False if the chunk belongs to another sender."""
        parameters = [b"%d" % mark.begun_to, _array(mark.under_way), _array(mark.unsent), *self._row]
        return await self._database.repeat(self._claim.account_id, _MARK, parameters) == 1


def _array(numbers: Iterable[int]) -> bytes:
    """Return an array in PostgreSQL's notation."""
    return b"{%s}" % ",".join(map(str, numbers)).encode()
