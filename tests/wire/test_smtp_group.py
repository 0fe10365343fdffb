"""Several relays fed by one source: shares by weight, failure of one, draining, cutting off, and nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from mailflatrate.rules.sending.relays import shares
from mailflatrate.wire.smtp import group as smtp_group
from mailflatrate.wire.smtp.group import RelayGroup
from mailflatrate.wire.smtp.member import GroupMember
from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, RelayConfig, RelayUnavailable, TlsMode
from support.fake_relay import ANY, DROP, HANG, HOLD, FakeRelay, Step, delayed
from support.waiting import Waited, stays_async, wait_until_async
from wire.relay_helpers import HURRIED, PATIENT, PIPELINED, Record, letter, letters, run

LOOPBACK = "127.0.0.1"


def member(relay: FakeRelay, number: int, *, connections: int = 3, **more: object) -> GroupMember:
    config = RelayConfig(LOOPBACK, relay.port, tls=TlsMode.NEVER, timeouts=PATIENT)
    return GroupMember(number, config, connections, 100, **more)  # type: ignore[arg-type]


def group_of(*members: GroupMember) -> RelayGroup:
    group = RelayGroup(first_pause_seconds=0.05, longest_pause_seconds=0.2)
    group.set_members(members)
    return group


async def send(group: RelayGroup, count: int, record: Record, **more: object) -> asyncio.Future[None] | None:
    deal = partial(shares, count)
    return await group.send_many(letters(count), record.on_outcome, record.on_data_start, shares=deal, **more)  # type: ignore[arg-type]


def twice(*relays: FakeRelay) -> list[str]:
    seen = Counter(letter.recipient for relay in relays for letter in relay.received)
    return [address for address, count in seen.items() if count > 1]


def test_each_relay_takes_its_share_by_weight() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            record = Record()
            group = group_of(member(one, 1, weight=30), member(other, 2, weight=10))
            waited = Waited()
            for _ in range(3):
                record = Record()
                await send(group, 80, record)
                assert record.kinds() == [OutcomeKind.ACCEPTED] * 80
            assert waited.seconds < 0.5 * 3, "nobody waits to help where all have had their share"
            await group.close()
            assert (len(one.received), len(other.received)) == (180, 60)

    run(main)


def test_single_messages_even_out_too() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            group = group_of(member(one, 1), member(other, 2))
            for _ in range(10):
                await send(group, 1, Record())
            await group.close()
            assert (len(one.received), len(other.received)) == (5, 5)

    run(main)


Fault = Callable[[FakeRelay], None]
FAULTS: dict[str, Fault] = {
    "421 to every envelope": lambda relay: relay.on(Step.MAIL, ANY, "421 4.7.0 too many"),
    "421 at the greeting": lambda relay: relay.on(Step.CONNECT, ANY, "421 4.3.2 not now"),
    "never greets": lambda relay: relay.on(Step.CONNECT, ANY, HANG),
    "drops after EHLO": lambda relay: relay.on(Step.EHLO, ANY, DROP),
    "drops at MAIL": lambda relay: relay.on(Step.MAIL, ANY, DROP),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_failing_relay_has_not_begun_is_never_lost_and_goes_by_the_other(fault: str) -> None:
    """A message that comes back is NOT_SENT: its row stays pending and is retried."""

    async def main() -> None:
        async with FakeRelay(PIPELINED) as bad, FakeRelay(PIPELINED) as good:
            FAULTS[fault](bad)
            group = group_of(member(bad, 1), member(good, 2))
            left = list(range(60))
            for _ in range(10):
                record = Record()
                source: Iterator[OutgoingMessage] = (letter(number) for number in left)
                await group.send_many(
                    source, record.on_outcome, record.on_data_start, shares=partial(shares, len(left))
                )
                assert set(record.kinds()) <= {OutcomeKind.ACCEPTED, OutcomeKind.NOT_SENT}
                assert set(record.outcomes) == set(left), "each message has one outcome"
                left = [number for number, outcome in record.outcomes.items() if outcome.kind is OutcomeKind.NOT_SENT]
                if not left:
                    break
            assert not left
            assert not twice(bad, good)
            assert len(good.received) == 60
            assert group.reports()[2][0].accepted == 60
            if fault != "never greets":
                assert "relay unavailable" in group.reports()[1][0].problem
            bad.forget()
            await group.close()

    run(main)


def test_a_relay_that_comes_back_is_used_again() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as good:
            bad = FakeRelay(PIPELINED)
            await bad.start()
            await bad.stop()
            group = group_of(member(bad, 1), member(good, 2))
            await send(group, 20, Record())
            assert group.reports()[1][0].failing_since
            await bad.start()

            async def is_used() -> bool:
                await send(group, 20, Record())
                return bool(bad.received)

            await wait_until_async(is_used, "a message through the relay that is back", pause=0.1)
            assert group.reports()[1][0].problem == ""
            await group.close()
            await bad.stop()

    run(main)


def test_the_others_help_a_slow_relay() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as slow, FakeRelay(PIPELINED) as fast:
            group = group_of(member(slow, 1, connections=1), member(fast, 2))
            hold = asyncio.Event()
            slow.on(Step.DATA_END, 0, HANG)
            record = Record()
            task = asyncio.ensure_future(send(group, 100, record))
            await wait_until_async(lambda: len(fast.received) >= 97, "all but what the slow one holds")
            await slow.stop()
            await task
            hold.set()
            kinds = Counter(record.kinds())
            assert kinds[OutcomeKind.IN_DOUBT] <= 1
            assert kinds[OutcomeKind.ACCEPTED] + kinds[OutcomeKind.IN_DOUBT] + kinds[OutcomeKind.NOT_SENT] == 100
            assert not twice(slow, fast)
            await group.close()

    run(main)


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_a_relay_that_falls_silent_gives_back_what_it_has_not_begun(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_group, "PATIENCE_SECONDS", 0.3)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as silent, FakeRelay(PIPELINED) as good:
            silent.on(step, ANY, HANG)
            group = group_of(member(silent, 1), member(good, 2))
            record = Record()
            await send(group, 60, record)
            kinds = Counter(record.kinds())
            assert kinds[OutcomeKind.ACCEPTED] + kinds[OutcomeKind.NOT_SENT] == 60
            assert 1 <= kinds[OutcomeKind.NOT_SENT] <= 3, "one on each connection"
            assert "relay unavailable" in group.reports()[1][0].problem
            again = Record()
            await send(group, kinds[OutcomeKind.NOT_SENT], again)
            assert set(again.kinds()) == {OutcomeKind.ACCEPTED}
            assert not twice(silent, good)
            await group.close()

    run(main)


@pytest.mark.parametrize("count", [1, 60])
def test_a_relay_that_is_silent_at_the_dot_is_left_to_itself_and_takes_part_again_once_it_answers(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_group, "PATIENCE_SECONDS", 0.3)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as silent, FakeRelay(PIPELINED) as good:
            silent.on(Step.DATA_END, ANY, HOLD)
            group = group_of(member(silent, 1), member(good, 2))
            first = Record()
            late = await send(group, count, first)
            assert late is not None
            begun = silent.counts[Step.DATA_END]
            assert 1 <= begun <= 3, "one on each connection"
            kinds = Counter(first.kinds())
            assert kinds[OutcomeKind.ACCEPTED] == len(good.received)
            assert kinds.total() == count - begun, "all but the contents at the dot have an outcome"
            assert "relay unavailable" in group.reports()[1][0].problem
            for _ in range(3):
                record = Record()
                assert await send(group, 60, record) is None
                assert record.kinds() == [OutcomeKind.ACCEPTED] * 60
            assert silent.counts[Step.DATA_END] == begun, "it gets no more contents meanwhile"
            assert not late.done()
            silent.forget()
            silent.release()
            await late
            assert Counter(first.kinds()) == kinds + Counter({OutcomeKind.ACCEPTED: begun})
            assert not group.reports()[1][0].problem

            async def takes_part() -> bool:
                await send(group, 60, Record())
                return len(silent.received) > begun + 20

            await wait_until_async(takes_part, "the share of the relay that answers again")
            await group.close()

    run(main)


@pytest.mark.parametrize("end", ["cancelled", "no reply in time"])
def test_contents_at_a_silent_dot_are_in_doubt_when_the_wait_ends(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_group, "PATIENCE_SECONDS", 0.1)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as silent, FakeRelay(PIPELINED) as good:
            silent.on(Step.DATA_END, ANY, HANG)
            bad = member(silent, 1)
            if end == "no reply in time":
                bad = replace(bad, config=replace(bad.config, timeouts=HURRIED))
            group = group_of(bad, member(good, 2))
            record = Record()
            late = await send(group, 60, record)
            assert late is not None
            if end == "cancelled":
                late.cancel()
            await asyncio.gather(late, return_exceptions=True)
            kinds = Counter(record.kinds())
            assert kinds[OutcomeKind.IN_DOUBT] == silent.counts[Step.DATA_END] == 3
            assert kinds.total() == 60
            again = Record()
            await send(group, kinds[OutcomeKind.NOT_SENT], again)
            assert set(again.kinds()) <= {OutcomeKind.ACCEPTED}
            await group.close()

    run(main)


def test_where_all_are_silent_at_the_dot_the_replies_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_group, "PATIENCE_SECONDS", 0.1)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            for relay in (one, other):
                relay.on(Step.DATA_END, ANY, HOLD)
            group = group_of(member(one, 1), member(other, 2))
            record = Record()
            sending = asyncio.ensure_future(send(group, 6, record))
            relays = (one, other)
            await wait_until_async(lambda: all(relay.counts[Step.DATA_END] for relay in relays), "contents at both")
            await stays_async(lambda: not sending.done(), "the wait for replies", seconds=0.5)
            for relay in relays:
                relay.forget()
                relay.release()
            assert await sending is None
            assert record.kinds() == [OutcomeKind.ACCEPTED] * 6
            await group.close()

    run(main)


def test_where_all_are_slow_nothing_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_group, "PATIENCE_SECONDS", 0.05)

    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            for relay in (one, other):
                relay.on(Step.RCPT, ANY, delayed(0.15))
            group = group_of(member(one, 1, connections=1), member(other, 2, connections=1))
            record = Record()
            await send(group, 2, record)
            assert record.kinds() == [OutcomeKind.ACCEPTED] * 2
            await group.close()

    run(main)


def test_no_relay_at_all_is_said_and_takes_nothing_from_the_source() -> None:
    async def main() -> None:
        group = group_of()
        source = letters(3)
        with pytest.raises(RelayUnavailable, match="no relay"):
            await group.send_many(source, Record().on_outcome, Record().on_data_start)
        assert len(list(source)) == 3
        await group.close()

    run(main)


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("alone", [False, True])
def test_a_relay_that_is_drained_or_cut_off_takes_no_more(cut: bool, alone: bool) -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            others = [] if alone else [member(other, 2)]
            group = group_of(member(one, 1), *others)
            gone_at: list[int] = []

            def source() -> Iterator[OutgoingMessage]:
                for number in range(300):
                    if number == 50:
                        group.set_members([member(one, 1, takes=False, is_cut=cut), *others])
                        gone_at.append(len(one.received))
                    yield letter(number)

            record = Record()
            try:
                await group.send_many(source(), record.on_outcome, record.on_data_start, shares=partial(shares, 300))
                assert not alone or len(record.outcomes) < 300
            except RelayUnavailable:
                assert alone
            kinds = Counter(record.kinds())
            assert len(one.received) <= gone_at[0] + 6 + 3, "at most what was under way, and one ahead"
            assert kinds[OutcomeKind.ACCEPTED] + kinds[OutcomeKind.NOT_SENT] == len(record.outcomes)
            if not cut:
                assert not kinds[OutcomeKind.NOT_SENT], "what it was handed is finished"
            if not alone:
                assert len(record.outcomes) == 300
            assert not twice(one, other)
            record = Record()
            if alone:
                with pytest.raises(RelayUnavailable):
                    await send(group, 2, record)
            else:
                await send(group, 2, record)
                assert record.kinds() == [OutcomeKind.ACCEPTED] * 2
            await group.close()

    run(main)


def test_caps_hold_and_are_counted_down() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            group = group_of(member(one, 1), member(other, 2))
            record, caps = Record(), {1: 10, 2: 25}
            with pytest.raises(RelayUnavailable):
                await send(group, 100, record, caps=caps)
            assert (len(one.received), len(other.received)) == (10, 25)
            assert caps == {1: 0, 2: 0}
            assert len(record.outcomes) == 35
            await group.close()

    run(main)


def test_a_tag_stands_before_the_content_and_leaves_the_message_alone() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as one:
            group = group_of(member(one, 1, tag=lambda sender: f"X-Tag: {sender}\r\n".encode()))
            await send(group, 2, Record())
            await group.close()
            contents = sorted(each.content for each in one.received)
            assert contents[0] == b"X-Tag: b+0@bounce.example\r\n" + letter(0).content

    run(main)


def test_what_the_source_raises_comes_out_and_nothing_hangs() -> None:
    async def main() -> None:
        async with FakeRelay(PIPELINED) as one, FakeRelay(PIPELINED) as other:
            group = group_of(member(one, 1), member(other, 2))

            def source() -> Iterator[OutgoingMessage]:
                yield letter(0)
                raise TypeError("nothing is sent without a permit")

            record = Record()
            with pytest.raises(TypeError, match="permit"):
                await group.send_many(source(), record.on_outcome, record.on_data_start)
            assert record.kinds() == [OutcomeKind.ACCEPTED]
            await group.close()

    run(main)
