"""A sender claims only in a database that knows it and that its host has accepted; otherwise all sending is held.

A hold that was copied with its database, to a replica or a backup, begins anew: hosts may have sent since.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from asgiref.sync import sync_to_async

from estate import Estate, release
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.fence import HoldCause
from mailflatrate.apps.delivery.models import Chunk, ChunkState
from mailflatrate.apps.delivery.recovery import sender_processes, withdrawal_logs
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import clock
from mailflatrate.settings.database_memory import SENDERS, DatabaseMemory, DatabaseState, MatchKind, SeenDatabase
from mailflatrate.settings.schema import load_settings
from support.fake_relay import FakeRelay
from support.scope import rows
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
    return rows(estate, Chunk).get(campaign_id=campaign_id, state=ChunkState.READY).id


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


SENDER, HOST = "host.1", "pages"


@pytest.fixture
def held(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A hold after a promotion in which everyone has reported; it was left on the server this is a copy of."""
    fence.ensure_fence()
    with psycopg.connect(database, autocommit=True) as owner:
        identity = owner.execute("SELECT identity FROM sending_fence").fetchone()
        owner.execute("SELECT server_run()")
        owner.execute("INSERT INTO sender_process (name, has_joined) VALUES (%s, true)", [SENDER])
        withdrawal_logs.note_place("place", HOST)
        owner.execute("UPDATE sending_fence SET identity = regexp_replace(identity, '/[0-9A-F]{8}/', '/0000BEEF/')")
        hold = fence.check()
        assert hold is not None and hold.cause is HoldCause.PROMOTED
        fence.note_replayed(SENDER, 0)
        withdrawal_logs.note_read("place", HOST, held_at=hold.since)
        yield owner
        owner.execute("DELETE FROM sender_process")
        owner.execute("DELETE FROM withdrawals_place")
        owner.execute("UPDATE sending_fence SET held_at = NULL, cause = '', reason = '', identity = %s", identity)


def unreported() -> tuple[list[str], tuple[str, ...]]:
    hold = fence.check()
    assert hold is not None
    return hold.waits_for, hold.unread


def test_reports_of_another_run_do_not_count(held: psycopg.Connection[tuple[object, ...]]) -> None:
    assert unreported() == ([], ())
    held.execute("DELETE FROM server_run")  # as in a promoted replica
    assert unreported() == ([SENDER], (HOST,))
    hold = fence.current_hold()
    assert hold is not None and hold.waits_until is not None, "hosts that it doesn't know have their minute again"


@pytest.mark.slow
def test_reports_before_a_backup_do_not_count(held: psycopg.Connection[tuple[object, ...]]) -> None:
    fence.hold_restored(clock.now() - timedelta(hours=1))
    hold = fence.check()
    assert hold is not None and hold.cause is HoldCause.RESTORED
    assert (hold.waits_for, hold.unread) == ([SENDER], (HOST,))


def test_a_graver_cause_takes_the_place_of_a_hold(held: psycopg.Connection[tuple[object, ...]]) -> None:
    """A rejoined hold ends by itself, which a promoted or restored database's must not on the same reports."""
    held.execute("UPDATE sending_fence SET cause = 'rejoined'")
    assert unreported() == ([SENDER], (HOST,))
    assert fence.current_hold().cause is HoldCause.PROMOTED  # type: ignore[union-attr]
    held.execute("UPDATE sending_fence SET identity = '1' || identity")
    fence.check()
    assert fence.current_hold().cause is HoldCause.RESTORED  # type: ignore[union-attr]


def test_a_promoted_hold_whose_senders_ended_stays_one(held: psycopg.Connection[tuple[object, ...]]) -> None:
    """They delete their rows when they end in order; that makes no backup of a replica."""
    held.execute("DELETE FROM sender_process")
    held.execute("DELETE FROM withdrawals_place")
    hold = fence.check()
    assert hold is not None and hold.cause is HoldCause.PROMOTED
