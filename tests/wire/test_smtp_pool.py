"""The client and its pool against a relay that misbehaves on order: each stage, each outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import pytest
import uvloop

from fake_relay import ANY, DROP, DROP_AFTER, HANG, FakeRelay, Step
from mailflatrate.wire.smtp_pool import SmtpPool
from mailflatrate.wire.smtp_types import (
    OutcomeKind,
    OutgoingMessage,
    RelayConfig,
    RelayUnavailable,
    SendOutcome,
    Stage,
    Timeouts,
)

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
        assert outcome.letter_id not in self.outcomes, "two outcomes for one letter"
        self.outcomes[outcome.letter_id] = outcome

    def on_data_start(self, letter_id: int) -> None:
        self.started.append(letter_id)

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
    """Each letter the relay holds was reported ACCEPTED or IN_DOUBT, once; each ACCEPTED one is there, once."""
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


@pytest.mark.parametrize("features", ALL_WAYS)
@pytest.mark.parametrize("connections", [1, 4])
def test_it_delivers_everything(features: tuple[str, ...], connections: int) -> None:
    async def main() -> None:
        async with FakeRelay(features) as relay:
            record = Record()
            async with pool_for(relay, connections, 7) as pool:
                summary = await pool.send_many(letters(50), record.on_outcome, record.on_data_start)
            assert summary.by_kind == {OutcomeKind.ACCEPTED: 50}
            assert sorted(item.recipient for item in relay.received) == sorted(
                f"dora{number}@people.example" for number in range(50)
            )
            assert all(item.content == letter(0).content for item in relay.received)
            assert "RSET" not in relay.commands
            outcome = record.outcomes[0]
            assert (outcome.code, outcome.enhanced, outcome.text) == (250, "2.0.0", "queued")
            assert outcome.remote_host == f"127.0.0.1:{relay.port}"
            check_truth(relay, record)

    run(main)


@pytest.mark.parametrize("features", ALL_WAYS)
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.DATA_END])
@pytest.mark.parametrize(
    ("answer", "kind"), [("550 5.1.1 no", OutcomeKind.REJECTED), ("450 4.2.1 later", OutcomeKind.DEFERRED)]
)
def test_a_refusal_belongs_to_its_letter_and_the_next_ones_go_on(
    features: tuple[str, ...], step: Step, answer: str, kind: OutcomeKind
) -> None:
    if step is Step.DATA and "CHUNKING" in features:
        pytest.skip("BDAT has no such stage")

    async def main() -> None:
        async with FakeRelay(features) as relay:
            relay.on(step, 2, answer)
            record = Record()
            async with pool_for(relay) as pool:
                await pool.send_many(letters(6), record.on_outcome, record.on_data_start)
            expected = [OutcomeKind.ACCEPTED] * 6
            expected[2] = kind
            assert record.kinds() == expected
            outcome = record.outcomes[2]
            assert outcome.code == int(answer[:3])
            assert outcome.enhanced == answer[4:9]
            assert outcome.stage.value == step.value
            assert relay.counts[Step.CONNECT] == 1
            check_truth(relay, record)

    run(main)


def test_pipelining_waits_once_a_letter() -> None:
    async def main() -> None:
        for features in (PIPELINED, BDAT):
            async with FakeRelay(features) as relay:
                async with pool_for(relay) as pool:
                    await pool.send_many(letters(50), lambda _: None)
                # EHLO, the first envelope and QUIT come on top of one write for each letter.
                assert relay.bursts <= 50 + 3

    run(main)


def test_a_lone_dot_ends_the_data_that_a_relay_wants_after_refusing_the_recipient() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            relay.on(Step.RCPT, "dora1@people.example", "550 5.1.1 no")
            relay.on(Step.DATA, 1, "354 go on all the same")
            record = Record()
            async with pool_for(relay) as pool:
                await pool.send_many(letters(4), record.on_outcome, record.on_data_start)
            assert record.kinds() == [
                OutcomeKind.ACCEPTED,
                OutcomeKind.REJECTED,
                OutcomeKind.ACCEPTED,
                OutcomeKind.ACCEPTED,
            ]
            assert 1 not in record.started
            check_truth(relay, record)

    run(main)


@pytest.mark.parametrize("features", ALL_WAYS)
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.DATA_END, Step.RSET])
@pytest.mark.parametrize("trick", [DROP, DROP_AFTER, HANG, "421 4.3.2 going down", "xyz", "221 what"])
def test_a_lost_connection_never_loses_or_doubles_a_letter(features: tuple[str, ...], step: Step, trick: str) -> None:
    async def main() -> None:
        async with FakeRelay(features) as relay:
            relay.on(step, 2 if step is not Step.RSET else 0, trick)
            relay.on(Step.RCPT, "dora1@people.example", "550 5.1.1 no")
            record = Record()
            timeouts = HURRIED if trick is HANG else PATIENT
            async with pool_for(relay, 2, timeouts=timeouts) as pool:
                await pool.send_many(letters(8), record.on_outcome, record.on_data_start)
            assert len(record.outcomes) == 8
            check_truth(relay, record)
            doubts = record.kinds().count(OutcomeKind.IN_DOUBT)
            assert doubts <= 1
            assert record.kinds().count(OutcomeKind.NOT_SENT) == 0

    run(main)


def test_a_dropped_connection_after_the_final_dot_leaves_one_letter_in_doubt() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            relay.on(Step.DATA_END, "dora3@people.example", DROP_AFTER)
            record = Record()
            async with pool_for(relay) as pool:
                await pool.send_many(letters(6), record.on_outcome, record.on_data_start)
            assert record.outcomes[3].kind is OutcomeKind.IN_DOUBT
            assert record.outcomes[3].stage is Stage.DATA_END
            assert record.outcomes[3].code == 0
            assert record.kinds().count(OutcomeKind.ACCEPTED) == 5
            check_truth(relay, record)

    run(main)


def test_a_421_lowers_the_concurrency() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            record = Record()
            async with pool_for(relay, 4) as pool:
                await pool.send_many(letters(40), record.on_outcome)
                assert pool.connection_limit == 4
                relay.on(Step.RCPT, "dora2@people.example", "421 4.7.0 slow down")
                again = Record()
                await pool.send_many(letters(20), again.on_outcome)
                assert pool.connection_limit < 4
            assert again.outcomes[2].kind is OutcomeKind.DEFERRED
            assert again.outcomes[2].code == 421
            assert again.kinds().count(OutcomeKind.ACCEPTED) == 19

    run(main)


def test_a_relay_that_is_down_takes_no_letter_from_the_source_and_works_when_it_is_back() -> None:
    async def main() -> None:
        relay = FakeRelay(PIPELINED)
        await relay.start()
        await relay.stop()
        record = Record()
        source = letters(5)
        pool = pool_for(relay, 2)
        with pytest.raises(RelayUnavailable) as caught:
            await pool.send_many(source, record.on_outcome)
        assert caught.value.stage is Stage.CONNECT
        assert caught.value.retry_after_seconds > 0
        with pytest.raises(RelayUnavailable):  # the pause: no second attempt yet
            await pool.send_many(source, record.on_outcome)
        assert record.outcomes == {}
        await relay.start()
        await asyncio.sleep(0.1)
        await pool.send_many(source, record.on_outcome)
        assert record.kinds() == [OutcomeKind.ACCEPTED] * 5
        await pool.close()
        await relay.stop()

    run(main)


def test_a_relay_that_goes_down_in_the_middle_leaves_the_rest_with_the_source() -> None:
    async def main() -> None:
        relay = FakeRelay(PIPELINED)
        await relay.start()
        record = Record()
        going: list[asyncio.Future[None]] = []

        def source() -> Iterator[OutgoingMessage]:
            for number in range(200):
                if number == 60:
                    going.append(asyncio.ensure_future(relay.stop()))
                yield letter(number)

        source_ = source()
        async with pool_for(relay, 3) as pool:
            with pytest.raises(RelayUnavailable):
                await pool.send_many(source_, record.on_outcome, record.on_data_start)
            await going[0]
            left = list(source_)
            assert len(left) + len(record.outcomes) == 200
            assert left
            assert record.kinds().count(OutcomeKind.IN_DOUBT) <= 3
            check_truth(relay, record)

    run(main)


@pytest.mark.parametrize(
    ("step", "answer", "stage"),
    [
        (Step.CONNECT, "554 5.7.1 go away", Stage.GREETING),
        (Step.CONNECT, "421 4.3.2 busy", Stage.GREETING),
        (Step.CONNECT, HANG, Stage.GREETING),
        (Step.CONNECT, DROP, Stage.GREETING),
        (Step.EHLO, "550 no", Stage.EHLO),
        (Step.EHLO, DROP, Stage.EHLO),
    ],
)
def test_a_relay_that_refuses_us_is_unavailable(step: Step, answer: str, stage: Stage) -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            relay.on(step, ANY, answer)
            record = Record()
            source = letters(3)
            async with pool_for(relay, timeouts=HURRIED if answer is HANG else PATIENT) as pool:
                with pytest.raises(RelayUnavailable) as caught:
                    await pool.send_many(source, record.on_outcome)
            assert caught.value.stage is stage
            if isinstance(answer, str):
                assert caught.value.code == int(answer[:3])
            assert record.outcomes == {}
            assert len(list(source)) == 3

    run(main)


def test_a_relay_that_drops_every_letter_is_unavailable_and_its_letters_are_not_sent() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            relay.on(Step.MAIL, ANY, DROP)
            record = Record()
            async with pool_for(relay, 3) as pool:
                with pytest.raises(RelayUnavailable):
                    await pool.send_many(letters(20), record.on_outcome)
            assert set(record.kinds()) == {OutcomeKind.NOT_SENT}
            assert len(record.outcomes) <= 3
            assert relay.counts[Step.CONNECT] <= 4

    run(main)


def test_an_old_server_is_greeted_with_helo() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            relay.on(Step.EHLO, ANY, "502 5.5.1 what")
            record = Record()
            async with pool_for(relay) as pool:
                await pool.send_many(letters(3), record.on_outcome)
            assert record.kinds() == [OutcomeKind.ACCEPTED] * 3
            assert "HELO localhost" in relay.commands

    run(main)


def test_parameters_go_where_they_are_offered() -> None:
    async def main() -> None:
        message = replace(letter(0), envid="7ZK3-1+a")
        async with FakeRelay(PIPELINED) as relay, pool_for(relay) as pool:
            await pool.send_many(iter([message]), lambda _: None)
            assert relay.received[0].parameters == (
                f"SIZE={len(message.content)} RET=HDRS ENVID=7ZK3-1+2Ba NOTIFY=FAILURE,DELAY"
            )
        async with FakeRelay(()) as relay, pool_for(relay) as pool:
            await pool.send_many(iter([message]), lambda _: None)
            assert relay.received[0].parameters.strip() == ""
        eight_bit = letter(0, "Subject: Hi\r\n\r\nGrüße\r\n".encode())
        async with FakeRelay(PIPELINED) as relay, pool_for(relay) as pool:
            await pool.send_many(iter([eight_bit]), lambda _: None)
            assert "BODY=8BITMIME" in relay.received[0].parameters
        international = OutgoingMessage(0, "b@bounce.example", "döra@people.example", letter(0).content)
        async with FakeRelay(PIPELINED) as relay, pool_for(relay) as pool:
            await pool.send_many(iter([international]), lambda _: None)
            assert "SMTPUTF8" in relay.received[0].parameters
            assert relay.received[0].recipient == "döra@people.example"

    run(main)


@pytest.mark.parametrize(
    ("message", "enhanced"),
    [
        (OutgoingMessage(0, "b@bounce.example", "döra@people.example", b"x\r\n"), "5.6.7"),
        (replace(letter(0), utf8_headers=True), "5.6.7"),
        (letter(0, b"\xff\r\n"), "5.6.3"),
        (letter(0, b"x" * 500 + b"\r\n"), "5.3.4"),
        (letter(0, b"no line end"), "5.6.0"),
        (letter(0, b""), "5.6.0"),
        (OutgoingMessage(0, "b@bounce.example", "dora@people.example>\r\nDATA", b"x\r\n"), "5.1.3"),
        (OutgoingMessage(0, "b@bounce.example", "dora@people.example> SIZE=1", b"x\r\n"), "5.1.3"),
        (OutgoingMessage(0, "b@bounce\n.example", "dora@people.example", b"x\r\n"), "5.1.7"),
    ],
)
def test_what_the_relay_cannot_take_is_refused_here(message: OutgoingMessage, enhanced: str) -> None:
    async def main() -> None:
        async with FakeRelay(("PIPELINING", "SIZE 400")) as relay:
            record = Record()
            async with pool_for(relay) as pool:
                await pool.send_many(iter([message, letter(1)]), record.on_outcome, record.on_data_start)
            outcome = record.outcomes[0]
            assert (outcome.kind, outcome.stage, outcome.enhanced) == (OutcomeKind.REJECTED, Stage.LOCAL, enhanced)
            assert record.started == [1]
            assert len(relay.received) == 1

    run(main)


def test_lines_that_begin_with_a_dot_arrive_as_they_were() -> None:
    content = b".first\r\n..two\r\n.\r\nMAIL FROM:<eve@spam.example>\r\n"

    async def main() -> None:
        for features in ALL_WAYS:
            async with FakeRelay(features) as relay, pool_for(relay) as pool:
                await pool.send_many(iter([letter(0, content), letter(1)]), lambda _: None)
                assert relay.received[0].content == content
                assert len(relay.received) == 2

    run(main)


def test_limits_of_a_connection_are_kept() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            async with pool_for(relay, 1, 5) as pool:
                await pool.send_many(letters(20), lambda _: None)
            assert relay.counts[Step.CONNECT] >= 4
            assert relay.counts[Step.QUIT] >= 4
            assert relay.most_sessions <= 2
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, connection_lifetime_seconds=0.2) as pool:
            await pool.send_many(letters(3), lambda _: None)
            await asyncio.sleep(0.3)
            await pool.send_many(letters(3), lambda _: None)
            assert relay.counts[Step.CONNECT] >= 2
            assert len(relay.received) == 6

    run(main)


def test_connections_stay_warm_and_concurrency_is_bounded() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 3) as pool:
            await pool.send_many(letters(1), lambda _: None)
            assert relay.counts[Step.CONNECT] == 1
            await pool.send_many(letters(60), lambda _: None)
            await pool.send_many(letters(60), lambda _: None)
            assert relay.most_sessions == 3
            assert relay.counts[Step.CONNECT] == 3

    run(main)


def test_a_warm_connection_that_the_relay_closed_costs_no_letter() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay) as pool:
            await pool.send_many(letters(2), lambda _: None)
            for session in list(relay._sessions):
                session.say("421 4.4.2 idle too long")
                session.transport.close()
            record = Record()
            await pool.send_many(letters(3), record.on_outcome)
            assert record.kinds() == [OutcomeKind.ACCEPTED] * 3

    run(main)


def test_a_source_that_stops_pauses_at_once() -> None:
    async def main() -> None:
        pulled = 0

        def source() -> Iterator[OutgoingMessage]:
            nonlocal pulled
            for number in range(1000):
                if len(record.outcomes) >= 20:
                    return
                pulled += 1
                yield letter(number)

        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 2) as pool:
            record = Record()
            await pool.send_many(source(), record.on_outcome)
            assert pulled == len(record.outcomes) <= 20 + 2 * 2

    run(main)


def test_stop_finishes_what_is_under_way() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 2) as pool:
            record = Record()

            def on_outcome(outcome: SendOutcome) -> None:
                record.on_outcome(outcome)
                if len(record.outcomes) == 10:
                    pool.stop()

            summary = await pool.send_many(letters(500), on_outcome, record.on_data_start)
            assert set(record.kinds()) == {OutcomeKind.ACCEPTED}
            assert 10 <= summary.taken < 20
            check_truth(relay, record)

    run(main)


def test_cancelling_reports_every_letter_that_was_taken() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 2) as pool:
            relay.on(Step.DATA_END, 4, HANG)
            record = Record()
            task = asyncio.ensure_future(pool.send_many(letters(5), record.on_outcome, record.on_data_start))
            await asyncio.sleep(0.15)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(record.outcomes) == 5
            assert record.kinds().count(OutcomeKind.IN_DOUBT) == 1
            check_truth(relay, record)

    run(main)


def test_an_asynchronous_source_is_fetched_with_a_small_buffer() -> None:
    async def source(count: int) -> AsyncIterator[OutgoingMessage]:
        for number in range(count):
            if number % 10 == 0:
                await asyncio.sleep(0.005)
            yield letter(number)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 3) as pool:
            record = Record()
            summary = await pool.send_many(source(60), record.on_outcome, record.on_data_start)
            assert summary.by_kind == {OutcomeKind.ACCEPTED: 60}
            assert await pool.send_many(source(0), record.on_outcome) is not None
            check_truth(relay, record)

    run(main)


@pytest.mark.parametrize("where", ["source", "async_source", "on_outcome", "on_data_start"])
def test_what_the_caller_raises_comes_back_and_every_letter_is_told(where: str) -> None:
    class JournalError(Exception):
        pass

    def source() -> Iterator[OutgoingMessage]:
        for number in range(50):
            if where == "source" and number == 20:
                raise JournalError
            yield letter(number)

    async def async_source() -> AsyncIterator[OutgoingMessage]:
        for number in range(50):
            if number == 20:
                raise JournalError
            yield letter(number)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 2) as pool:
            record = Record()

            def on_outcome(outcome: SendOutcome) -> None:
                record.on_outcome(outcome)
                if where == "on_outcome" and outcome.letter_id == 10:
                    raise JournalError

            def on_data_start(letter_id: int) -> None:
                if where == "on_data_start" and letter_id == 10:
                    raise JournalError
                record.on_data_start(letter_id)

            with pytest.raises(JournalError):
                chosen = async_source() if where == "async_source" else source()
                await pool.send_many(chosen, on_outcome, on_data_start)
            check_truth(relay, record)
            if where == "on_data_start":
                assert record.outcomes[10].kind is OutcomeKind.NOT_SENT
            fresh = Record()
            relay.received.clear()
            await pool.send_many(letters(5), fresh.on_outcome, fresh.on_data_start)
            assert fresh.kinds() == [OutcomeKind.ACCEPTED] * 5

    run(main)


def test_plain_asyncio_works_too() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 2) as pool:
            summary = await pool.send_many(letters(20), lambda _: None)
            assert summary.by_kind == {OutcomeKind.ACCEPTED: 20}

    asyncio.run(main())
