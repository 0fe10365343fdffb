"""A relay that is silent at the dot costs the messages there an unknown result after the time the operator set."""

import asyncio
import time

import pytest

from estate import build_estate, release
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.delivery.relays.relay_cache import settings_relay
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from support.fake_relay import HANG, FakeRelay, Step

PEOPLE = 12


@pytest.mark.parametrize("seconds", [600, 30])
def test_the_setting_is_the_relays_time(seconds: int) -> None:
    settings = load_settings().model_copy(update={"relay_host": "relay.example", "relay_reply_seconds": seconds})
    assert settings_relay(settings).config.timeouts.data_end_seconds == seconds
    assert load_settings().relay_reply_seconds == 600, "what RFC 5321 section 4.5.3.2.6 asks for"


def test_only_messages_at_the_silent_dots_are_unknown(database: str) -> None:
    assert database
    estate = build_estate(PEOPLE)
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk_id = Chunk.objects.get(campaign_id=campaign_id).id

    async def work() -> float:
        async with FakeRelay() as relay:
            for number in (2, 5):
                relay.on(Step.DATA_END, number, HANG)
            update = {"relay_host": "127.0.0.1", "relay_port": relay.port, "relay_reply_seconds": 1}
            sender = Sender(load_settings().model_copy(update=update))
            try:
                began = time.monotonic()
                await sender.work_chunk(estate.account_id, chunk_id)
                return time.monotonic() - began
            finally:
                await sender.close()

    assert asyncio.run(work()) < 30
    with tenancy.account(estate.account_id):
        states = list(Delivery.objects.filter(campaign_id=campaign_id).values_list("state", flat=True))
    assert sorted(states) == ["in_doubt"] * 2 + ["sent"] * (PEOPLE - 2)
