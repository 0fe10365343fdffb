"""The journal says what was under way, whatever moment its process died in.

A journal on a disk that was full, or that rots: damaged lines are skipped and counted, and reading goes on.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.delivery.send.journal import (
    Journal,
    entries,
    host_name,
    is_damaged,
    is_held,
    last_entries,
    taken_over,
)
from mailflatrate.apps.delivery.send.sent_record import read_folder, set_aside
from mailflatrate.base.metrics.names import JOURNAL_DAMAGED
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage


def reply(delivery_id: int, kind: OutcomeKind, code: int, text: str) -> SendOutcome:
    return SendOutcome(delivery_id, kind, Stage.DATA_END, code, "2.0.0", text, False, "relay.example:25")


def test_the_last_word_on_each_letter_of_each_chunk(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.started(101)
    journal.replied(reply(100, OutcomeKind.ACCEPTED, 250, "queued as\r\n A B"), 1_700_000_000_123)
    journal.begin_chunk(2, 20)
    journal.started(101)
    journal.replied(reply(102, OutcomeKind.NOT_SENT, 0, ""), 5)
    found = {(each.chunk_id, each.delivery_id): each for each in last_entries(journal.path, range(200))}
    assert found.keys() == {(10, 100), (10, 101), (20, 101), (20, 102)}
    accepted = found[10, 100].outcome
    assert accepted == reply(100, OutcomeKind.ACCEPTED, 250, "queued as A B")
    assert (found[10, 100].account_id, found[10, 100].at_ms) == (1, 1_700_000_000_123)
    assert found[10, 101].outcome is None
    assert found[20, 101].outcome is None
    not_sent = found[20, 102].outcome
    assert not_sent is not None
    assert (not_sent.kind, not_sent.text) == (OutcomeKind.NOT_SENT, "")
    journal.close(settled=True)


def test_a_letter_that_is_tried_again_is_in_doubt_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.replied(reply(100, OutcomeKind.DEFERRED, 450, "later"), 1)
    journal.started(100)
    assert [each.outcome for each in last_entries(journal.path, range(200))] == [None]
    journal.close(settled=True)


def test_a_torn_line_is_no_line(tmp_path: Path) -> None:
    """A reply cut off in the middle gives its message an unknown result; a start cut off had no message yet."""
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.replied(reply(100, OutcomeKind.ACCEPTED, 250, "ok"), 1)
    whole = journal.path.read_bytes()
    for end in range(whole.index(b"R "), len(whole)):
        torn = tmp_path / "torn"
        torn.write_bytes(whole[:end])
        assert [each.outcome for each in last_entries(torn, range(200))] == [None]
    journal.close(settled=True)


def test_the_lock_tells_the_living_from_the_dead(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        Journal(tmp_path)
        os._exit(0)
    os.waitpid(child, 0)
    (abandoned,) = tmp_path.glob("*.journal")
    journal = Journal(tmp_path)
    assert is_held(tmp_path, journal.name)
    assert not is_held(tmp_path, abandoned.stem)
    with taken_over(journal.path) as mine:
        assert not mine
    with taken_over(abandoned) as mine:
        assert mine
        with taken_over(abandoned) as twice:
            assert not twice
    journal.close(settled=False)
    assert journal.path.exists()


def test_reset_and_a_clean_end_leave_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.reset()
    assert (journal.size_bytes, journal.path.read_bytes()) == (0, b"")
    journal.begin_chunk(1, 11)
    assert journal.path.read_bytes() == b"C 1 11 ~1e9628c9\n"
    journal.close(settled=True)
    assert not journal.path.exists()


def test_one_name_a_host(tmp_path: Path) -> None:
    assert host_name(tmp_path) == host_name(tmp_path)
    assert Journal(tmp_path).name.startswith(f"{host_name(tmp_path)}.{os.getpid()}.")


def test_a_late_reply_is_of_its_chunk_although_another_has_begun(tmp_path: Path) -> None:
    """As after a wait for a silent relay, while the others of its pool went on."""
    journal = Journal(tmp_path)
    for chunk_id, delivery_id in ((10, 100), (11, 200)):
        journal.begin_chunk(1, chunk_id)
        journal.started(delivery_id)
    for chunk_id, delivery_id in ((10, 100), (11, 200)):
        journal.begin_chunk(1, chunk_id)
        journal.replied(reply(delivery_id, OutcomeKind.ACCEPTED, 250, "ok"), 1)
    found = last_entries(journal.path, {100, 200})
    assert [(each.chunk_id, each.delivery_id, each.outcome is not None) for each in found] == [
        (10, 100, True),
        (11, 200, True),
    ]
    journal.reset()
    journal.begin_chunk(1, 11)
    journal.started(201)
    assert [(each.chunk_id, each.delivery_id) for each in entries(journal.path)] == [(11, 201)]
    journal.close(settled=True)


def accepted(delivery_id: int) -> SendOutcome:
    return SendOutcome(delivery_id, OutcomeKind.ACCEPTED, Stage.DATA_END, 250, "2.0.0", "ok ~deadbeef", False, "r:25")


def full_at(journal: Journal, octets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so much of the next line fits."""
    write = os.write
    with monkeypatch.context() as patch, pytest.raises(OSError, match=r"part of a line|No space"):
        patch.setattr(os, "write", lambda file, data: write(file, bytes(data)[:octets]))
        journal.started(101)


@pytest.mark.parametrize("octets", range(18))
def test_what_a_full_disk_cut_off_is_closed_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, octets: int
) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    full_at(journal, min(octets, len(b"S 101 ~00000000\n") - 1), monkeypatch)
    journal.replied(accepted(100), 5)
    journal.started(102)
    found = {entry.delivery_id: entry.outcome for entry in last_entries(journal.path, range(200))}
    assert found.pop(101, None) is None, "nothing of it was sent"
    assert found == {100: accepted(100), 102: None}
    set_aside(journal.path)
    assert {entry.delivery_id for entry in read_folder(tmp_path)} >= {100, 102}
    journal.close(settled=True)


def test_a_journal_of_the_version_before_is_read_even_if_a_line_was_written_into_another(tmp_path: Path) -> None:
    old = tmp_path / "one.1.a.b.journal"
    old.write_bytes(
        b"C 1 10\nS 100\nR 100 accepted 250 2.0.0 data_end 5 r:25 ok\nS 10S 101\nR 101 acceS 102\nR 1\nS 103\n"
    )
    before = JOURNAL_DAMAGED._value.get()
    found = {entry.delivery_id: entry.outcome and entry.outcome.kind for entry in entries(old)}
    assert found == {100: OutcomeKind.ACCEPTED, 101: None, 102: None, 103: None}
    assert JOURNAL_DAMAGED._value.get() == before + 3
    assert is_damaged(old), "so it proves nothing about what is not in it"


def test_a_whole_journal_is_not_damaged(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.replied(accepted(100), 5)
    assert not is_damaged(journal.path)
    journal.path.write_bytes(journal.path.read_bytes() + b"S 10")
    assert not is_damaged(journal.path), "the last line had no message yet"
    before = JOURNAL_DAMAGED._value.get()
    assert [entry.delivery_id for entry in entries(journal.path)] == [100, 100]
    assert JOURNAL_DAMAGED._value.get() == before + 1, "its torn end is reported"
    journal.close(settled=True)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_octets_stop_the_reader_or_invent_a_reply(tmp_path: Path, data: st.DataObject) -> None:
    """Octets are changed, cut out and put in; what a line with a checksum says is true or not said."""
    journal = Journal(tmp_path)
    for chunk in (10, 20):
        journal.begin_chunk(1, chunk)
        for delivery_id in range(chunk * 10, chunk * 10 + 4):
            journal.started(delivery_id)
            journal.replied(accepted(delivery_id), delivery_id)
    octets = bytearray(journal.path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(octets)))
        octets[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    path = tmp_path / "damaged.journal"
    path.write_bytes(octets)
    for entry in entries(path):
        assert 0 < entry.delivery_id < 2**63
        if entry.outcome is not None and entry.outcome.text == "ok ~deadbeef":
            assert entry.outcome == accepted(entry.outcome.delivery_id)
            assert entry.at_ms == entry.delivery_id
    is_damaged(path)
    path.unlink()
    journal.close(settled=True)


def test_the_host_s_name_is_read_without_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = host_name(tmp_path)

    def full(*_given: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert host_name(tmp_path) == name
