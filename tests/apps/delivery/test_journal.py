"""The journal says what was under way, whatever moment its process died in."""

import os
from pathlib import Path

from mailflatrate.apps.delivery.send.journal import Journal, entries, host_name, is_held, last_entries, taken_over
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
