"""The journal of one sender process: what was being sent when it died (ARCHITECTURE section 5, rule 4).

Three kinds of lines, each one `write`, never synced: the file only has to survive the process, not the host.

    C account chunk                                     the messages that follow are in this chunk
    S delivery                                          the content of this message goes to the relay now
    R delivery kind code status stage at_ms host text   its reply came; it is on its way to the database

Each ends in ` ~` and the CRC-32 of what is before it. A line that is damaged is skipped and counted: what a full disk
cuts off is closed by the next line. Journals of earlier versions have no checksums.

The process holds a lock on the file for its life. A file without a lock means that its owner is gone.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import structlog

from mailflatrate.apps.delivery.send.kept_lines import KeptLines
from mailflatrate.base.metrics.names import JOURNAL_DAMAGED
from mailflatrate.base.processes.locks import is_locked
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage

SUFFIX = ".journal"
LEAST_FREE_BYTES = 4 * 1024 * 1024
"""What the lines of a chunk may need; with less, nothing new is begun."""
_TEXT_BYTES = 600
_SUM = re.compile(rb"(.*) ~([0-9a-f]{8})\Z", re.DOTALL)
_CUT_INTO = re.compile(rb"S (\d{1,18})\Z")
"""Earlier versions wrote the next line into one that was cut off."""
_LONGEST = 2_048

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """`outcome` None: its content began, and no reply had come."""

    account_id: int
    chunk_id: int
    delivery_id: int
    outcome: SendOutcome | None
    at_ms: int


def host_name(folder: Path) -> str:
    name = known_host(folder)
    if name:
        return name
    path = folder / "host"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"host.{os.getpid()}"
    draft.write_text(secrets.token_hex(6))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text().strip()


def known_host(folder: Path) -> str:
    with suppress(FileNotFoundError):
        return (folder / "host").read_text().strip()
    return ""


def boot_mark() -> str:
    """Eight characters that change with each boot; part of a journal's name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except FileNotFoundError:  # not Linux
        return "unknown"


def is_whole(name: str) -> bool:
    """True if the machine has not restarted since it was begun, so no line can be missing."""
    return name.rpartition(".")[2] == boot_mark()


class Journal:
    """`name` is recorded in `chunk.claimed_by`; `kept` is what is set aside when it is emptied."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{host_name(folder)}.{os.getpid()}.{secrets.token_hex(4)}.{boot_mark()}"
        self.path = folder / f"{self.name}{SUFFIX}"
        self.size_bytes = 0
        self._has_failed = False
        self.kept = KeptLines()
        self._chunk = (0, 0)
        draft = folder / f"{self.name}.new"
        self._file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        draft.rename(self.path)  # only from now on can it be mistaken for an abandoned one

    def begin_chunk(self, account_id: int, chunk_id: int) -> None:
        if self._chunk != (account_id, chunk_id):
            self._write(b"C %d %d" % (account_id, chunk_id))
            self._chunk = account_id, chunk_id

    def started(self, delivery_id: int) -> None:
        """Right before the content is sent. Raises OSError if that cannot be written."""
        self._write(b"S %d" % delivery_id)
        self.kept.begun(self._chunk, delivery_id)

    def replied(self, outcome: SendOutcome, at_ms: int) -> None:
        """`at_ms`: since 1970."""
        delivery_id, kind, stage, code, enhanced, text, _, host = outcome
        text = " ".join(text.split())[:_TEXT_BYTES]
        # `value` of an enum is a Python function, `_value_` what it returns.
        line = f"R {delivery_id} {kind._value_} {code} {enhanced or '-'} {stage._value_} {at_ms} {host or '-'} {text}"
        self._write(line.encode())
        self.kept.ended(self._chunk, delivery_id, kind, at_ms)

    def reset(self) -> None:
        """Only when all of it is in the database and no message is being sent."""
        os.ftruncate(self._file, 0)
        self.size_bytes, self._chunk, self.kept = 0, (0, 0), KeptLines()

    def close(self, *, settled: bool) -> None:
        """The file stays for recovery unless everything is `settled`."""
        if settled:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def has_room(self) -> bool:
        """For what a chunk needs; after a failed line, only if the disk takes one now."""
        disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < LEAST_FREE_BYTES:
            return False
        if self._has_failed:
            with suppress(OSError):
                self._append(b"\n")
        return not self._has_failed

    def _write(self, line: bytes) -> None:
        self._append(b"%b ~%08x\n" % (line, crc32(line)))

    def _append(self, line: bytes) -> None:
        if self._has_failed:  # closes what was cut off
            line = b"\n" + line
        self._has_failed = True
        written = os.write(self._file, line)
        self.size_bytes += written
        if written != len(line):
            raise OSError("only part of a line was written to the journal")
        self._has_failed = False


def is_held(folder: Path, name: str) -> bool:
    """True if the process that owns it lives (on this host)."""
    return is_locked(folder / f"{name}{SUFFIX}")


@contextmanager
def taken_over(path: Path) -> Iterator[bool]:
    """False if another process holds it or it is gone."""
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
    """In order, one in memory at a time; None: all. Incomplete last lines and damaged ones are skipped and counted."""
    account_id = chunk_id = 0
    damaged = _ends_torn(path)
    has_sums = False
    entry: JournalEntry | None
    for raw in _lines(path):
        has_sums = has_sums or _without_sum(raw) is not None
        try:
            entry = _read_entry(raw, account_id, chunk_id, has_sums=has_sums)
        except ValueError:
            damaged += 1
            match = None if has_sums else _CUT_INTO.search(raw)
            entry = JournalEntry(account_id, chunk_id, int(match[1]), None, 0) if match else None
        if entry is None:
            continue
        account_id, chunk_id = entry.account_id, entry.chunk_id
        if entry.delivery_id and (deliveries is None or entry.delivery_id in deliveries):
            yield entry
    if damaged:
        JOURNAL_DAMAGED.inc(damaged)
        log.error("journal_lines_damaged", journal=path.name, lines=damaged)


def is_damaged(path: Path) -> bool:
    """True if a line cannot be read, so a message that is not in it may have been begun."""
    has_sums = False
    for raw in _lines(path):
        has_sums = has_sums or _without_sum(raw) is not None
        try:
            _read_entry(raw, 0, 0, has_sums=has_sums)
        except ValueError:
            return True
    return False


def _ends_torn(path: Path) -> int:
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(end - 1, 0))
        return int(file.read(1) not in (b"", b"\n"))


def _lines(path: Path) -> Iterator[bytes]:
    """Complete, not blank, without their ends; longer ones than any of ours in pieces."""
    with path.open("rb") as file:
        while raw := file.readline(_LONGEST):
            if (raw.endswith(b"\n") or len(raw) == _LONGEST) and raw.strip():
                yield raw.rstrip(b"\n")


def _read_entry(raw: bytes, account_id: int, chunk_id: int, *, has_sums: bool) -> JournalEntry:
    """One that begins a chunk has the delivery 0. Raises ValueError for a damaged one."""
    checked = _without_sum(raw)
    if has_sums and checked is None:
        raise ValueError("the checksum of a line does not match")
    kind, _, rest = (checked or raw).decode("utf-8", "replace").partition(" ")
    if kind == "C":
        account_id, chunk_id = (_number(word) for word in rest.split(" "))
        return JournalEntry(account_id, chunk_id, 0, None, 0)
    if kind == "S":
        return JournalEntry(account_id, chunk_id, _number(rest), None, 0)
    if kind != "R":
        raise ValueError("a line of no kind")
    outcome, at_ms = _read_reply(rest)
    return JournalEntry(account_id, chunk_id, outcome.delivery_id, outcome, at_ms)


def _without_sum(raw: bytes) -> bytes | None:
    """None if it has no checksum, or a wrong one."""
    sum_match = _SUM.match(raw)
    return sum_match[1] if sum_match and crc32(sum_match[1]) == int(sum_match[2], 16) else None


def _number(word: str) -> int:
    if not word.isascii() or not word.isdigit() or not 0 < int(word[:19]) < 2**63 or len(word) > 19:
        raise ValueError("not a number of ours")
    return int(word)


def last_entries(path: Path, deliveries: Container[int]) -> list[JournalEntry]:
    last: dict[tuple[int, int], JournalEntry] = {}
    for entry in entries(path, deliveries):
        last[entry.chunk_id, entry.delivery_id] = entry
    return list(last.values())


def _read_reply(rest: str) -> tuple[SendOutcome, int]:
    delivery, kind, code, status, stage, at_ms, host, text = rest.split(" ", 7)
    outcome = SendOutcome(
        _number(delivery),
        OutcomeKind(kind),
        Stage(stage),
        int(code),
        None if status == "-" else status,
        text,
        False,
        host,
    )
    return outcome, int(at_ms)
