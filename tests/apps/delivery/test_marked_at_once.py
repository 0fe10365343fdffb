"""A sender beside its database marks a whole claim with one statement; its journal alone says what was begun."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from django.db import connections

from estate import Estate, release
from mailflatrate.apps.delivery.actions import campaigns, lost_host
from mailflatrate.apps.delivery.models import Begun, Chunk, ChunkState, Delivery, LostClaim
from mailflatrate.apps.delivery.recovery import sender_processes
from mailflatrate.apps.delivery.send import recovery
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import MarkMode, Settings, load_settings
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage
from support.fake_relay import ANY, HANG, FakeRelay, Step
from support.scope import rows, within
from support.sql import by_owner
from support.waiting import stays_async, wait_until_async

T = TypeVar("T")
PEOPLE = 12
PATIENCE_SECONDS = 15.0


@pytest.fixture(autouse=True)
def alone() -> None:
    """No sender of another test, or of another host, was seen lately."""
    by_owner("DELETE FROM sender_process")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal


def planned(estate: Estate) -> tuple[int, int, list[int]]:
    """Campaign, its only chunk, and the deliveries in it."""
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk_id = Chunk.objects.get(campaign_id=campaign_id).id
        ids = list(Delivery.objects.filter(chunk_id=chunk_id).order_by("id").values_list("id", flat=True))
    return campaign_id, chunk_id, ids


def states(estate: Estate, ids: list[int]) -> list[str]:
    found = dict(rows(estate, Delivery).filter(id__in=ids).values_list("id", "state"))
    return [found[each] for each in ids]


def relay_settings(relay: FakeRelay, marks: MarkMode = MarkMode.AUTO) -> Settings:
    update = {"relay_host": "127.0.0.1", "relay_port": relay.port, "sender_connections": 1, "sender_marks": marks}
    return load_settings().model_copy(update=update)


async def aside(function: Callable[..., T], *arguments: object) -> T:
    """Run something that uses the ORM in a thread that leaves no connection behind."""

    def run() -> T:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def ready(estate: Estate, campaign_id: int) -> list[int]:
    def read() -> list[int]:
        with tenancy.account(estate.account_id):
            found = Chunk.objects.filter(campaign_id=campaign_id, state=ChunkState.READY)
            return list(found.values_list("id", flat=True))

    return await aside(read)


@pytest.mark.parametrize(
    ("marks", "other_host", "first_mark"),
    [(MarkMode.AUTO, False, PEOPLE), (MarkMode.AUTO, True, 1), (MarkMode.EACH, False, 1)],
)
def test_what_the_database_knows_when_the_first_message_begins(
    database: str, estate: Estate, marks: MarkMode, other_host: bool, first_mark: int
) -> None:
    """Everything is called begun at once, unless another host sends or the operator wants each message marked."""
    _, chunk_id, ids = planned(estate)
    if other_host:
        sender_processes.note_seen("elsewhere.1.a.b")
    seen: list[int] = []

    async def work(owner: psycopg.Connection[tuple[object, ...]]) -> None:
        async with FakeRelay() as relay:

            def check_claim(*_given: object) -> None:
                found = owner.execute("SELECT under_way FROM begun WHERE chunk_id = %s", [chunk_id]).fetchone()
                assert found is not None
                seen.append(len(found[0]))  # type: ignore[arg-type]

            relay.on(Step.DATA_END, ANY, check_claim)
            sender = Sender(relay_settings(relay, marks))
            try:
                await wait_until_async(lambda: sender._upkeep.is_alone is not None, "what the sender knows of others")
                await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()

    with psycopg.connect(database, autocommit=True) as owner:
        asyncio.run(work(owner))
    assert seen[0] == first_mark
    assert len(seen) == PEOPLE
    assert states(estate, ids) == ["sent"] * PEOPLE


@pytest.mark.slow
def test_a_living_senders_claim_that_is_taken_over_is_unknown_until_that_sender_has_ended_it(estate: Estate) -> None:
    """As when its outcomes were stuck too long. What it had not begun is sent then, and nothing twice."""
    campaign_id, chunk_id, ids = planned(estate)

    def take_over() -> None:
        name = rows(estate, Chunk).get(id=chunk_id).claimed_by
        lost_host.abandon_chunk(estate.account_id, chunk_id, name)

    def send_unsent() -> int:
        """Nothing was left of so small a campaign, so it was over meanwhile."""
        return within(estate, campaigns.send_unsent, campaign_id)

    async def is_recorded() -> bool:
        return (await aside(states, estate, ids)).count("sent") == 4

    async def work() -> list[str]:
        async with FakeRelay() as relay:
            relay.on(Step.DATA_END, 4, HANG)
            sender = Sender(relay_settings(relay))
            try:
                await wait_until_async(lambda: sender._upkeep.is_alone is not None, "what the sender knows of others")
                job = asyncio.create_task(sender.work_chunk(estate.account_id, chunk_id))
                await wait_until_async(lambda: len(relay.received) == 5, "five messages")
                await wait_until_async(is_recorded, "the results of four")
                await aside(take_over)
                sender._upkeep.check_now()  # as it does every 15 seconds

                async def is_unknown() -> bool:
                    is_given_up = await aside(states, estate, ids) == ["sent"] * 4 + ["in_doubt"] * 8
                    return is_given_up and not await ready(estate, campaign_id)

                await stays_async(is_unknown, "all that was claimed has an unknown result", seconds=1, pause=0.1)
                relay.drop_sessions()
                await job
                assert len(relay.received) == 5, "it begins nothing more"
                assert await aside(send_unsent) == 7

                async def is_over() -> bool:
                    for chunk in await ready(estate, campaign_id):
                        await sender.work_chunk(estate.account_id, chunk)
                    return "pending" not in await aside(states, estate, ids)

                # The lost connection counts as a failure of the relay, so it is left alone for a while.
                await wait_until_async(is_over, "a result for everyone")
            finally:
                await sender.close()
            return [letter.recipient for letter in relay.received]

    received = Counter(asyncio.run(work()))
    assert set(received.values()) == {1}
    assert len(received) == PEOPLE
    assert states(estate, ids) == ["sent"] * 4 + ["in_doubt"] + ["sent"] * 7


def claimed_at_once(estate: Estate, journal: Journal) -> tuple[int, int, list[int]]:
    """A claim under one mark, whose sender began four messages and heard of three."""
    campaign_id, chunk_id, ids = planned(estate)
    with tenancy.account(estate.account_id):
        Chunk.objects.filter(id=chunk_id).update(state=ChunkState.SENDING, claimed_by=journal.name)
        Begun.objects.create(chunk_id=chunk_id, claimed_by=journal.name, begun_to=ids[-1], under_way=ids)
    journal.begin_chunk(estate.account_id, chunk_id)
    for delivery_id in ids[:4]:
        journal.started(delivery_id)
    for delivery_id in ids[:3]:
        accepted = SendOutcome(delivery_id, OutcomeKind.ACCEPTED, Stage.DATA_END, 250, None, "queued", False, "r:25")
        journal.replied(accepted, time.time_ns() // 1_000_000)
    return campaign_id, chunk_id, ids


def test_after_a_kill_the_next_sender_of_the_host_knows_each_message_by_the_journal(
    estate: Estate, journal: Journal
) -> None:
    _, _, ids = claimed_at_once(estate, journal)
    journal.close(settled=False)  # as the kernel does it
    recovery.recover_host(journal.path.parent, [], retry_policy(load_settings()))
    assert states(estate, ids) == ["sent"] * 3 + ["in_doubt"] + ["pending"] * 8
    assert not journal.path.exists()


def test_without_the_journal_everything_is_unknown_and_the_journal_settles_it_when_it_is_back(
    estate: Estate, journal: Journal
) -> None:
    _, chunk_id, ids = claimed_at_once(estate, journal)
    lost_host.abandon_chunk(estate.account_id, chunk_id, journal.name)
    assert states(estate, ids) == ["in_doubt"] * PEOPLE, "no missing mark may be taken for a message not begun"
    assert rows(estate, LostClaim).get(chunk_id=chunk_id).deliveries == ids
    journal.close(settled=False)
    recovery.recover_host(journal.path.parent, [], retry_policy(load_settings()))
    assert states(estate, ids) == ["sent"] * 3 + ["in_doubt"] + ["pending"] * 8


def test_a_journal_whose_end_may_be_missing_proves_nothing_about_the_rest(estate: Estate, journal: Journal) -> None:
    _, _, ids = claimed_at_once(estate, journal)
    recovery.recover_journal(journal.path, retry_policy(load_settings()), whole=False)
    assert states(estate, ids) == ["sent"] * 3 + ["in_doubt"] * 9
    journal.close(settled=True)
