"""A relay that is silent at the dot stops its own pool; other pools and confirmation mails go on, and nothing gets lost
when the process ends meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from django.db import connections

from estate import Estate, build_estate, release
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, Relay
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
from mailflatrate.apps.delivery.send import chunk as chunk_work
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, HANG, FakeRelay, Step
from support.forms import customer_with_form, fresh_address
from support.scope import within
from support.waiting import wait_until_async

PEOPLE, OTHERS, CONNECTIONS, CHUNK = 60, 30, 10, 30
OTTO = audit.machine("tests.silent")


@pytest.fixture(autouse=True)
def _no_relays() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    with tenancy.platform(PlatformReason.RELAYS):
        Relay.objects.all().delete()


def give_relay(estate: Estate, relay: FakeRelay) -> None:
    """A relay that only this account uses, with the defaults of a new one."""
    name = f"own {estate.account_id}"
    draft = RelayDraft(name, "127.0.0.1", relay.port, tls="never", pool="dedicated", account_id=estate.account_id)
    assert draft.connections == CONNECTIONS
    within(PlatformReason.RELAYS, add_relay, draft, by=OTTO)


def chunks(estate: Estate) -> list[tuple[int, int]]:
    with tenancy.account(estate.account_id):
        rows = Chunk.objects.filter(state=ChunkState.READY).order_by("number").values_list("id", flat=True)
        found = [(estate.account_id, chunk_id) for chunk_id in rows]
    connections.close_all()
    return found


def states(estate: Estate) -> Counter[str]:
    with tenancy.account(estate.account_id):
        found = Counter(Delivery.objects.values_list("state", flat=True))
    connections.close_all()
    return found


def heartbeat(estate: Estate) -> datetime | None:
    with tenancy.account(estate.account_id):
        found = Chunk.objects.filter(state=ChunkState.SENDING).values_list("heartbeat_at", flat=True).first()
    connections.close_all()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("silent_pools", [1, 3])
def test_other_pools_and_confirmations_go_on(silent_pools: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with the two slots of the defaults, and more work for silent relays than slots before all other work."""
    monkeypatch.setattr(chunk_work, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": CHUNK}))
    stuck = [build_estate(PEOPLE) for _ in range(silent_pools)]
    other, lindenhof, dora = build_estate(OTHERS), customer_with_form(), fresh_address()
    with ExitStack() as stack:
        relays = [stack.enter_context(FakeRelay().run_in_thread()) for _ in stuck]
        fast = stack.enter_context(FakeRelay().run_in_thread())
        for estate, relay in zip(stuck, relays, strict=True):
            relay.on(Step.DATA_END, ANY, HANG)
            give_relay(estate, relay)
            release(estate)
        release(other)
        lindenhof.sign_up(dora)
        update = {"relay_host": "127.0.0.1", "relay_port": fast.port}
        settings = load_settings().model_copy(update=update)
        waiting = [place for estate in stuck for place in chunks(estate)] + chunks(other)

        async def work() -> None:
            sender = Sender(settings)

            async def slot() -> None:
                while waiting:
                    await sender.work_chunk(*waiting.pop(0))

            slots = [asyncio.ensure_future(slot()) for _ in range(settings.sender_chunks_at_once)]
            try:
                await wait_until_async(lambda: all(relay.counts[Step.DATA_END] for relay in relays[:2]), "silence")
                await asyncio.wait_for(sender.work_confirmations(lindenhof.account_id), 30)
                await wait_until_async(lambda: len(fast.received) == OTHERS + 1, "the other pools' mail", seconds=40)
                await asyncio.gather(*slots)
                before = [await asyncio.to_thread(heartbeat, estate) for estate in stuck]
                assert None not in before, "their chunks are still claimed"

                async def are_alive() -> bool:
                    now = [await asyncio.to_thread(heartbeat, estate) for estate in stuck]
                    return all(one and two and two > one for one, two in zip(before, now, strict=True))

                await wait_until_async(are_alive, "the heartbeats of chunks without a job")
            finally:
                sender.stop()
                await asyncio.wait_for(sender.close(), 11.5)
                for each in slots:
                    each.cancel()

        asyncio.run(work())
        assert states(other) == {"sent": OTHERS}
        assert all(1 <= relay.counts[Step.DATA_END] <= CONNECTIONS for relay in relays)
        for relay in relays:
            relay.forget()
        asyncio.run(finish(settings, stuck))
        for estate, relay in zip(stuck, relays, strict=True):
            assert states(estate) == {"sent": PEOPLE - CONNECTIONS, "in_doubt": CONNECTIONS}
            got = Counter(letter.recipient for letter in relay.received)
            assert len(got) == PEOPLE
            assert set(got.values()) == {1}, "nobody gets it twice"


async def finish(settings: object, estates: list[Estate]) -> None:
    """A second process reads the journals of the first and sends the rest."""
    sender = Sender(settings)  # type: ignore[arg-type]  # the settings of the test

    async def is_done() -> bool:
        for estate in estates:
            for place in await asyncio.to_thread(chunks, estate):
                await sender.work_chunk(*place)
        found = [await asyncio.to_thread(states, estate) for estate in estates]
        return all("pending" not in each for each in found)

    try:
        await wait_until_async(is_done, "the rest", seconds=60)
    finally:
        await sender.close()
