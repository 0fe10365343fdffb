"""The end of a chunk: in one transaction of the sender where nothing follows from it, otherwise through the actions."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.actions import claim_end
from mailflatrate.apps.delivery.models import Begun, Chunk, ChunkState, Delivery, Plan, Retry
from mailflatrate.apps.delivery.send.chunk_end import end_if_nothing_follows
from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Connection, Database
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.schema import load_settings
from support.fake_relay import HANG, FakeRelay, Step
from support.scope import rows, within
from support.waiting import wait_until_async

PEOPLE = 12
NAME = "host.1.a.b"


@pytest.fixture
def chunk(estate: Estate) -> Chunk:
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk = Chunk.objects.get(campaign_id=campaign_id)
        other = Chunk.objects.create(campaign_id=campaign_id, number=2, size=1)
        ids = list(Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True))
        Delivery.objects.filter(id=ids[-1]).update(chunk=other)
        Delivery.objects.filter(id__in=ids[:-1]).update(state="sent")
        Begun.objects.create(chunk=chunk, claimed_by=NAME)
        Chunk.objects.filter(id=chunk.id).update(state=ChunkState.SENDING, claimed_by=NAME, number=1)
        chunk.refresh_from_db()
        return chunk


def end(estate: Estate, chunk: Chunk, name: str = NAME) -> bool:
    claim = Claim(estate.account_id, chunk.id, chunk.campaign_id, None, [], {})

    async def work() -> bool:
        database = Database("test", by_keys=True)

        async def in_transaction(connection: Connection) -> bool:
            return await end_if_nothing_follows(connection, claim, name)

        try:
            return await database.run(estate.account_id, in_transaction)
        finally:
            await database.close()

    return asyncio.run(work())


def test_a_chunk_without_anything_to_follow_is_done(estate: Estate, chunk: Chunk) -> None:
    assert end(estate, chunk)
    with tenancy.account(estate.account_id):
        chunk.refresh_from_db()
        assert (chunk.state, chunk.claimed_by) == (ChunkState.DONE, "")
        assert not Begun.objects.filter(chunk_id=chunk.id).exists()
    assert not end(estate, chunk), "the second time there is nothing to end"


def canary(chunk: Chunk) -> None:
    Chunk.objects.filter(id=chunk.id).update(number=0)


def row_waits(chunk: Chunk) -> None:
    first = Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True)[0]
    Delivery.objects.filter(id=first).update(state="pending")


def last_one(chunk: Chunk) -> None:
    Chunk.objects.filter(campaign_id=chunk.campaign_id).exclude(id=chunk.id).update(state=ChunkState.DONE)


def retry_is_due(chunk: Chunk) -> None:
    first = Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True)[0]
    Retry.objects.create(delivery_id=first, campaign_id=chunk.campaign_id, due_at=clock.now())


def in_turns(chunk: Chunk) -> None:
    Plan.objects.filter(campaign_id=chunk.campaign_id).update(per_turn=5, turn_seconds=60, next_turn_at=clock.now())


def paused(chunk: Chunk) -> None:
    Campaign.objects.filter(id=chunk.campaign_id).update(state=CampaignState.PAUSED)


@pytest.mark.parametrize("circumstance", [canary, row_waits, last_one, retry_is_due, in_turns, paused])
def test_whatever_something_follows_from_is_left_to_the_actions(
    estate: Estate, chunk: Chunk, circumstance: Callable[[Chunk], None]
) -> None:
    within(estate, circumstance, chunk)
    assert not end(estate, chunk)
    with tenancy.account(estate.account_id):
        chunk.refresh_from_db()
        assert (chunk.state, chunk.claimed_by) == (ChunkState.SENDING, NAME)
        assert Begun.objects.filter(chunk_id=chunk.id).exists()
    claim_end.finish_chunk(estate.account_id, chunk.id, NAME)
    with tenancy.account(estate.account_id):
        chunk.refresh_from_db()
        assert chunk.claimed_by == ""


def test_nobody_ends_a_strangers_chunk(estate: Estate, chunk: Chunk) -> None:
    assert not end(estate, chunk, "host.2.c.d")
    carla = build_estate(1)
    assert not end(carla, chunk)


def test_a_locked_campaign_is_not_waited_for(database: str, estate: Estate, chunk: Chunk) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("SELECT 1 FROM campaign WHERE id = %s FOR UPDATE", [chunk.campaign_id])
        assert not end(estate, chunk)
    assert end(estate, chunk)


def test_a_look_that_is_under_way_at_the_end_of_a_chunk_keeps_its_connection(database: str, estate: Estate) -> None:
    """Cancelling its statement would cut it, and each chunk would need a new one."""
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id
    watch = "SELECT pid, wait_event_type FROM pg_stat_activity WHERE application_name = 'mailflatrate watch'"

    async def work(
        owner: psycopg.Connection[tuple[object, ...]], watcher: psycopg.Connection[tuple[object, ...]]
    ) -> None:
        async with FakeRelay() as relay:
            relay.on(Step.DATA_END, PEOPLE - 1, HANG)
            update = {"relay_host": "127.0.0.1", "relay_port": relay.port}
            sender = Sender(load_settings().model_copy(update=update))
            try:
                job = asyncio.create_task(sender.work_chunk(estate.account_id, chunk_id))
                await wait_until_async(lambda: len(relay.received) == PEOPLE, "all messages at the relay")
                await asyncio.to_thread(owner.execute, "LOCK TABLE lane_hold IN ACCESS EXCLUSIVE MODE")

                def waits_for_the_lock() -> object:
                    row = watcher.execute(watch).fetchone()
                    return row if row and row[1] == "Lock" else None

                before = await wait_until_async(waits_for_the_lock, "the next check, which the lock holds up")
                relay.drop_sessions()
                pending = "SELECT FROM delivery WHERE chunk_id = %s AND state = 'pending' LIMIT 1"
                await wait_until_async(
                    lambda: watcher.execute(pending, [chunk_id]).fetchone() is None, "the chunk's last result"
                )
                owner.rollback()
                await job
                after = watcher.execute(watch).fetchone()
                assert after is not None and after[0] == before[0]
            finally:
                await sender.close()

    with psycopg.connect(database) as owner, psycopg.connect(database, autocommit=True) as watcher:
        asyncio.run(work(owner, watcher))
