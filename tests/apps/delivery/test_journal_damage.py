"""A journal on a disk that was full, or that rots: damaged lines are skipped and counted, and reading goes on."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.delivery.send.journal import Journal, entries, host_name, is_damaged, last_entries
from mailflatrate.apps.delivery.send.sent_record import read_folder, set_aside
from mailflatrate.base.metrics.names import JOURNAL_DAMAGED
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage


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
