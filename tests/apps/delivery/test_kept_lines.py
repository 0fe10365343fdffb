"""What a sender keeps of its journal is what the journal says."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.sent_record import KEPT, set_aside, was_set_aside
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage


def reply(delivery_id: int, kind: OutcomeKind) -> SendOutcome:
    return SendOutcome(delivery_id, kind, Stage.DATA_END, 250, "2.0.0", "ok", False, "relay.example:25")


def kept(folder: Path) -> list[bytes]:
    """The lines of the only kept file, which is removed; none without one."""
    lines = [line for path in folder.glob(f"*{KEPT}") for line in path.read_bytes().splitlines()]
    for path in folder.glob(f"*{KEPT}"):
        path.unlink()
    return lines


EVENTS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.sampled_from([None, *OutcomeKind])), max_size=25)


@given(EVENTS)
def test_what_a_process_sets_aside_is_what_its_journal_says(events: list[tuple[int, int, OutcomeKind | None]]) -> None:
    folder = Path(tempfile.mkdtemp())
    journal = Journal(folder)
    for at_ms, (chunk_id, delivery_id, kind) in enumerate(events, 1):
        journal.begin_chunk(7, chunk_id)
        if kind is None:
            journal.started(delivery_id)
        else:
            journal.replied(reply(delivery_id, kind), at_ms)
    set_aside(journal.path, now=50.0)
    read = kept(folder)
    set_aside(journal, now=50.0)
    assert kept(folder) == read
    journal.reset()
    set_aside(journal, now=50.0)
    assert kept(folder) == [], "an emptied journal has nothing to save"
    journal.close(settled=True)
    shutil.rmtree(folder)


def test_what_a_full_disk_did_not_take_is_set_aside_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.replied(reply(100, OutcomeKind.ACCEPTED), 5)
    journal.started(101)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        assert not was_set_aside(journal)
    assert was_set_aside(journal)
    assert [line.split()[:2] for line in kept(tmp_path)] == [[b"C", b"1"], [b"A", b"100"], [b"U", b"101"]]
    journal.close(settled=True)
