"""A relay that is silent at the dot costs the messages there an unknown result after the time the operator set."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from estate import build_estate, release
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, Relay
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
from mailflatrate.apps.delivery.relays.relay_cache import settings_relay
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.smtp import group as smtp_group
from support.fake_relay import ANY, HANG, HOLD, FakeRelay, Step
from support.scope import rows
from support.waiting import wait_until_async

PEOPLE = 12
EVERYONE, CHUNK, CONNECTIONS = 120, 30, 3


@pytest.mark.parametrize("seconds", [600, 30])
def test_the_setting_is_the_relays_time(seconds: int) -> None:
    settings = load_settings().model_copy(update={"relay_host": "relay.example", "relay_reply_seconds": seconds})
    assert settings_relay(settings).config.timeouts.data_end_seconds == seconds
    assert load_settings().relay_reply_seconds == 600, "what RFC 5321 section 4.5.3.2.6 asks for"


def test_only_messages_at_the_silent_dots_are_unknown() -> None:
    estate = build_estate(PEOPLE)
    campaign_id = release(estate)
    chunk_id = rows(estate, Chunk).get(campaign_id=campaign_id).id

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
    states = list(rows(estate, Delivery).filter(campaign_id=campaign_id).values_list("state", flat=True))
    assert sorted(states) == ["in_doubt"] * 2 + ["sent"] * (PEOPLE - 2)


class Pool:
    """A pool of one account: a relay that falls silent, a relay that works, and two slots of a worker."""

    def __init__(self, silent: FakeRelay, working: FakeRelay) -> None:
        self.estate = build_estate(EVERYONE)
        self.silent, self.working = silent, working
        for name, relay in (("silent", silent), ("working", working)):
            own: dict[str, Any] = {"pool": "dedicated", "account_id": self.estate.account_id}
            draft = RelayDraft(name, "127.0.0.1", relay.port, tls="never", connections=CONNECTIONS, **own)
            with tenancy.platform(PlatformReason.RELAYS):
                add_relay(draft, by=audit.machine("tests.silent"))

    def ready(self) -> list[int]:
        with tenancy.account(self.estate.account_id):
            found = list(Chunk.objects.filter(state=ChunkState.READY).order_by("number").values_list("id", flat=True))
        connections.close_all()
        return found

    def states(self, campaign_id: int) -> Counter[str]:
        found = Counter(rows(self.estate, Delivery).filter(campaign_id=campaign_id).values_list("state", flat=True))
        connections.close_all()
        return found

    def release(self) -> int:
        campaign_id = release(self.estate)
        connections.close_all()
        return campaign_id

    @property
    def at_dots(self) -> int:
        """How many contents the silent relay got."""
        return self.silent.counts[Step.DATA_END]

    async def work(self, sender: Sender, until: Callable[[], bool], what: str) -> None:
        """Send what can be sent until something is the case."""
        is_over = asyncio.Event()

        async def slot() -> None:
            while not is_over.is_set():
                for chunk_id in await asyncio.to_thread(self.ready):
                    await sender.work_chunk(self.estate.account_id, chunk_id)
                await asyncio.sleep(0)

        slots = [asyncio.ensure_future(slot()) for _ in range(load_settings().sender_chunks_at_once)]
        try:
            await wait_until_async(lambda: asyncio.to_thread(until), what)
        finally:
            is_over.set()
            await asyncio.wait_for(asyncio.gather(*slots), 30)

    def nobody_got_a_campaign_twice(self, campaigns: int) -> bool:
        got = Counter(letter.recipient for relay in (self.silent, self.working) for letter in relay.received)
        return len(got) == EVERYONE and set(got.values()) == {campaigns}


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setattr(smtp_group, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": CHUNK}))
    with FakeRelay().run_in_thread() as silent, FakeRelay().run_in_thread() as working:
        yield Pool(silent, working)
    rows(PlatformReason.RELAYS, Relay).all().delete()


MOST_CAMPAIGNS = 60


@pytest.mark.slow
@pytest.mark.parametrize("step", [Step.DATA_END, Step.MAIL])
def test_the_working_relay_of_a_pool_takes_what_a_silent_one_does_not(pool: Pool, step: Step) -> None:
    """The campaign goes on, and the silent relay takes part again once it answers."""
    pool.silent.on(step, ANY, HOLD if step is Step.DATA_END else HANG)
    first = pool.release()
    campaigns = [first]

    async def work() -> None:
        sender = Sender(load_settings().model_copy(update={"relay_pause_max_seconds": 1}))
        try:
            await pool.work(
                sender,
                lambda: pool.silent.counts[step] > 0 and pool.states(first)["pending"] <= pool.at_dots,
                "all results but those of contents at silent dots",
            )
            assert pool.at_dots <= CONNECTIONS
            assert len(pool.working.received) == EVERYONE - pool.at_dots
            pool.silent.forget()
            pool.silent.release()
            before = len(pool.silent.received)
            second = await asyncio.to_thread(pool.release)
            campaigns.append(second)
            await pool.work(sender, lambda: pool.states(second) == {"sent": EVERYONE}, "the second campaign")
            assert await asyncio.to_thread(pool.states, first) == {"sent": EVERYONE}
            while len(pool.silent.received) <= before + CHUNK:  # tried again after its pause, it has its share again
                another = await asyncio.to_thread(pool.release)
                campaigns.append(another)
                await pool.work(sender, lambda: pool.states(campaigns[-1]) == {"sent": EVERYONE}, "another campaign")
                assert len(campaigns) < MOST_CAMPAIGNS, "the relay that was silent takes part again"
        finally:
            await sender.close()

    asyncio.run(work())
    assert pool.nobody_got_a_campaign_twice(len(campaigns))


@pytest.mark.slow
def test_only_what_a_silent_relay_has_is_unknown_when_the_process_ends(pool: Pool) -> None:
    pool.silent.on(Step.DATA_END, ANY, HANG)
    campaign_id = pool.release()

    async def work(until: Callable[[], bool]) -> None:
        sender = Sender(load_settings())
        try:
            await pool.work(sender, until, "the results of the working relay")
        finally:
            sender.stop()
            await asyncio.wait_for(sender.close(), 20)

    asyncio.run(work(lambda: 0 < pool.at_dots == pool.states(campaign_id)["pending"]))
    unknown = pool.at_dots
    assert unknown <= CONNECTIONS
    pool.silent.forget()
    asyncio.run(work(lambda: not pool.states(campaign_id)["pending"]))
    assert pool.states(campaign_id) == {"sent": EVERYONE - unknown, "in_doubt": unknown}
    assert pool.nobody_got_a_campaign_twice(1)
