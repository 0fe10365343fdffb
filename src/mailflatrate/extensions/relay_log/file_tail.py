"""The lines of a log file as they are written, across rotations and restarts. A file is known by its first octets, so
a renamed log is read to its end, and one that was copied and truncated is continued in its copy.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import structlog

from mailflatrate.mail.reading.postfix_log import LONGEST_LINE, LogEvent, read_line

BLOCK: Final = 65_536
HEAD: Final = 256
MOST_SIBLINGS: Final = 200
_ROTATED: Final = re.compile(r"[.-]\d[\d.T_-]{0,40}")

log = structlog.get_logger("relay_log")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """`head` is the hash of the first `head_size` octets, which never change; `is_cut`: inside an overlong line."""

    offset: int
    head_size: int
    head: str
    is_cut: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "FilePlace | None":
        if not stored.get("offset"):
            return None
        return cls(int(stored["offset"]), int(stored["head_size"]), str(stored["head"]), bool(stored["is_cut"]))


class FileTail:
    """Reads `path` from a given position. `gaps` counts how often lines may be missing."""

    def __init__(self, path: Path, place: Mapping[str, Any]) -> None:
        self._path = path
        self._stored = FilePlace.of(place)
        self._file: BinaryIO | None = None
        self._offset = 0
        self._head_size, self._head = 0, ""
        self._is_cut = False
        self.gaps = 0
        self.is_at_end = False

    def place(self) -> dict[str, Any]:
        if self._file is None:
            return asdict(self._stored) if self._stored else {}
        return asdict(FilePlace(self._offset, self._head_size, self._head, self._is_cut))

    def events(self, most: int, now: datetime) -> Iterator[LogEvent | None]:
        """Yield the events of up to `most` available lines; None for a line that is not about a message."""
        for line in self.read(most):
            yield read_line(line, now)

    def read(self, most: int) -> Iterator[bytes]:
        """Yield up to `most` complete lines that are available; `is_at_end` then tells whether these were all."""
        self.is_at_end = False
        left = most
        while left > 0:
            if self._file is None and not self._open_next():
                self.is_at_end = True
                return
            if self._was_emptied():
                self._follow_copy()
            for line in self._lines(left):
                left -= 1
                yield line
            if left > 0 and not self._move_on():
                self.is_at_end = True
                return

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- one file ------------------------------------------------------------------------------------------------------

    def _lines(self, most: int) -> Iterator[bytes]:
        """Yield whole lines from the offset. Overlong lines are skipped, in bounded memory."""
        assert self._file is not None
        self._file.seek(self._offset)
        rest = b""
        while most > 0:
            block = self._file.read(BLOCK)
            if not block:
                return
            pieces = (rest + block).split(b"\n")
            rest = pieces.pop()
            for piece in pieces:
                self._advance(len(piece) + 1)
                was_cut, self._is_cut = self._is_cut, False
                if not was_cut and len(piece) <= LONGEST_LINE:
                    most -= 1
                    yield piece
                    if most <= 0:
                        return
            if len(rest) > LONGEST_LINE:  # skip its end, too
                self._advance(len(rest))
                self._is_cut, rest = True, b""

    def _advance(self, octets: int) -> None:
        assert self._file is not None
        self._offset += octets
        if self._head_size < HEAD:
            self._head_size = min(HEAD, self._offset)
            self._head = _head_of(self._file, self._head_size)

    def _move_on(self) -> bool:
        assert self._file is not None
        if self._was_emptied():
            return True
        following = self._following()
        if not following:
            return False
        # Its writer has begun the next file, so this one is complete; what arrived meanwhile is read first.
        return self._has_line() or self._open_first(following)

    def _following(self) -> list[Path]:
        """Return the files after the current one: those rotated later, then the log itself once it has begun."""
        assert self._file is not None
        mine = os.fstat(self._file.fileno())
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return []
        if (now.st_dev, now.st_ino) == (mine.st_dev, mine.st_ino) or now.st_size == 0:
            return []
        siblings = self._siblings()
        inodes = [path.stat().st_ino for path in siblings]
        later = siblings[inodes.index(mine.st_ino) + 1 :] if mine.st_ino in inodes else []
        return [*later, self._path]

    def _was_emptied(self) -> bool:
        assert self._file is not None
        size = os.fstat(self._file.fileno()).st_size
        return size < self._offset or _head_of(self._file, self._head_size) != self._head

    def _has_line(self) -> bool:
        assert self._file is not None
        self._file.seek(self._offset)
        return b"\n" in self._file.read(BLOCK)

    def _follow_copy(self) -> None:
        file = _find(self._siblings(), self._offset, self._head_size, self._head)
        if file is None:
            self._note_gap("it was emptied, and no copy of it was found")
            self._open_first([self._path])
        else:
            self._switch(file, FilePlace(self._offset, self._head_size, self._head, self._is_cut))

    # -- which file ----------------------------------------------------------------------------------------------------

    def _open_next(self) -> bool:
        """Open the file to begin with: the one with the stored place, otherwise the log from its beginning."""
        stored = self._stored
        if stored is not None:
            file = _find([self._path, *self._siblings()], stored.offset, stored.head_size, stored.head)
            if file is not None:
                self._switch(file, stored)
                return True
            if not self._path.exists():
                return False
            self._note_gap("the file that was read last is gone")
        return self._open_first([self._path])

    def _open_first(self, paths: list[Path]) -> bool:
        for path in paths:
            try:
                self._switch(path, FilePlace(0, 0, ""))
            except FileNotFoundError:
                continue
            return True
        return False

    def _switch(self, path: Path, place: FilePlace) -> None:
        opened = path.open("rb", buffering=0)
        self.close()
        self._file = opened
        self._offset, self._head_size, self._head, self._is_cut = (
            place.offset,
            place.head_size,
            place.head,
            place.is_cut,
        )

    def _note_gap(self, reason: str) -> None:
        log.warning("log_gap", path=str(self._path), reason=reason)
        self.gaps += 1

    def _siblings(self) -> list[Path]:
        """Return rotated files of this log by number or date, the oldest first, without compressed ones."""
        candidates = []
        for number, path in enumerate(self._path.parent.glob(f"{self._path.name}[.-]*")):
            if number >= MOST_SIBLINGS:
                break
            if _ROTATED.fullmatch(path.name.removeprefix(self._path.name)) and path.is_file():
                candidates.append((path.stat().st_mtime, path))
        return [path for _at, path in sorted(candidates)]


def _find(paths: list[Path], offset: int, head_size: int, head: str) -> Path | None:
    for path in paths:
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size >= offset and _head_of(file, head_size) == head:
                    return path
        except OSError:
            continue
    return None


def _head_of(file: BinaryIO, size: int) -> str:
    if not size:
        return ""
    return hashlib.sha256(os.pread(file.fileno(), size, 0)).hexdigest()[:32]
