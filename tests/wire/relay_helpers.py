"""Shared by the tests of the SMTP client: letters, a record of the callbacks, and the comparison with the relay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import uvloop

from mailflatrate.wire.smtp.pool import SmtpPool
from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, RelayConfig, SendOutcome, Timeouts
from support.fake_relay import FakeRelay

# Generous for a busy machine; a test that waits for one on purpose asks for HURRIED.
PATIENT = Timeouts(quit_seconds=3)
HURRIED = Timeouts(5, 1.0, 5, 1.0, 1.0, 1.0, 1.0, 5, 1.0)
STEP_BY_STEP = ("8BITMIME",)
PIPELINED = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 100000")
BDAT = ("PIPELINING", "CHUNKING")
BDAT_STEP_BY_STEP = ("CHUNKING",)
ALL_WAYS = [STEP_BY_STEP, PIPELINED, BDAT, BDAT_STEP_BY_STEP]


def letter(number: int, content: bytes = b"Subject: Hi\r\n\r\nDear Dora\r\n") -> OutgoingMessage:
    return OutgoingMessage(number, f"b+{number}@bounce.example", f"dora{number}@people.example", content)


def letters(count: int) -> Iterator[OutgoingMessage]:
    return (letter(number) for number in range(count))


class Record:
    """What the callbacks were told, in order."""

    def __init__(self) -> None:
        self.outcomes: dict[int, SendOutcome] = {}
        self.started: list[int] = []

    def on_outcome(self, outcome: SendOutcome) -> None:
        assert outcome.delivery_id not in self.outcomes, "two outcomes for one letter"
        self.outcomes[outcome.delivery_id] = outcome

    def on_data_start(self, delivery_id: int) -> None:
        self.started.append(delivery_id)

    def kinds(self) -> list[OutcomeKind]:
        return [self.outcomes[number].kind for number in sorted(self.outcomes)]


def run(main: Callable[[], Awaitable[None]]) -> None:
    """On uvloop, as in production."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await main()

    uvloop.run(bounded())


def config_for(relay: FakeRelay, **changes: object) -> RelayConfig:
    config = RelayConfig("127.0.0.1", relay.port, timeouts=PATIENT, chunking="CHUNKING" in relay.features)
    return replace(config, **changes)  # type: ignore[arg-type]


def pool_for(relay: FakeRelay, connections: int = 1, per_connection: int = 100, **changes: object) -> SmtpPool:
    return SmtpPool(config_for(relay, **changes), connections, per_connection, first_pause_seconds=0.05)


def check_truth(relay: FakeRelay, record: Record) -> None:
    """Check that the relay's messages were each reported ACCEPTED or IN_DOUBT, once; each ACCEPTED is there, once."""
    held = [item.recipient for item in relay.received]
    assert len(held) == len(set(held)), "received twice"
    for number, outcome in record.outcomes.items():
        there = f"dora{number}@people.example" in held
        if outcome.kind is OutcomeKind.ACCEPTED:
            assert there, outcome
        elif outcome.kind is not OutcomeKind.IN_DOUBT:
            assert not there, outcome
        if outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT}:
            assert number in record.started
