"""A hold that was copied with its database, to a replica or a backup, begins anew: hosts may have sent since."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.fence import HoldCause
from mailflatrate.apps.delivery.recovery import withdrawal_logs
from mailflatrate.base import clock

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
