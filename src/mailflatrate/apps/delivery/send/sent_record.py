"""Record of what a host's senders sent, kept for some days after it was recorded: identifiers and times, nothing else.

A database that was promoted or restored may have forgotten it; then it is replayed (ADR 0020). One file an hour for
each journal, with lines as in the journal:

    C account chunk      the messages that follow are of this chunk
    A delivery at_ms     the relay accepted it
    U delivery at_ms     its content was begun, and no reply came
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from mailflatrate.apps.delivery.send.journal import SUFFIX, JournalEntry, read_entries
from mailflatrate.wire.smtp_types import OutcomeKind, SendOutcome, Stage

KEPT = ".kept"
_HOUR = 3600


def set_aside(journal: Path, *, now: float | None = None) -> None:
    """Keep a journal's entries on messages that may have arrived. The caller empties or removes it afterward."""
    now = time.time() if now is None else now
    lines: list[str] = []
    chunk = (0, 0)
    for entry in read_entries(journal):
        kind = entry.outcome.kind if entry.outcome is not None else OutcomeKind.IN_DOUBT
        if kind not in (OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT):
            continue
        if chunk != (entry.account_id, entry.chunk_id):
            chunk = (entry.account_id, entry.chunk_id)
            lines.append(f"C {entry.account_id} {entry.chunk_id}\n")
        letter = "A" if kind is OutcomeKind.ACCEPTED else "U"
        lines.append(f"{letter} {entry.delivery_id} {entry.at_ms or int(now * 1000)}\n")
    if lines:
        path = journal.parent / f"{journal.stem}.{int(now) // _HOUR}{KEPT}"
        file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            os.write(file, "".join(lines).encode())
        finally:
            os.close(file)


def drop_old(folder: Path, hours: int, *, now: float | None = None) -> None:
    """Delete files older than `hours`."""
    oldest = (time.time() if now is None else now) - hours * _HOUR
    for path in folder.glob(f"*{KEPT}"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def read_folder(folder: Path) -> Iterator[list[JournalEntry]]:
    """Yield everything a folder knows, file by file: kept files, and the journals."""
    for path in sorted(folder.glob(f"*{KEPT}")):
        yield _read_kept(path)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            yield read_entries(path)
        except FileNotFoundError:  # recovered elsewhere meanwhile
            continue


def _read_kept(path: Path) -> list[JournalEntry]:
    entries = []
    account_id = chunk_id = 0
    for line in path.read_text().splitlines():
        kind, first, second = line.split(" ")
        if kind == "C":
            account_id, chunk_id = int(first), int(second)
            continue
        delivery_id, at_ms = int(first), int(second)
        accepted = SendOutcome(delivery_id, OutcomeKind.ACCEPTED, Stage.DATA_END, 250, None, "", False, "")
        entries.append(JournalEntry(account_id, chunk_id, delivery_id, accepted if kind == "A" else None, at_ms))
    return entries
