"""Random misbehavior at random points: every message ends once, and the results agree with what the relay holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.wire.smtp.pool import SmtpPool
from mailflatrate.wire.smtp.types import (
    OutcomeKind,
    OutgoingMessage,
    RelayConfig,
    RelayUnavailable,
    SendOutcome,
    Timeouts,
)
from support.fake_relay import ANY, DROP, DROP_AFTER, FakeRelay, Step, Trick

LETTERS = 12
STEPS = (Step.CONNECT, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA, Step.DATA_END, Step.RSET, Step.QUIT)
REFUSALS = ("450 4.2.1 later", "550 5.1.1 no", "552-5.2.2 full\n552 5.2.2 really")
ENDS = ("421 4.3.2 going down", DROP, DROP_AFTER, "banana", "250-half\n251 other")
FEATURES = st.sampled_from(
    [(), ("PIPELINING",), ("PIPELINING", "CHUNKING"), ("CHUNKING",), ("PIPELINING", "DSN", "SIZE 9999")]
)
ALL_ANSWERS = st.sampled_from(REFUSALS + ENDS)
SCRIPTS = st.dictionaries(st.tuples(st.sampled_from(STEPS), st.integers(0, LETTERS + 2)), ALL_ANSWERS, max_size=8)
REFUSED = st.dictionaries(
    st.tuples(st.sampled_from((Step.MAIL, Step.RCPT, Step.DATA, Step.DATA_END)), st.integers(0, LETTERS - 1)),
    st.sampled_from(REFUSALS),
    max_size=10,
)


def letters() -> Iterator[OutgoingMessage]:
    for number in range(LETTERS):
        yield OutgoingMessage(number, "b@bounce.example", f"dora{number}@people.example", b"Subject: Hi\r\n\r\nHi\r\n")


async def send_all(
    relay: FakeRelay, connections: int, per_connection: int
) -> tuple[dict[int, SendOutcome], dict[int, int]]:
    """Return the last result of each message, and how often its content was started; unsent messages are retried."""
    outcomes: dict[int, SendOutcome] = {}
    started: dict[int, int] = {}

    def on_outcome(outcome: SendOutcome) -> None:
        assert outcome.delivery_id not in outcomes, "two outcomes for one letter in one run"
        outcomes[outcome.delivery_id] = outcome

    def on_data_start(delivery_id: int) -> None:
        started[delivery_id] = started.get(delivery_id, 0) + 1

    config = RelayConfig("127.0.0.1", relay.port, chunking=True, timeouts=Timeouts(10, 10, 10, 10, 10, 10, 10, 10, 1))
    todo = {message.delivery_id: message for message in letters()}
    async with SmtpPool(
        config, connections, per_connection, first_pause_seconds=0.001, longest_pause_seconds=0.002
    ) as pool:
        while todo:
            try:
                await pool.send_many(iter(todo.values()), on_outcome, on_data_start)
            except RelayUnavailable as problem:
                await asyncio.sleep(problem.retry_after_seconds + 0.002)
            todo = {
                number: message
                for number, message in todo.items()
                if number not in outcomes or outcomes[number].kind is OutcomeKind.NOT_SENT
            }
            for number in todo:
                outcomes.pop(number, None)
    return outcomes, started


def check(relay: FakeRelay, outcomes: dict[int, SendOutcome], started: dict[int, int], doubts: int) -> None:
    held = [item.recipient for item in relay.received]
    assert len(held) == len(set(held)), "received twice"
    assert len(outcomes) == LETTERS
    for number, outcome in outcomes.items():
        there = f"dora{number}@people.example" in held
        if outcome.kind is OutcomeKind.ACCEPTED:
            assert there, outcome
        elif outcome.kind is not OutcomeKind.IN_DOUBT:
            assert not there, outcome
        assert started.get(number, 0) <= 1, "a content was started twice"
    assert sum(outcome.kind is OutcomeKind.IN_DOUBT for outcome in outcomes.values()) <= doubts


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FEATURES, SCRIPTS, st.integers(1, 3), st.integers(1, 20))
def test_never_lost_never_twice(
    features: tuple[str, ...], script: dict[tuple[Step, int], str | Trick], connections: int, per_connection: int
) -> None:
    async def main() -> None:
        async with FakeRelay(features) as relay:
            for (step, number), answer in script.items():
                relay.on(step, number, answer)
            async with asyncio.timeout(40):
                outcomes, started = await send_all(relay, connections, per_connection)
            ends = sum(answer in ENDS for answer in script.values())
            check(relay, outcomes, started, ends)

    uvloop.run(main())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FEATURES, REFUSED)
def test_each_refusal_meets_its_own_letter(features: tuple[str, ...], script: dict[tuple[Step, int], str]) -> None:
    """This uses one connection; the script goes by the recipient, so that the truth about each message is known."""
    order = [Step.RCPT, Step.DATA_END] if "CHUNKING" in features else [Step.RCPT, Step.DATA, Step.DATA_END]

    async def main() -> None:
        async with FakeRelay(features) as relay:
            expected: dict[int, tuple[Step, str]] = {}
            for step in reversed(order):
                for (scripted, number), answer in script.items():
                    if scripted is step:
                        relay.on(step, f"dora{number}@people.example", answer)
                        expected[number] = (step, answer)
            async with asyncio.timeout(40):
                outcomes, _ = await send_all(relay, 1, 100)
            check(relay, outcomes, {}, 0)
            assert relay.counts[Step.CONNECT] == 1
            for number, outcome in outcomes.items():
                if number not in expected:
                    assert outcome.kind is OutcomeKind.ACCEPTED
                    continue
                step, answer = expected[number]
                kind = OutcomeKind.DEFERRED if answer.startswith("4") else OutcomeKind.REJECTED
                assert (outcome.kind, outcome.stage.value, outcome.code) == (kind, step.value, int(answer[:3]))
                assert outcome.enhanced == answer[4:9]

    uvloop.run(main())


def test_a_relay_that_refuses_everyone_is_still_asked_about_each() -> None:
    async def main() -> None:
        async with FakeRelay(("PIPELINING",)) as relay:
            relay.on(Step.RCPT, ANY, "550 5.1.1 no")
            outcomes, started = await send_all(relay, 2, 5)
            assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.REJECTED}
            assert not started

    uvloop.run(main())
