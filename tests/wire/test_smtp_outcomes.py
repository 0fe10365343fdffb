"""Each stage, each result: one message among others against a relay that misbehaves on demand."""

from __future__ import annotations

import pytest

from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, Stage
from support.fake_relay import ANY, DROP, DROP_AFTER, HANG, FakeRelay, Step
from wire.relay_helpers import (
    ALL_WAYS,
    BDAT,
    HURRIED,
    PATIENT,
    PIPELINED,
    Record,
    check_truth,
    letter,
    letters,
    pool_for,
    run,
)


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
                # EHLO, the first envelope and QUIT come on top of one write per message.
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


def test_a_relay_that_refuses_a_sender_and_takes_the_recipient_gets_no_empty_message() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as relay:
            relay.on(Step.MAIL, 1, "450 4.2.1 later")
            relay.on(Step.RCPT, "dora1@people.example", "250 2.1.5 ok all the same")
            record = Record()
            async with pool_for(relay) as pool:
                await pool.send_many(letters(4), record.on_outcome, record.on_data_start)
            expected = [OutcomeKind.ACCEPTED] * 4
            expected[1] = OutcomeKind.DEFERRED
            assert record.kinds() == expected
            check_truth(relay, record)

    run(main)


@pytest.mark.slow
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
        message = letter(0)._replace(envid="7ZK3-1+a")
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
        (letter(0)._replace(utf8_headers=True), "5.6.7"),
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
