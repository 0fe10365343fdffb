"""The sender's few statements: a mark goes straight through libpq, and outcomes share a statement."""

import asyncio
import time
from collections.abc import Iterator

import psycopg
import pytest

from estate import Estate, release
from mailflatrate.apps.delivery.models import Begun, Chunk
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.delivery.send.database import Connection, Database, DatabaseGone
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.base.metrics.names import RECORD_SECONDS
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step, delayed
from support.scope import rows, within

PEOPLE = 40
SLOW_SECONDS = 0.025
BEGIN = b"UPDATE begun SET begun_to = $1::bigint WHERE chunk_id = $2::bigint"
CLAIMED = b"UPDATE begun SET claimed_by = $1 WHERE chunk_id = $2::bigint"


@pytest.fixture
def chunk_id(estate: Estate) -> Iterator[int]:
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk = Chunk.objects.get(campaign_id=campaign_id)
        Begun.objects.create(chunk=chunk, claimed_by="me")
    yield chunk.id
    rows(estate, Begun).filter(chunk=chunk).delete()


def begun_to(estate: Estate, chunk_id: int) -> int:
    return rows(estate, Begun).get(chunk_id=chunk_id).begun_to


def test_a_repeated_statement_and_transactions_share_a_connection(estate: Estate, chunk_id: int) -> None:
    async def one(link: Connection) -> tuple[object, ...] | None:
        cursor = await link.execute("SELECT current_setting('mailflatrate.account_id', true)")
        return await cursor.fetchone()

    async def work() -> None:
        database = Database("test", by_keys=True)
        chunk = b"%d" % chunk_id
        try:
            for number in range(3):
                assert await database.repeat(estate.account_id, BEGIN, [b"%d" % number, chunk]) == 1
                assert await database.run(estate.account_id, one) == (str(estate.account_id),)
            assert await database.repeat(estate.account_id + 1, BEGIN, [b"99", chunk]) == 0, "a stranger's row"
            assert await database.repeat(estate.account_id, CLAIMED, [b"you", chunk]) == 1, "another statement"
            assert await database.repeat(estate.account_id, BEGIN, [b"7", chunk]) == 1
        finally:
            await database.close()

    asyncio.run(work())
    assert begun_to(estate, chunk_id) == 7


def test_a_server_that_ends_or_hangs_costs_the_connection_and_nothing_else(
    database: str, estate: Estate, chunk_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = b"%d" % chunk_id

    async def work(owner: psycopg.Connection[tuple[object, ...]]) -> None:
        line = Database("ends or hangs")
        monkeypatch.setattr(line, "_call_seconds", 0.3)
        try:
            assert await line.repeat(estate.account_id, BEGIN, [b"1", chunk]) == 1
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%ends or hangs'"
            )
            with pytest.raises(DatabaseGone):
                await line.repeat(estate.account_id, BEGIN, [b"2", chunk])
            assert await line.repeat(estate.account_id, BEGIN, [b"3", chunk]) == 1
            with owner.transaction():
                owner.execute("SELECT FROM begun WHERE chunk_id = %s FOR UPDATE", [chunk_id])
                began = time.monotonic()
                with pytest.raises(DatabaseGone, match="no answer within"):
                    await line.repeat(estate.account_id, BEGIN, [b"4", chunk])
                assert 0.2 < time.monotonic() - began < 30
            with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                await line.repeat(estate.account_id, BEGIN, [b"five", chunk])
            assert await line.repeat(estate.account_id, BEGIN, [b"6", chunk]) == 1
            waiting = asyncio.create_task(line.repeat(estate.account_id, BEGIN, [b"8", chunk]))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert await line.repeat(estate.account_id, BEGIN, [b"9", chunk]) == 1
        finally:
            await line.close()

    with psycopg.connect(database, autocommit=True) as owner:
        asyncio.run(work(owner))
    assert begun_to(estate, chunk_id) == 9


def test_outcomes_that_come_while_others_are_written_wait_for_company(estate: Estate) -> None:
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id

    def batches() -> float:
        return next(s.value for m in RECORD_SECONDS.collect() for s in m.samples if s.name.endswith("_count"))

    async def work() -> None:
        async with FakeRelay() as relay:
            relay.on(Step.DATA_END, ANY, delayed(SLOW_SECONDS))
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()

    before = batches()
    asyncio.run(work())
    assert 1 <= batches() - before <= 4, "two a second, not one after another"
    assert within(estate, campaign_progress, campaign_id).sent == PEOPLE
