"""The entries of systemd's journal, in the output format of `journalctl`."""

import os
import selectors
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from mailflatrate.mail.reading.postfix_log import LONGEST_ENTRY, LogEvent, read_entry

BLOCK: Final = 65_536


class JournalMissing(Exception):
    """Raised when this host has no `journalctl`, or it ended."""


class JournalTail:
    """A follower of the units named by a pattern, from a cursor on."""

    def __init__(self, unit: str, place: Mapping[str, Any]) -> None:
        self._cursor = str(place.get("cursor", ""))
        self._rest = b""
        self._is_cut = False
        self.gaps = 0
        self.is_at_end = False
        self._process = _start(unit, self._cursor)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._process.stdout, selectors.EVENT_READ)

    def place(self) -> dict[str, Any]:
        return {"cursor": self._cursor} if self._cursor else {}

    def events(self, most: int, now: datetime) -> Iterator[LogEvent | None]:
        for entry in self.read(most):
            event, cursor = read_entry(entry, now)
            self._cursor = cursor or self._cursor
            yield event

    def read(self, most: int) -> Iterator[bytes]:
        """Yield up to `most` available entries. Raises JournalMissing when `journalctl` ended."""
        assert self._process.stdout is not None
        self.is_at_end = False
        while most > 0:
            line, mark, rest = self._rest.partition(b"\n")
            if mark:
                self._rest = rest
                was_cut, self._is_cut = self._is_cut, False
                if not was_cut and len(line) <= LONGEST_ENTRY:
                    most -= 1
                    yield line
                continue
            if len(self._rest) > LONGEST_ENTRY:
                self._rest, self._is_cut = b"", True
            if not self._ready.select(timeout=0):
                self.is_at_end = True
                return
            block = os.read(self._process.stdout.fileno(), BLOCK)
            if not block:
                raise JournalMissing(f"journalctl ended with status {self._process.wait(5)}")
            self._rest += block

    def close(self) -> None:
        self._ready.close()
        self._process.terminate()
        self._process.wait(5)


def _start(unit: str, cursor: str) -> subprocess.Popen[bytes]:
    program = shutil.which("journalctl")
    if program is None:
        raise JournalMissing("journalctl isn't installed. Follow a file instead (--file).")
    command = [program, "--output=json", "--all", "--quiet", "--follow", "--no-tail", f"--unit={unit}"]
    if cursor:
        command.append(f"--after-cursor={cursor}")
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
