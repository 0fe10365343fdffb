"""A sender claims only in a database that knows it and that its host has accepted; otherwise all sending is held."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import psycopg
import pytest
from asgiref.sync import sync_to_async

from estate import Estate, release
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.models import Chunk, ChunkState
from mailflatrate.apps.delivery.recovery import sender_processes, withdrawal_logs
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import tenancy
from mailflatrate.settings.database_memory import SENDERS, DatabaseMemory, DatabaseState, MatchKind, SeenDatabase
from mailflatrate.settings.schema import load_settings
from support.fake_relay import FakeRelay
from support.waiting import wait_until_async

PEOPLE = 3


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    fence.ensure_fence()
    with psycopg.connect(database, autocommit=True) as link:
        link.execute("DELETE FROM sender_process")
        link.execute("DELETE FROM withdrawals_place")
        yield link
        link.execute("DELETE FROM sender_process")
        link.execute("DELETE FROM withdrawals_place")
        link.execute("UPDATE sending_fence SET held_at = NULL, cause = '', reason = '', missing = 0")


def ready(estate: Estate, campaign_id: int) -> int:
    with tenancy.account(estate.account_id):
        return Chunk.objects.get(campaign_id=campaign_id, state=ChunkState.READY).id


def sent_by(estate: Estate, chunk_id: int, meanwhile: Callable[[Sender], Awaitable[None]]) -> int:
    """Start a sender, let something happen, then let it work the chunk until it is done; how many messages left."""

    async def work() -> int:
        async with FakeRelay() as relay:
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                await meanwhile(sender)
                await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()
            return len(relay.received)

    return asyncio.run(work())


async def held_because(cause: fence.HoldCause) -> fence.Hold:
    """Wait until all sending is on hold for this cause."""

    async def hold() -> fence.Hold | None:
        found = await sync_to_async(fence.current_hold)()
        return found if found is not None and found.cause is cause else None

    found = await wait_until_async(hold, f"sending is held: {cause}")
    assert found is not None
    return found


async def opened() -> None:
    async def is_open() -> bool:
        return not await sync_to_async(fence.is_held)()

    await wait_until_async(is_open, "sending resumes")


def test_a_sender_whose_row_is_missing_holds_replays_and_goes_on(
    estate: Estate, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    """As on a replica that was promoted without having heard of this sender."""
    chunk_id = ready(estate, release(estate))

    async def forgotten(sender: Sender) -> None:
        def has_joined() -> bool:
            return not sender._admission.fenced.is_set()

        await wait_until_async(has_joined, "the sender joins")
        owner.execute("DELETE FROM sender_process")
        await sender.work_chunk(estate.account_id, chunk_id)
        hold = await held_because(fence.HoldCause.REJOINED)
        assert "does not know" in hold.reason or "doesn't know" in hold.reason
        await sync_to_async(withdrawal_logs.note_read)("place", "host", held_at=hold.since)
        await opened()
        await wait_until_async(has_joined, "the sender joins again")

    assert sent_by(estate, chunk_id, forgotten) == PEOPLE


def test_a_sign_of_life_makes_no_database_know_a_sender(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """The database may have changed since the sender asked whether it is known."""
    assert not sender_processes.note_alive("one.1.a.b")
    assert not sender_processes.knows("one.1.a.b")
    sender_processes.note_seen("one.1.a.b")
    assert sender_processes.note_alive("one.1.a.b")


def test_a_database_behind_what_its_host_has_seen_waits_for_a_person(
    estate: Estate, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    """As after a snapshot of its disk was put back."""
    chunk_id = ready(estate, release(estate))
    state = fence.read_state()
    assert state is not None
    memory = DatabaseMemory(load_settings().data_dir / "journal" / SENDERS)
    memory.accept(replace(state, position=state.position + 10**9))

    async def person(sender: Sender) -> None:
        hold = await held_because(fence.HoldCause.RESTORED)
        assert "earlier state" in hold.reason
        await sender.work_chunk(estate.account_id, chunk_id)
        await sync_to_async(withdrawal_logs.note_all_read)()

        async def is_accounted() -> bool:
            found = await sync_to_async(fence.current_hold)()
            return found is not None and not found.waits_for

        await wait_until_async(is_accounted, "the sender reports")
        await sync_to_async(fence.resume_all)(set(), nothing_lost=True)

        async def is_accepted() -> bool:
            return memory.judge(memory.read(), await sync_to_async(fence.read_state)()).match is MatchKind.KNOWN

        await wait_until_async(is_accepted, "the sender accepts it")

    assert sent_by(estate, chunk_id, person) == PEOPLE


def test_what_another_process_notes_while_the_database_answers_holds_nothing(
    owner: psycopg.Connection[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Senders of a host share its memory: the position of one claim is noted while another process asks for it."""
    memory = DatabaseMemory(load_settings().data_dir / "journal" / SENDERS)
    answer = fence.read_state
    state = answer()
    assert state is not None
    memory.accept(state)

    def answered_late() -> DatabaseState | None:
        found = answer()
        memory.note_position(state.position + 10**9)
        return found

    monkeypatch.setattr(fence, "read_state", answered_late)
    assert fence.check(memory) is None
    monkeypatch.setattr(fence, "read_state", answer)
    hold = fence.check(memory)
    assert hold is not None, "the next check knows better"
    assert hold.cause is fence.HoldCause.RESTORED


def test_content_leaves_only_once_its_host_remembers_the_claim(
    estate: Estate, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    chunk_id = ready(estate, release(estate))
    state = fence.read_state()
    assert state is not None

    async def nothing(sender: Sender) -> None:
        await asyncio.sleep(0)

    assert sent_by(estate, chunk_id, nothing) == PEOPLE
    seen = DatabaseMemory(load_settings().data_dir / "journal" / SENDERS).read()
    assert seen is not None
    assert seen.position > state.position


def test_a_host_that_joined_after_a_snapshot_is_waited_for(
    estate: Estate, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    """The snapshot doesn't know it, and without its journal nobody knows what it sent."""
    sender_processes.note_seen("one.1.a.b")
    owner.execute("UPDATE sending_fence SET held_at = now(), cause = 'restored'")
    hold = fence.current_hold()
    assert hold is not None
    withdrawal_logs.note_read("place", "host", held_at=hold.since)
    seen = SeenDatabase("1/5/9", 1, 1, 100, "", hold.since, is_synchronous=True, hosts=("one", "two"))
    fence.note_replayed("one.1.a.b", 0, seen)
    with pytest.raises(fence.NotAccounted) as refused:
        fence.resume_all(set())
    assert refused.value.names == ["two.unseen"]
    fence.resume_all({"two"})
    assert not fence.is_held()


def test_a_row_counts_once_the_replicas_were_waited_for(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    sender_processes.note_seen("one.1.a.b")
    assert not sender_processes.has_joined("one.1.a.b"), "a sender that was interrupted here waits again"
    sender_processes.note_joined("one.1.a.b")
    assert sender_processes.has_joined("one.1.a.b")
