"""The journal of one sender process: what was being sent when it died (ARCHITECTURE section 5, rule 4).

Three kinds of lines, each one `write`, never synced: the file only has to survive the process, not the host.

    C account chunk                                     the messages that follow are in this chunk
    S delivery                                          the content of this message goes to the relay now
    R delivery kind code status stage at_ms host text   its reply came; it is on its way to the database

The process holds a lock on the file for its life. A file without a lock means that its owner is gone.
"""

import fcntl
import os
import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mailflatrate.base.processes.locks import is_locked
from mailflatrate.wire.smtp_types import OutcomeKind, SendOutcome, Stage

SUFFIX = ".journal"
_TEXT_BYTES = 600


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A journal's entry on one message. `outcome` None: sending its content began, and no reply had come."""

    account_id: int
    chunk_id: int
    delivery_id: int
    outcome: SendOutcome | None
    at_ms: int


def host_name(folder: Path) -> str:
    """Return the name of the host that owns this journal folder, generated on first use."""
    path = folder / "host"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"host.{os.getpid()}"
    draft.write_text(secrets.token_hex(6))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text().strip()


def known_host(folder: Path) -> str:
    """Return the name of the host that owns this folder; empty if no journal was ever begun there."""
    with suppress(FileNotFoundError):
        return (folder / "host").read_text().strip()
    return ""


def boot_mark() -> str:
    """Return eight characters that change with each boot of this machine; part of a journal's name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except FileNotFoundError:  # not Linux
        return "unknown"


def is_whole(name: str) -> bool:
    """Return True if the machine has not restarted since the journal was begun, so no line of it can be missing."""
    return name.rpartition(".")[2] == boot_mark()


class Journal:
    """An open journal. Its `name` is recorded in `chunk.claimed_by`."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{host_name(folder)}.{os.getpid()}.{secrets.token_hex(4)}.{boot_mark()}"
        self.path = folder / f"{self.name}{SUFFIX}"
        self.size_bytes = 0
        draft = folder / f"{self.name}.new"
        self._file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        draft.rename(self.path)  # only from now on can it be mistaken for an abandoned one

    def begin_chunk(self, account_id: int, chunk_id: int) -> None:
        """Record that the following messages belong to this chunk."""
        self._write(b"C %d %d\n" % (account_id, chunk_id))

    def started(self, delivery_id: int) -> None:
        """Record that a message's content is about to be sent. Raises OSError if that cannot be written."""
        self._write(b"S %d\n" % delivery_id)

    def replied(self, outcome: SendOutcome, at_ms: int) -> None:
        """Record a message's result. `at_ms` are milliseconds since 1970."""
        delivery_id, kind, stage, code, enhanced, text, _, host = outcome
        text = " ".join(text.split())[:_TEXT_BYTES]
        # `value` of an enum is a Python function, `_value_` what it returns.
        line = f"R {delivery_id} {kind._value_} {code} {enhanced or '-'} {stage._value_} {at_ms} {host or '-'} {text}\n"
        self._write(line.encode())

    def reset(self) -> None:
        """Empty the journal: all of it is in the database and no message is being sent."""
        os.ftruncate(self._file, 0)
        self.size_bytes = 0

    def close(self, *, settled: bool) -> None:
        """Release the journal; the file stays for recovery unless everything is `settled`."""
        if settled:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        if os.write(self._file, line) != len(line):
            raise OSError("only part of a line was written to the journal")
        self.size_bytes += len(line)


def is_held(folder: Path, name: str) -> bool:
    """Return True while the process that owns the journal `name` is alive (on this host)."""
    return is_locked(folder / f"{name}{SUFFIX}")


@contextmanager
def taken_over(path: Path) -> Iterator[bool]:
    """Hold an abandoned journal while the block runs; yields False if another process holds it or it is gone."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield path.exists()
    finally:
        os.close(file)


def entries(path: Path, deliveries: Container[int] | None = None) -> Iterator[JournalEntry]:
    """Yield every entry on these deliveries (all if None), in order, holding one in memory at a time.

    An incomplete last line is ignored, because its message had not been begun.
    """
    account_id = chunk_id = 0
    with path.open("rb") as file:
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            kind, _, rest = raw.decode("utf-8", "replace").rstrip("\n").partition(" ")
            if kind == "C":
                account_id, chunk_id = (int(word) for word in rest.split(" "))
                continue
            delivery_id = int(rest.partition(" ")[0])
            if deliveries is not None and delivery_id not in deliveries:
                continue
            outcome, at_ms = _read_reply(rest) if kind == "R" else (None, 0)
            yield JournalEntry(account_id, chunk_id, delivery_id, outcome, at_ms)


def last_entries(path: Path, deliveries: Container[int]) -> list[JournalEntry]:
    """Return the last entry on each of these deliveries in each chunk."""
    last: dict[tuple[int, int], JournalEntry] = {}
    for entry in entries(path, deliveries):
        last[entry.chunk_id, entry.delivery_id] = entry
    return list(last.values())


def _read_reply(rest: str) -> tuple[SendOutcome, int]:
    delivery, kind, code, status, stage, at_ms, host, text = rest.split(" ", 7)
    outcome = SendOutcome(
        int(delivery), OutcomeKind(kind), Stage(stage), int(code), None if status == "-" else status, text, False, host
    )
    return outcome, int(at_ms)
