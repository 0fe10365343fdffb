"""Two senders, one chunk, and a database that crashes, gives leases up, and is replaced by a replica that is behind."""

from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Database
from mailflatrate.apps.delivery.send.start_marks import BegunMark, ChunkMarks
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.wire.smtp.types import OutcomeKind

ROWS = range(101, 109)
NOTHING = BegunMark(0, frozenset(), frozenset())


def blank(delivery_id: int) -> RecipientRow:
    return RecipientRow._make([delivery_id, *[None] * (len(RecipientRow._fields) - 1)])


@dataclass
class Rows:
    """What a server holds: deliveries that aren't pending, who has the chunk, and the mark with its run."""

    results: dict[int, str] = field(default_factory=dict)
    owner: int | None = None
    mark: BegunMark = NOTHING
    run_of_mark: int = 0

    @property
    def pending(self) -> list[int]:
        return [row for row in ROWS if row not in self.results]


@dataclass
class SenderHost:
    """A sender and its journal, which has True for a message that was accepted."""

    marks: ChunkMarks | None = None
    rows: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    journal: dict[int, bool] = field(default_factory=dict)


class Hosts:
    """The protocol of ADR 0093, with the marks of the product."""

    def __init__(self) -> None:
        self.now, self.disk, self.replica = Rows(), Rows(), Rows()
        self.run = 0
        self.held = False
        self.senders = [SenderHost(), SenderHost()]
        self.times = dict.fromkeys(ROWS, 0)  # content left

    def commit(self) -> None:
        """A commit that waits for the disk takes everything before it along."""
        self.disk = deepcopy(self.now)

    def claim(self, number: int) -> None:
        if self.held or self.now.owner is not None or not self.now.pending:
            return
        sender, rows = self.senders[number], self.now.pending
        claim = Claim(1, 10, 5, 7, [blank(row) for row in rows], {}, frozenset(rows))
        sender.marks = ChunkMarks(claim, "host.1.a.b", Database("none"), lambda: None, lambda: None)
        sender.rows, sender.waiting = rows, []
        self.now.owner, self.now.mark, self.now.run_of_mark = number, NOTHING, self.run
        self.commit()

    def send(self, number: int) -> None:
        """Take up a message, mark it, and begin its content if a check still allows that."""
        sender = self.senders[number]
        if sender.marks is None or not self.is_allowed(number):
            return
        if sender.rows:
            row = sender.rows.pop(0)
            sender.marks.take_up(row)
            sender.marks.want(row)
            sender.waiting.append(row)
        self.make_mark(number)

    def begin(self, number: int) -> None:
        sender = self.senders[number]
        ready = [row for row in sender.waiting if sender.marks is not None and sender.marks.is_begun(row)]
        if ready and self.is_allowed(number):
            sender.waiting.remove(ready[0])
            sender.begun.append(ready[0])
            sender.journal.setdefault(ready[0], False)
            self.times[ready[0]] += 1

    def work(self, number: int) -> None:
        """The usual way of a message, so that random events get far."""
        self.claim(number)
        self.send(number)
        self.begin(number)

    def reply(self, number: int) -> None:
        sender = self.senders[number]
        if not sender.begun:
            return
        row = sender.begun.pop(0)
        sender.journal[row] = True
        if sender.marks is not None:
            sender.marks.ended(row, OutcomeKind.ACCEPTED)
        if self.now.owner == number and not self.held:
            self.now.results[row] = "sent"
            self.commit()
            if sender.marks is not None:
                sender.marks.recorded([row])

    def is_allowed(self, number: int) -> bool:
        """The repeated check; it is newer than any lease that could have expired since."""
        if self.now.owner != number or self.held:
            self.senders[number].marks = None
            return False
        return True

    def make_mark(self, number: int) -> None:
        marks = self.senders[number].marks
        if marks is not None and self.is_allowed(number):
            coming, self.now.mark = marks.next_mark()
            self.now.run_of_mark = self.run
            marks.grant(coming)

    def heartbeat(self, number: int) -> None:
        if self.now.owner == number and self.now.run_of_mark != self.run:
            self.make_mark(number)

    def crash(self, _: int) -> None:
        self.now = deepcopy(self.disk)
        self.run += 1

    def give_up(self, number: int) -> None:
        """The other sender takes the lease for expired, whether its owner lives or not."""
        if self.held or self.now.owner is None or self.now.owner == number:
            return
        mark, is_whole = self.now.mark, self.is_believed
        for row in self.now.pending:
            is_unsent = row > mark.begun_to or row in mark.unsent
            if not is_whole or not is_unsent:
                self.now.results[row] = "unknown" if is_unsent or row in mark.under_way else "sent"
        self.now.owner = None
        self.commit()

    @property
    def is_believed(self) -> bool:
        return self.now.run_of_mark == self.run

    def follow(self, _: int) -> None:
        self.replica = deepcopy(self.now)

    def promote(self, _: int) -> None:
        self.now = deepcopy(self.replica)
        self.run += 1
        self.held = True
        self.commit()

    def resume(self, _: int) -> None:
        """Every sender has nothing under way and replays its journal; then its claims are given back."""
        if not self.held or any(sender.begun for sender in self.senders):
            return
        for sender in self.senders:
            sender.marks, sender.waiting = None, []
            for row, accepted in sender.journal.items():
                if row not in self.now.results or (accepted and self.now.results[row] == "unknown"):
                    self.now.results[row] = "sent" if accepted else "unknown"
        self.now.owner, self.held = None, False
        self.commit()


EVENTS = st.tuples(
    st.sampled_from(
        ["work"] * 5
        + ["claim", "send", "begin", "reply", "heartbeat", "crash", "give_up", "follow", "promote", "resume"]
    ),
    st.sampled_from([0, 1]),
)


@settings(max_examples=400, deadline=None)
@given(events=st.lists(EVENTS, max_size=40))
def test_no_content_leaves_twice_and_nothing_is_called_sent_that_did_not(events: list[tuple[str, int]]) -> None:
    hosts = Hosts()
    for name, number in events:
        getattr(hosts, name)(number)
        assert max(hosts.times.values()) <= 1, "twice"
        called_sent = {row for row, result in hosts.now.results.items() if result == "sent"}
        assert all(hosts.times[row] for row in called_sent), "lost"
