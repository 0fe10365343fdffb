"""A message that was composed and not begun is never lost, never begun twice, and never older than it may be."""

import asyncio
import gc
import weakref
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.apps.delivery.planning.editions import EditionMail
from mailflatrate.apps.delivery.send.chunk import ChunkRun
from mailflatrate.apps.delivery.send.chunk_composer import CampaignWriter, DraftedMessage
from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.compose_ahead import SignedAhead
from mailflatrate.apps.delivery.send.database import Database
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.apps.gate import permits
from mailflatrate.apps.gate.permits import Permit
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.mail.message.compose import MessageDraft
from mailflatrate.mail.signing.dkim import PendingSignature, Signer, generate_key
from mailflatrate.mail.signing.rsa_key import OpenSslSigner, SigningTask
from mailflatrate.settings.schema import load_settings

KEEP = 0.9
KEY = Signer("shop.example", "s1", generate_key()[0]).key


def row(number: int) -> RecipientRow:
    known: list[object] = [number, 1, 1, 1, 0, 1, f"dora{number}@people.example", *[None] * 14, False]
    return RecipientRow(*known)  # type: ignore[arg-type]


class Slow(OpenSslSigner):
    """Takes `width` at once and signs nothing, so that thousands of cases are quick; fails when told to."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width  # type: ignore[misc]
        self.fails = False

    def sign(self, tasks: list[SigningTask]) -> list[bytes]:  # type: ignore[override]
        if self.fails:
            raise RuntimeError("out of order")
        assert len(tasks) <= self.width
        return [b"s" * 256 for _ in tasks]


@dataclass
class World:
    """What a chunk does around its messages: looks that find changes, lanes that wait, time that passes."""

    width: int
    now: float = 0.0
    changed: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    dealt_with: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    granted: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = deque(row(number) for number in range(30))
        self.signer = Slow(self.width)
        self.ahead = SignedAhead(self.rows, self.signer, lambda: self.now, keep_seconds=KEEP)

    def is_overtaken(self, row: RecipientRow) -> bool:
        return row.delivery_id in self.changed

    def draft(self, row: RecipientRow) -> DraftedMessage | None:
        number = row.delivery_id
        self.changed.discard(number)
        if number in self.refused:
            self.dealt_with.append(number)
            return None
        self.granted[number] = self.now
        permit = permits._grant(number, permits.Basis.CONSENT, 1, datetime.now(UTC))
        unsigned = (PendingSignature(b"DKIM-Signature: b=", KEY, b"d" * 32),)
        return DraftedMessage(
            permit, MessageDraft("b@bounce.example", row.email or "", (b"\r\n",), unsigned, "<1@x>", False)
        )

    def take(self) -> bool:
        taken = self.ahead.take(self)
        if taken is None:
            return False
        assert (
            type(taken.permit) is Permit
            and taken.message.envelope_to == f"dora{taken.permit.delivery_id}@people.example"
        )
        number = taken.permit.delivery_id
        assert number not in self.refused, "a no wins over what is signed already"
        assert self.now - self.granted[number] < KEEP, "no permit is older than a look may be"
        self.begun.append(number)
        return True

    def refuse(self, number: int) -> None:
        """A look finds that this person said no."""
        if number not in self.begun:
            self.refused.add(number)
            self.changed.add(number)

    def everyone(self) -> Counter[int]:
        """Where each row is: begun, dealt with, or still to come."""
        self.ahead.give_back()
        return Counter([*self.begun, *self.dealt_with, *(each.delivery_id for each in self.rows)])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(1, 9)),
        st.tuples(st.just("ahead"), st.just(0)),
        st.tuples(st.just("refuse"), st.integers(0, 29)),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 0.5, 0.95])),
        st.tuples(st.just("give back"), st.just(0)),
        st.tuples(st.just("break"), st.just(0)),
    ),
    max_size=40,
)


@given(steps=STEPS, width=st.sampled_from([1, 3, 8]))
@settings(max_examples=150, deadline=None)
def test_whatever_happens_everyone_is_in_one_place(steps: list[tuple[str, float]], width: int) -> None:
    world = World(width)
    for step, argument in steps:
        world.signer.fails = step == "break"
        if step == "take":
            for _ in range(int(argument)):
                world.take()
        elif step == "ahead":
            world.ahead.fill(world)
        elif step == "refuse":
            world.refuse(int(argument))
        elif step == "wait":
            world.now += argument
        elif step == "give back":
            world.ahead.give_back()
        elif world.ahead.is_empty and world.rows:
            left = len(world.rows)
            refused = len(world.dealt_with)
            try:
                world.ahead.fill(world)
            except RuntimeError:
                assert len(world.rows) + len(world.dealt_with) - refused == left
    world.signer.fails = False
    assert world.everyone() == Counter(range(30))
    while world.take():
        pass
    assert world.begun == sorted(world.begun), "in their order"
    assert Counter([*world.begun, *world.dealt_with]) == Counter(range(30))


def test_no_more_is_signed_than_the_next_batch() -> None:
    world = World(8)
    world.take()
    assert len(world.granted) == 8
    world.now += KEEP
    world.take()
    assert world.begun == [0, 1] and len(world.rows) == 30 - 9


def test_a_signer_that_fails_is_heard_where_the_message_is_asked_for() -> None:
    world = World(8)
    world.signer.fails = True
    with pytest.raises(RuntimeError, match="out of order"):
        world.take()
    assert world.everyone() == Counter(range(30))


def test_a_chunk_that_is_done_is_freed_without_a_search_for_cycles(tmp_path: Path) -> None:
    """Each holds a thousand rows, and no cycle search runs during a campaign."""

    async def is_freed() -> bool:
        claim = Claim(1, 1, 1, 1, [row(number) for number in range(10)], {})
        journal = Journal(tmp_path)
        writer, links = CampaignWriter(EditionMail(1, "Anna", "4K7Q-92XD-E", "en", {}, {})), Database("test")
        policy = retry_policy(load_settings())
        run = ChunkRun(claim, writer, journal, links, links, policy, OpenSslSigner(), 0.0)
        gone = weakref.ref(run)
        del run
        journal.close(settled=True)
        return gone() is None

    gc.disable()
    try:
        assert asyncio.run(is_freed())
    finally:
        gc.enable()
