"""Content that the sender itself held back at the dot says nothing about the relay: no pause follows from it."""

import asyncio

import psycopg
import pytest

from estate import build_estate, release
from mailflatrate.apps.delivery.models import Chunk
from mailflatrate.apps.delivery.send import chunk, routes
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step, delayed
from support.scope import rows
from support.waiting import wait_until_async

PEOPLE = 12
FRESH_SECONDS = 0.1
HOLDS = {
    "all sending is held": (
        "UPDATE sending_fence SET held_at = now(), cause = 'paused'",
        "UPDATE sending_fence SET held_at = NULL, cause = ''",
    ),
    "the claim is forgotten": ("DELETE FROM begun", "SELECT 1"),
}


@pytest.mark.parametrize("hold", HOLDS)
def test_sending_goes_on_at_once_after_content_was_withheld(
    database: str, monkeypatch: pytest.MonkeyPatch, hold: str
) -> None:
    """As after each promotion, with the product's own `relay_pause_max_seconds`."""
    monkeypatch.setattr(chunk, "FRESH_SECONDS", FRESH_SECONDS)
    monkeypatch.setattr(routes, "SILENT_SECONDS", 3600)  # or a job on a slow machine leaves its chunk to be sent later
    estate = build_estate(PEOPLE)
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id
    begin, end = HOLDS[hold]

    async def work(owner: psycopg.Connection[tuple[object, ...]]) -> list[str]:
        async with FakeRelay() as relay:
            late = delayed(FRESH_SECONDS)  # what was checked before the hold isn't fresh any more
            relay.on(Step.DATA, ANY, lambda *given: owner.execute(begin) and late(*given))
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            assert settings.relay_pause_max_seconds >= 60
            sender = Sender(settings)
            try:
                for _ in range(4):
                    await sender.work_chunk(estate.account_id, chunk_id)
                    owner.execute(end)
                    owner.execute(
                        "UPDATE chunk SET state = 'ready', claimed_by = '' WHERE id = %s AND state = 'sending'",
                        [chunk_id],
                    )
                assert relay.received == []
                relay.forget()
                await wait_until_async(lambda: not sender._upkeep.is_held, "the sender sees that sending goes on")
                began = asyncio.get_running_loop().time()
                assert max(route.wait_seconds for route in sender._routes) == 0
                await sender.work_chunk(estate.account_id, chunk_id)
                assert len(relay.received) == PEOPLE
                assert asyncio.get_running_loop().time() - began < 10
                reports = [report for route in sender._routes for report, _ in route.transmitter.reports().values()]
                assert not [report.problem for report in reports if report.problem]
            finally:
                await sender.close()
            return [letter.recipient for letter in relay.received]

    with psycopg.connect(database, autocommit=True) as owner:
        asyncio.run(work(owner))
