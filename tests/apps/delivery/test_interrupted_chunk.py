"""A chunk whose job ends in the middle: what its journal alone knows is written before the same process goes on."""

import asyncio
from collections import Counter
from contextlib import suppress

import psycopg
import pytest

from estate import Estate, release
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState
from mailflatrate.apps.delivery.send import chunk
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import MarkMode, load_settings
from support.fake_relay import ANY, HANG, FakeRelay, Step
from support.scope import rows
from support.waiting import stays_async, wait_until_async

PEOPLE = 12


@pytest.mark.parametrize("by_upkeep", [False, True])
def test_nobody_is_mailed_twice_when_a_job_ends_before_its_outcomes_are_written(
    database: str, estate: Estate, by_upkeep: bool
) -> None:
    """The next job of the chunk writes them, or the sender's upkeep does; then the journal is emptied again."""
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id

    async def work(owner: psycopg.Connection[tuple[object, ...]]) -> list[str]:
        async with FakeRelay() as relay:

            def hold(*_given: object) -> None:
                owner.execute("LOCK TABLE delivery IN EXCLUSIVE MODE")  # everything is read, and nothing written

            relay.on(Step.DATA_END, ANY, hold)
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                job = asyncio.create_task(sender.work_chunk(estate.account_id, chunk_id))
                await wait_until_async(lambda: len(relay.received) == PEOPLE, "all messages at the relay")
                job.cancel()
                with suppress(asyncio.CancelledError):
                    await job
                owner.rollback()
                relay.on(Step.DATA_END, ANY, lambda *_given: None)
                assert not sender._upkeep.is_settled
                if by_upkeep:
                    sender._upkeep.check_now()  # as it does every 15 seconds
                    await wait_until_async(
                        lambda: not any(lane.journal.size_bytes for lane in sender._routes), "empty journals"
                    )
                await sender.work_chunk(estate.account_id, chunk_id)
                assert sender._upkeep.is_settled
            finally:
                await sender.close()
            return [letter.recipient for letter in relay.received]

    with psycopg.connect(database) as owner:
        received = Counter(asyncio.run(work(owner)))
    assert set(received.values()) == {1}
    with tenancy.account(estate.account_id):
        sent = set(
            Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.SENT).values_list(
                "contact__email", flat=True
            )
        )
    assert sent == set(received), "whoever got it is known to have got it"
    assert len(sent) == PEOPLE


def test_a_chunk_is_given_back_before_its_job_is_canceled(estate: Estate) -> None:
    """As when the worker loses its connection: a message between its content and its reply would be unknown."""
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id

    async def work() -> tuple[int, list[str]]:
        async with FakeRelay() as relay:
            update = {"relay_host": "127.0.0.1", "relay_port": relay.port, "sender_connections": 1}
            sender = Sender(load_settings().model_copy(update=update))
            relay.on(Step.DATA_END, 3, lambda *_given: sender.give_back_chunks())
            try:
                await sender.work_chunk(estate.account_id, chunk_id)
                before = len(relay.received)
                await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()
            return before, [message.recipient for message in relay.received]

    before, received = asyncio.run(work())
    assert 4 <= before < PEOPLE
    assert Counter(received).most_common(1)[0][1] == 1
    with tenancy.account(estate.account_id):
        states = Delivery.objects.filter(chunk_id=chunk_id).values_list("state", flat=True)
        assert Counter(states) == {DeliveryState.SENT: PEOPLE}


def test_a_chunk_given_back_ends_although_the_database_is_another_one(estate: Estate) -> None:
    """As when a replica is promoted: the worker ends first, and what the chunk still asks the database is refused.
    Until its end the journals of this host are not replayed, and all sending is on hold.
    """
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id

    async def work() -> None:
        async with FakeRelay() as relay:
            update = {"relay_host": "127.0.0.1", "relay_port": relay.port, "sender_marks": MarkMode.EACH}
            sender = Sender(load_settings().model_copy(update=update))

            def promoted(*_given: object) -> None:
                sender.give_back_chunks()
                sender._admission.fenced.set()

            relay.on(Step.DATA_END, 3, promoted)
            try:
                await asyncio.wait_for(sender.work_chunk(estate.account_id, chunk_id), 30)
                assert 4 <= len(relay.received) < PEOPLE
                await wait_until_async(lambda: not sender._admission.fenced.is_set(), "the sender joins again")
                await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()
            assert set(Counter(message.recipient for message in relay.received).values()) == {1}

    asyncio.run(work())
    with tenancy.account(estate.account_id):
        states = Delivery.objects.filter(chunk_id=chunk_id).values_list("state", flat=True)
        assert Counter(states) == {DeliveryState.SENT: PEOPLE}


@pytest.mark.slow
def test_a_sender_that_cannot_write_its_outcomes_appears_dead(
    database: str, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heartbeat comes from the loop that makes progress, and stops with it."""
    monkeypatch.setattr(chunk, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(chunk, "CHECK_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(chunk, "STUCK_SECONDS", 1.5)
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id

    def heartbeat() -> object:
        return watch.execute("SELECT heartbeat_at FROM chunk WHERE id = %s", [chunk_id]).fetchone()

    async def has_stopped() -> bool:
        before = heartbeat()
        with suppress(AssertionError):
            await stays_async(lambda: heartbeat() == before, "no heartbeat", seconds=1)
            return True
        return False

    def lock(*_given: object) -> None:
        locking.execute("LOCK TABLE delivery IN EXCLUSIVE MODE")  # everything is read, and nothing written

    async def work() -> None:
        async with FakeRelay() as relay:
            relay.on(Step.DATA_END, 0, lock)
            relay.on(Step.DATA_END, PEOPLE - 1, HANG)
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                job = asyncio.create_task(sender.work_chunk(estate.account_id, chunk_id))
                await wait_until_async(lambda: len(relay.received) == PEOPLE, "all messages at the relay")
                before = heartbeat()
                await wait_until_async(lambda: heartbeat() != before, "a heartbeat")
                await wait_until_async(has_stopped, "the end of the heartbeats", seconds=20)
                job.cancel()
                with suppress(asyncio.CancelledError):
                    await job
                locking.rollback()
            finally:
                await sender.close()

    with psycopg.connect(database) as locking, psycopg.connect(database, autocommit=True) as watch:
        asyncio.run(work())
