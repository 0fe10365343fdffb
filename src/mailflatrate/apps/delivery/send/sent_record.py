"""Record of what a host's senders sent, kept for some days after it was recorded: identifiers and times, nothing else.

A database that was promoted or restored may have forgotten it; then it is replayed (ADR 0020). One file an hour for
each journal, with lines as in the journal:

    C account chunk      the messages that follow are of this chunk
    A delivery at_ms     the relay accepted it
    U delivery at_ms     its content was begun, and no reply came
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import structlog

from mailflatrate.apps.delivery.send.journal import SUFFIX, JournalEntry, entries
from mailflatrate.wire.smtp_types import OutcomeKind, SendOutcome, Stage

log = structlog.get_logger(__name__)

KEPT = ".kept"
_HOUR = 3600


def set_aside(journal: Path, *, now: float | None = None) -> None:
    """Save a journal's entries on messages that may have arrived.

    The caller empties or removes the journal afterward.
    """
    now = time.time() if now is None else now
    lines = _lines_to_keep(entries(journal), int(now * 1000))
    first = next(lines, None)
    if first is not None:
        with _opened(journal.parent / f"{journal.stem}.{int(now) // _HOUR}{KEPT}") as file:
            file.write(first)
            file.writelines(lines)


def was_set_aside(journal: Path) -> bool:
    """Set a journal aside; return False if a full disk did not take it, so that it has to stay."""
    try:
        set_aside(journal)
    except OSError as problem:
        log.error("journal_not_set_aside", journal=journal.name, problem=str(problem))
        return False
    return True


def _lines_to_keep(found: Iterable[JournalEntry], now_ms: int) -> Iterator[bytes]:
    """Yield the lines of a kept file. Only messages without a reply so far are held in memory."""
    begun: dict[tuple[int, int], JournalEntry] = {}
    chunk = None
    for entry in found:
        message = entry.chunk_id, entry.delivery_id
        if entry.outcome is None:
            begun[message] = entry
            continue
        begun.pop(message, None)
        if may_have_arrived(entry):
            if chunk != entry.chunk_id:
                chunk = entry.chunk_id
                yield b"C %d %d\n" % (entry.account_id, entry.chunk_id)
            letter = b"A" if entry.outcome.kind is OutcomeKind.ACCEPTED else b"U"
            yield b"%b %d %d\n" % (letter, entry.delivery_id, entry.at_ms or now_ms)
    for entry in begun.values():
        if chunk != entry.chunk_id:
            chunk = entry.chunk_id
            yield b"C %d %d\n" % (entry.account_id, entry.chunk_id)
        yield b"U %d %d\n" % (entry.delivery_id, now_ms)


def may_have_arrived(entry: JournalEntry) -> bool:
    """Return True if a message was accepted, or its result is unknown."""
    return entry.outcome is None or entry.outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT)


def _opened(path: Path) -> BinaryIO:
    """Open a kept file to append whole lines, also after one that a crash cut off."""
    file = os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600), "a+b")
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def drop_old(folder: Path, hours: int, *, now: float | None = None) -> None:
    """Delete files older than `hours`."""
    oldest = (time.time() if now is None else now) - hours * _HOUR
    for path in folder.glob(f"*{KEPT}"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def read_folder(folder: Path) -> Iterator[JournalEntry]:
    """Yield everything a folder knows, line by line: kept files, then the journals."""
    for path in sorted(folder.glob(f"*{KEPT}")):
        with suppress(FileNotFoundError):  # deleted by another process meanwhile, because of its age
            yield from _read_kept(path)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(FileNotFoundError):  # recovered by another process meanwhile
            yield from entries(path)


def _read_kept(path: Path) -> Iterator[JournalEntry]:
    account_id = chunk_id = 0
    with path.open("rb") as file:
        for line in file:
            try:
                first, second = map(int, line[1:].split())
            except ValueError:  # cut off by a crash; the journal was not emptied, and says it again
                continue
            if line.startswith(b"C"):
                account_id, chunk_id = first, second
                continue
            accepted = SendOutcome(first, OutcomeKind.ACCEPTED, Stage.DATA_END, 250, None, "", False, "")
            yield JournalEntry(account_id, chunk_id, first, accepted if line.startswith(b"A") else None, second)
