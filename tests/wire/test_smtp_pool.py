"""The pool: warm connections, limits, pauses, stopping, and a relay that disappears and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, RelayUnavailable, SendOutcome, Stage
from support.fake_relay import ANY, DROP, HANG, FakeRelay, Step
from support.waiting import wait_until_async
from wire.relay_helpers import HURRIED, PATIENT, PIPELINED, Record, check_truth, letter, letters, pool_for, run


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

        async def is_over() -> bool:
            with suppress(RelayUnavailable):
                await pool.send_many(source, record.on_outcome)
                return True
            return False

        await wait_until_async(is_over, "the end of the pause")
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

            def is_last_open() -> bool:
                return relay.counts[Step.DATA_END] == 5 and len(record.outcomes) == 4

            await wait_until_async(is_last_open, "all outcomes but the last")
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
                await asyncio.sleep(0)
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
                if where == "on_outcome" and outcome.delivery_id == 10:
                    raise JournalError

            def on_data_start(delivery_id: int) -> None:
                if where == "on_data_start" and delivery_id == 10:
                    raise JournalError
                record.on_data_start(delivery_id)

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


@pytest.mark.parametrize("withheld", ["by permission", "by the journal"])
def test_content_that_the_sender_withholds_is_no_failure_of_the_relay(withheld: str) -> None:
    """The connection has to end, because after 354 there is no way back; the next one opens at once."""

    def full(_delivery_id: int) -> None:
        raise OSError(28, "No space left on device")

    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay, pool_for(relay, 3) as pool:
            for _ in range(5):
                record = Record()
                if withheld == "by permission":
                    await pool.send_many(letters(9), record.on_outcome, may_start=lambda _id: None)
                else:
                    with pytest.raises(OSError, match="No space"):
                        await pool.send_many(letters(9), record.on_outcome, full)
                assert {(each.kind, each.stage) for each in record.outcomes.values() if each.remote_host} == {
                    (OutcomeKind.NOT_SENT, Stage.LOCAL)
                }
            assert relay.received == []
            record = Record()
            await pool.send_many(letters(9), record.on_outcome)
            assert record.kinds() == [OutcomeKind.ACCEPTED] * 9

    run(main)
