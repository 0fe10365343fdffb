"""A sender stays as small as it is, however long a campaign."""

import asyncio
import gc
import weakref

import pytest

from estate import build_estate, release
from fake_relay import FakeRelay
from mailflatrate.apps.delivery.models import Chunk
from mailflatrate.apps.delivery.send import sender as sending
from mailflatrate.apps.delivery.send.chunk import ChunkRun
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings


@pytest.mark.usefixtures("database")
def test_a_finished_chunk_is_freed_without_a_search_for_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rows each, and garbage is collected seldom during a mailing."""
    estate = build_estate(10)
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk_id = Chunk.objects.get(campaign_id=campaign_id).id
    runs: list[weakref.ref[ChunkRun]] = []

    class Watched(ChunkRun):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            runs.append(weakref.ref(self))

    monkeypatch.setattr(sending, "ChunkRun", Watched)

    async def work() -> bool:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = sending.Sender(settings)
            gc.collect()
            gc.disable()
            try:
                await sender.work_chunk(estate.account_id, chunk_id)
                await asyncio.sleep(0.1)
                assert len(relay.received) == 10
                return runs[0]() is None
            finally:
                gc.enable()
                await sender.close()

    assert asyncio.run(work())
