"""A chunk whose job ends in the middle: what its journal alone knows is written before the same process goes on."""

import asyncio
from collections import Counter
from contextlib import suppress

import psycopg
import pytest

from estate import Estate, build_estate, release
from fake_relay import ANY, FakeRelay, Step
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from support.waiting import wait_until_async

PEOPLE = 12
PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def estate(database: str) -> Estate:
    assert database
    return build_estate(PEOPLE)


def test_nobody_is_mailed_twice_when_a_job_ends_before_its_outcomes_are_written(database: str, estate: Estate) -> None:
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk_id = Chunk.objects.get(campaign_id=campaign_id).id

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
                await sender.work_chunk(estate.account_id, chunk_id)
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
