"""Record of what a host's senders sent, kept for some days after it was recorded: identifiers and times, nothing else.

A database that was promoted or restored may have forgotten it; then it is replayed (ADR 0002). One file an hour for
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

from mailflatrate.apps.delivery.send.journal import SUFFIX, Journal, JournalEntry, entries
from mailflatrate.apps.delivery.send.kept_lines import MAY_HAVE_ARRIVED, KeptLines
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage

log = structlog.get_logger(__name__)

KEPT = ".kept"
_HOUR = 3600
_PART_BYTES = 8_192


def set_aside(journal: Path | Journal, *, now: float | None = None) -> None:
    """Keep what may have arrived. The caller empties or removes the journal afterward."""
    now = time.time() if now is None else now
    parts: Iterator[bytes]
    if isinstance(journal, Journal):
        path, parts = journal.path, iter([journal.kept.finish(int(now * 1000))])
    else:
        path, parts = journal, _kept_parts(entries(journal), int(now * 1000))
    first = next(parts, b"")
    if first:
        with _opened(path.parent / f"{path.stem}.{int(now) // _HOUR}{KEPT}") as file:
            file.write(first)
            file.writelines(parts)


def was_set_aside(journal: Path | Journal) -> bool:
    """False if a full disk did not take it, so that the journal has to stay."""
    try:
        set_aside(journal)
    except OSError as problem:
        log.error("journal_not_set_aside", journal=journal.name, problem=str(problem))
        return False
    return True


def _kept_parts(journal_entries: Iterable[JournalEntry], now_ms: int) -> Iterator[bytes]:
    kept = KeptLines()
    for entry in journal_entries:
        chunk = entry.account_id, entry.chunk_id
        if entry.outcome is None:
            kept.begun(chunk, entry.delivery_id)
        else:
            kept.ended(chunk, entry.delivery_id, entry.outcome.kind, entry.at_ms or now_ms)
        if len(kept.lines) > _PART_BYTES:
            yield bytes(kept.lines)
            kept.lines.clear()
    yield kept.finish(now_ms)


def may_have_arrived(entry: JournalEntry) -> bool:
    """True if it was accepted, or its result is unknown."""
    return entry.outcome is None or entry.outcome.kind in MAY_HAVE_ARRIVED


def _opened(path: Path) -> BinaryIO:
    file = os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600), "a+b")
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def drop_old(folder: Path, hours: int, *, now: float | None = None) -> None:
    oldest = (time.time() if now is None else now) - hours * _HOUR
    for path in folder.glob(f"*{KEPT}"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def read_folder(folder: Path) -> Iterator[JournalEntry]:
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
