"""The engine tells in its log what becomes of a campaign, each line with account, chunk and mailing ID."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from procrastinate.contrib.django import app
from prometheus_client import REGISTRY
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from estate import build_estate, release
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Chunk
from mailflatrate.apps.delivery.send import provider_counts
from mailflatrate.apps.delivery.send import sender as sender_module
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.base.metrics.names import begin_relay
from mailflatrate.settings.schema import load_settings
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.fake_relay import ANY, FakeRelay, Step

PEOPLE = 60
Line = MutableMapping[str, Any]
anna = per_test(sending_customer)


def address(account_id: int, number: int) -> str:
    return f"p{account_id}x{number}@{'gmx.de' if number % 2 else 'lindenhof.example'}"


async def _send(account_id: int, chunks: list[int], *, slow: str) -> None:
    """As a worker does, by its job. The relay defers everyone at the domain `slow`."""
    async with FakeRelay() as relay:
        relay.on(Step.RCPT, ANY, lambda to, _: "451 4.7.650 Slow down" if slow and slow in to else None)
        settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
        sender_module._sender = Sender(settings)
        try:
            for chunk_id in chunks:
                await app.tasks["delivery.send_chunk"].func(account_id=account_id, chunk_id=chunk_id)
        finally:
            await sender_module.close_sender()


def sent(*, slow: str = "") -> tuple[dict[str, object], list[int], list[Line]]:
    estate = build_estate(PEOPLE, address)
    with capture_logs(processors=[merge_contextvars]) as lines:
        campaign_id = release(estate)
        with tenancy.account(estate.account_id):
            chunks = list(Chunk.objects.filter(campaign_id=campaign_id).order_by("number").values_list("id", flat=True))
            mailing = Campaign.objects.get(id=campaign_id).mailing_id
        asyncio.run(_send(estate.account_id, chunks, slow=slow))
    return {"account": estate.account_id, "mailing": mailing}, chunks, list(lines)


def result(provider: str, state: str) -> float:
    labels = {"relay": "127.0.0.1", "provider": provider, "result": state}
    found = REGISTRY.get_sample_value("mailflatrate_results_total", labels)
    assert found is not None, "every series exists before anything happens"
    return found


def observed() -> float:
    found = REGISTRY.get_sample_value("mailflatrate_relay_seconds_count", {"relay": "127.0.0.1"})
    assert found is not None
    return found


def told(lines: list[Line], event: str) -> Line:
    (found,) = [line for line in lines if line["event"] == event]
    return found


def test_a_campaign_can_be_followed_in_the_log() -> None:
    begin_relay("127.0.0.1")
    before = observed()
    whose, chunks, lines = sent()
    assert 3 <= observed() - before <= 4, "every 16th message is timed"
    assert told(lines, "campaign_planned").items() >= (whose | {"planned": PEOPLE, "skipped": 0}).items()
    done = [line for line in lines if line["event"] == "chunk_done"]
    assert [line["chunk"] for line in done] == chunks
    assert all(line.items() >= (whose | {"job": "delivery.send_chunk", "halt": ""}).items() for line in done)
    assert sum(line["sent"] for line in done) == PEOPLE
    finished = told(lines, "campaign_sent")
    assert finished.items() >= (whose | {"sent": PEOPLE}).items()
    assert finished["per_second"] > 0
    assert not [line for line in lines if line["event"] == "deferral_wave"]


def test_a_provider_that_defers_much_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_counts, "WAVE_LEAST", 10)
    begin_relay("127.0.0.1")
    before = result("united_internet", "deferred"), result("other", "sent")
    whose, chunks, lines = sent(slow="gmx.de")
    after = result("united_internet", "deferred"), result("other", "sent")
    assert (after[0] - before[0], after[1] - before[1]) == (30, 30)
    assert result("apple", "bounced") == 0, "a series exists before anything happened"
    wave = told(lines, "deferral_wave")
    assert wave.items() >= (whose | {"provider": "united_internet", "deferred": 30, "attempted": 30}).items()
    assert (wave["reply"], wave["log_level"], wave["chunk"]) == ("451 4.7.650 Slow down", "warning", chunks[0])


def test_a_release_is_logged(anna: Customer) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        campaign = anna.sending()
    found = told(list(lines), "campaign_released")
    assert found.items() >= {"account": anna.account_id, "mailing": campaign.mailing_id, "editions": 1}.items()
