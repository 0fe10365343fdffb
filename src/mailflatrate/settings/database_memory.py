"""The state of the database that this host last accepted, on its own disk (ADR 0093): a database can't tell that it is
an old primary or a restored copy, so each host compares on each new connection.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

STATE: Final = """
SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()), 'public.sending_fence'::regclass::oid),
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
    (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint, lineage::text[], clock_timestamp(),
    current_setting('synchronous_standby_names') <> ''
        AND current_setting('synchronous_commit') IN ('on', 'remote_apply')
FROM public.sending_fence WHERE id = 1
"""
"""What `found_state` reads. The position is one that is on the disk: a crash never takes it back."""
SENDERS: Final = "database.sender"
SERVICES: Final = "database.service"
"""Two files: senders accept a database only once their journals were replayed to it, which others needn't wait for."""
_SLOT_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """`lineage`: a random number for each time that it was accepted for sending, oldest first. `position` counts bytes
    of its log on the disk, `timeline` its promotions.
    """

    place: str
    timeline: int
    position: int
    lineage: tuple[str, ...]
    at: datetime
    is_synchronous: bool

    @property
    def head(self) -> str:
        return self.lineage[-1] if self.lineage else ""


@dataclass(frozen=True, slots=True)
class SeenDatabase:
    """`newest_timeline` may be that of a promoted database not accepted yet. `at` is the database's time, `hosts` the
    senders then.
    """

    place: str
    timeline: int
    newest_timeline: int
    position: int
    head: str
    at: datetime
    is_synchronous: bool
    hosts: tuple[str, ...] = ()


class MatchKind(Enum):
    KNOWN = "known"
    CHANGED = "changed"
    """Promoted, or accepted again since: this host's journals come first."""
    OLDER = "older"
    """The same database in an earlier state, such as a snapshot of its disk."""
    REFUSED = "refused"
    """An old primary, or a database that isn't known to succeed the accepted one."""


@dataclass(frozen=True, slots=True)
class Judgment:
    match: MatchKind
    reason: str = ""


def found_state(row: Sequence[Any] | None) -> DatabaseState | None:
    if row is None:
        return None
    place, timeline, position, lineage, at, is_synchronous = row
    return DatabaseState(place, timeline, position, tuple(lineage), at, is_synchronous)


def judge(seen: SeenDatabase | None, state: DatabaseState | None) -> Judgment:
    """Compare a database with what is remembered. Clocks play no part."""
    if seen is None or state is None:
        return Judgment(MatchKind.KNOWN)
    is_same = state.place == seen.place
    if seen.head not in state.lineage:
        if is_same and state.timeline > seen.newest_timeline:
            return Judgment(MatchKind.CHANGED, f"the database was promoted to timeline {state.timeline}")
        return Judgment(MatchKind.REFUSED, "this host works with a later or a different database than this one")
    if state.head != seen.head:
        return Judgment(MatchKind.CHANGED, "the database was accepted for sending without this host")
    if not is_same:
        return Judgment(MatchKind.CHANGED, "the database was moved or restored")
    if state.timeline < seen.newest_timeline:
        reason = f"an old primary: it is on timeline {state.timeline}, and this host has seen {seen.newest_timeline}"
        return Judgment(MatchKind.REFUSED, reason)
    if state.timeline > seen.timeline:
        return Judgment(MatchKind.CHANGED, f"the database was promoted to timeline {state.timeline}")
    if state.position < seen.position:
        return Judgment(MatchKind.OLDER, f"an earlier state: {seen.position - state.position} bytes of log are lost")
    return Judgment(MatchKind.KNOWN)


class DatabaseMemory:
    """One file, shared by the processes of a host; what a method writes is on the disk when it returns. Two copies take
    turns, so a crash leaves a whole one, and the size is fixed, so a full disk doesn't matter. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> SeenDatabase | None:
        try:
            return _newest(self._path.read_bytes())[1]
        except FileNotFoundError:
            return None

    def judge(self, seen: SeenDatabase | None, state: DatabaseState | None) -> Judgment:
        """Judge what was remembered **before** it was asked; remember a newer timeline at once, for other processes."""
        judgment = judge(seen, state)
        if seen is not None and state is not None and judgment.match is MatchKind.CHANGED:
            is_newer = state.place == seen.place and state.timeline > seen.newest_timeline
            if is_newer:
                self._change(lambda seen: seen and replace(seen, newest_timeline=state.timeline))
        return judgment

    def accept(self, state: DatabaseState, hosts: Sequence[str] = ()) -> None:
        timeline, head = state.timeline, state.head
        made = SeenDatabase(
            state.place, timeline, timeline, state.position, head, state.at, state.is_synchronous, tuple(hosts)
        )

        def merged(seen: SeenDatabase | None) -> SeenDatabase:
            is_same = seen is not None and (seen.place, seen.head, seen.timeline) == (made.place, head, timeline)
            return replace(made, position=max(made.position, seen.position)) if seen and is_same else made

        self._change(merged)

    def note_position(self, position: int) -> None:
        self._change(lambda seen: seen and replace(seen, position=max(seen.position, position)))

    def _change(self, change: Callable[[SeenDatabase | None], SeenDatabase | None]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_size < 2 * _SLOT_BYTES:
                os.pwrite(file, bytes(2 * _SLOT_BYTES), 0)
                os.fsync(file)
            number, seen = _newest(os.pread(file, 2 * _SLOT_BYTES, 0))
            made = change(seen)
            if made is not None and made != seen:
                os.pwrite(file, _slot(number + 1, made), (number + 1) % 2 * _SLOT_BYTES)
                os.fdatasync(file)
        finally:
            os.close(file)


def _slot(number: int, seen: SeenDatabase) -> bytes:
    text = json.dumps([number, asdict(seen) | {"at": seen.at.isoformat()}]).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _newest(data: bytes) -> tuple[int, SeenDatabase | None]:
    copies: list[tuple[int, SeenDatabase | None]] = [(0, None)]
    for begin in (0, _SLOT_BYTES):
        sum_of, _, text = data[begin : begin + _SLOT_BYTES].partition(b"\n")[0].partition(b" ")
        if text and sum_of == b"%08x" % zlib.crc32(text):
            number, fields = json.loads(text)
            fields |= {"at": datetime.fromisoformat(fields["at"]), "hosts": tuple(fields["hosts"])}
            copies.append((number, SeenDatabase(**fields)))
    return max(copies, key=lambda pair: pair[0])
