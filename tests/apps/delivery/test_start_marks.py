"""Whatever moment a sender's host is lost in, its last mark never calls a message unsent that may have arrived."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Database
from mailflatrate.apps.delivery.send.start_marks import BegunMark, ChunkMarks
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.wire.smtp.types import OutcomeKind
from support.waiting import wait_until_async

CONNECTIONS = 4
ROWS = range(101, 125)
REFUSED = (OutcomeKind.REJECTED, OutcomeKind.DEFERRED, OutcomeKind.NOT_SENT)


def blank(delivery_id: int) -> RecipientRow:
    return RecipientRow._make([delivery_id, *[None] * (len(RecipientRow._fields) - 1)])


class World:
    """A sender with some connections; what the relay got, what the database holds, and the last committed mark."""

    def __init__(self, *, at_once: bool = False) -> None:
        others = frozenset({103, 111})  # two rows of another variant
        self.rows = [row for row in ROWS if row not in others]
        claim = Claim(1, 10, 5, 7, [blank(row) for row in self.rows], {}, frozenset(ROWS))
        self.marks = ChunkMarks(claim, "host.1.a.b", Database("none"), lambda: None, lambda: None, at_once=at_once)
        self.waiting: list[int] = []  # on a connection, content not begun
        self.begun: list[int] = []
        self.accepted: set[int] = set()
        self.unknown: set[int] = set()
        self.noted: list[int] = []  # results that are not written yet
        self.recorded: set[int] = set()
        self.mark = self.on_disk = BegunMark(0, frozenset(), frozenset())
        self.run = self.run_of_mark = self.run_on_disk = 0
        self.on_its_way: tuple[list[int], BegunMark] | None = None

    def take(self, skipped: bool) -> None:
        if not self.rows:
            return
        row = self.rows.pop(0)
        self.marks.take_up(row)
        if skipped:
            self.noted.append(row)
        elif len(self.waiting) + len(self.begun) < CONNECTIONS:
            self.waiting.append(row)
            self.marks.want(row)

    def begin_to_mark(self) -> None:
        if self.on_its_way is None:
            self.on_its_way = self.marks.next_mark()

    def commit(self, learned: bool) -> None:
        """The database has the mark; the sender may learn of it later."""
        if self.on_its_way is not None:
            self.mark, self.run_of_mark = self.on_its_way[1], self.run
            if learned:
                self.marks.grant(self.on_its_way[0])
                self.on_its_way = None

    def begin(self) -> None:
        for row in list(self.waiting):
            if self.marks.is_begun(row):
                self.waiting.remove(row)
                self.begun.append(row)
                return

    def reply(self, kind: OutcomeKind) -> None:
        if self.begun:
            row = self.begun.pop(0)
            self.marks.ended(row, kind)
            if kind is OutcomeKind.NOT_SENT:  # refused to begin; it stays pending
                return
            {OutcomeKind.ACCEPTED: self.accepted, OutcomeKind.IN_DOUBT: self.unknown}.get(kind, set()).add(row)
            self.noted.append(row)

    def send(self) -> None:
        """The usual way of a message, so that random events get far."""
        self.take(False)
        self.begin_to_mark()
        self.commit(True)
        self.begin()

    def flush(self) -> None:
        """The write-ahead log reaches the disk."""
        self.on_disk, self.run_on_disk = self.mark, self.run_of_mark

    def crash(self) -> None:
        """The server loses what is not on its disk, and the sender does not learn what became of its statement."""
        self.mark, self.run_of_mark = self.on_disk, self.run_on_disk
        self.run += 1
        if self.on_its_way is not None:
            self.marks.put_back(self.on_its_way[0])
            self.on_its_way = None

    def heartbeat(self) -> None:
        """The sender's check on a new connection: a mark of an earlier run is made once more, before the lease."""
        if self.run_of_mark != self.run:
            self.marks.renew()
            if self.on_its_way is None:
                self.begin_to_mark()
                self.commit(True)

    @property
    def is_whole(self) -> bool:
        """Whether another sender believes the mark, as `lost_host` does."""
        return self.run_of_mark == self.run

    def record(self) -> None:
        self.marks.recorded(self.noted)
        self.recorded.update(self.noted)
        self.noted = []


EVENTS = st.one_of(
    st.tuples(st.just("take"), st.booleans()),
    st.tuples(st.just("begin_to_mark")),
    st.tuples(st.just("commit"), st.booleans()),
    st.tuples(st.just("begin")),
    st.tuples(st.just("reply"), st.sampled_from([OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT, *REFUSED])),
    st.tuples(st.just("record")),
    st.tuples(st.just("send")),
    st.tuples(st.just("flush")),
    st.tuples(st.just("crash")),
    st.tuples(st.just("heartbeat")),
)


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [False, True])
@settings(max_examples=300, deadline=None)
@given(events=st.lists(EVENTS, max_size=120))
def test_a_host_lost_at_any_moment(at_once: bool, events: list[tuple[object, ...]]) -> None:
    world = World(at_once=at_once)
    for name, *arguments in events:
        getattr(world, str(name))(*arguments)
        mark = world.mark
        pending = set(ROWS) - world.recorded
        above = {row for row in pending if row > mark.begun_to or row in mark.unsent}
        unsent, unknown = (
            (above, pending & mark.under_way) if world.is_whole else (set(), above | pending & mark.under_way)
        )
        called_sent = pending - unsent - unknown
        assert not unsent & (world.accepted | world.unknown | set(world.begun)), "would get it twice"
        not_over = {row for row in ROWS if row not in world.recorded | world.accepted}
        assert world.marks.first_open <= min(not_over, default=max(ROWS) + 1), "nobody would look at it"
        assert called_sent <= world.accepted, "would never get it"
        if at_once or not world.is_whole:
            continue  # then the journal tells what was begun
        assert len(unknown - world.unknown) <= CONNECTIONS + len(world.accepted & unknown)
        assert len(mark.under_way) <= CONNECTIONS + len(world.unknown), "unknown beyond the open connections"


def test_the_next_message_of_each_connection_is_marked_when_it_is_asked_for() -> None:
    world = World()
    world.take(False)
    world.begin_to_mark()
    world.begin()
    assert world.begun == [], "nothing begins before the mark is committed"
    world.commit(True)
    world.begin()
    assert world.begun == [101]


def test_beside_its_database_a_sender_marks_its_claim_once_and_before_the_first_message() -> None:
    world = World(at_once=True)
    rows = list(world.rows)
    world.take(False)
    world.begin()
    assert world.begun == [], "nothing begins before the mark is committed"
    world.begin_to_mark()
    world.commit(True)
    assert world.mark == BegunMark(rows[-1], frozenset(rows), frozenset({103, 111}))
    for _ in rows:
        world.take(False)
        world.begin()
        world.reply(OutcomeKind.ACCEPTED)
    assert world.accepted == set(rows)
    assert world.marks.next_mark()[0] == [], "nobody asked for another mark"


class CountingDatabase(Database):
    """Commits every mark at once and counts them."""

    committed = 0

    async def repeat(self, account_id: int, statement: bytes, parameters: Sequence[bytes]) -> int:
        await asyncio.sleep(0)
        self.committed += 1
        return 1


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("turns", range(8))
def test_the_task_ends_whenever_the_chunk_ends(at_once: bool, turns: int) -> None:
    async def end_after_some_turns() -> int:
        database = CountingDatabase("none")
        rows = [blank(row) for row in ROWS]
        claim = Claim(1, 10, 5, 7, rows, {}, frozenset(ROWS))
        marks = ChunkMarks(claim, "host.1.a.b", database, lambda: None, lambda: None, at_once=at_once)
        running = asyncio.create_task(marks.run())
        marks.want(ROWS[0])
        for _ in range(turns):
            await asyncio.sleep(0)
        marks.want(ROWS[1])  # joins the mark that gathers, or asks for another
        marks.end()
        async with asyncio.timeout(5):
            await running
        return database.committed

    assert asyncio.run(end_after_some_turns()) <= 2


def test_no_content_leaves_between_a_crash_of_the_server_and_the_next_mark() -> None:
    world = World(at_once=False)
    world.send()
    (row,) = world.begun
    assert world.marks.is_begun(row)
    world.begin_to_mark()
    world.marks.renew()
    world.commit(True)
    assert not world.marks.is_begun(row), "this mark may be lost, too"
    world.begin_to_mark()
    world.commit(True)
    assert world.marks.is_begun(row)


def test_marks_are_made_again_for_the_servers_next_run_though_no_message_asks() -> None:
    async def renew() -> tuple[int, int]:
        database = CountingDatabase("none")
        claim = Claim(1, 10, 5, 7, [blank(row) for row in ROWS], {}, frozenset(ROWS))
        marks = ChunkMarks(claim, "host.1.a.b", database, lambda: None, lambda: None)
        running = asyncio.create_task(marks.run())
        await asyncio.sleep(0)
        before = database.committed
        marks.renew()
        await wait_until_async(lambda: database.committed > before, "the marks are committed")
        marks.end()
        await running
        return before, database.committed

    assert asyncio.run(renew()) == (0, 1)
