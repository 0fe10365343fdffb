"""Storage of the log: hourly files in a folder, or one object for each run in the bucket that keeps uploads."""

import os
import re
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from mailflatrate.base import clock
from mailflatrate.base.storage.backends import configured, open_backend
from mailflatrate.base.storage.directory import append_lines, read_lines
from mailflatrate.base.storage.files import scratch_file
from mailflatrate.base.storage.interface import OWN_ACCOUNT, Backend
from mailflatrate.settings.schema import Settings, StorageKind

AREA = "withdrawals"
LONGEST_LINE = 4_096
CLOCKS = timedelta(hours=1)
"""How far the clock of a host that writes may be behind the database's."""
_HOUR = timedelta(hours=1)
_FILE = re.compile(r"withdrawals-(\d{8}T\d{2})(?:-[\w.-]{1,80})?\.jsonl\Z", re.ASCII)
_OBJECT = re.compile(r"(\d{8}t\d{2})\d{4}-[0-9a-f]+\Z", re.ASCII)
_PLACE = re.compile(r"[0-9a-f]{32}\Z")


class WithdrawalsLog(Protocol):
    """A log of lines, oldest first. Lines are on disk or in the bucket when `write` returns."""

    def write(self, lines: list[str]) -> None: ...

    def read(self, since: datetime) -> Iterator[str]:
        """Yield every line written since `since`, and some from up to an hour before."""

    def drop_before(self, before: datetime) -> None: ...

    def place(self) -> str:
        """Return a name of the folder or bucket that is the same on every host that shares it."""


def open_log(settings: Settings) -> WithdrawalsLog:
    if settings.withdrawals_dir is None and settings.storage is StorageKind.S3:
        return BucketLog(open_backend(settings, StorageKind.S3))
    return FolderLog(settings.withdrawals_folder)


def every_log(settings: Settings) -> list[WithdrawalsLog]:
    """Return the log that is written to, then every other place where lines may be left from earlier settings."""
    folders = {settings.withdrawals_folder, settings.data_dir / AREA}
    backends = [open_backend(settings, kind) for kind in configured(settings) if kind is not StorageKind.DATABASE]
    return [*map(FolderLog, sorted(folders)), *map(BucketLog, backends)]


def read_everywhere(settings: Settings, since: datetime) -> Iterator[str]:
    for log in every_log(settings):
        yield from log.read(since)


class FolderLog:
    """A log with one file per hour and host, because appending is not atomic on a shared network file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, lines: list[str], at: datetime | None = None) -> None:
        """Append to the file of the hour `at`, by default this host's, and flush it to disk."""
        append_lines(
            self.folder / f"withdrawals-{(at or clock.now()).astimezone(UTC):%Y%m%dT%H}-{_host()}.jsonl", lines
        )

    def read(self, since: datetime) -> Iterator[str]:
        for hour, path in self._files():
            if hour + _HOUR + CLOCKS > since:
                yield from read_lines(path, LONGEST_LINE)

    def drop_before(self, before: datetime) -> None:
        for hour, path in self._files():
            if hour + _HOUR + CLOCKS < before:
                path.unlink(missing_ok=True)

    def place(self) -> str:
        """Return the content of the file `place` in the folder, which the first host writes."""
        path = self.folder / "place"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = self.folder / f"place.{secrets.token_hex(8)}"
            draft.write_text(secrets.token_hex(16))
            with suppress(FileExistsError):  # another host was first
                os.link(draft, path)
            draft.unlink()
        name = path.read_text()[:64].strip()
        if not _PLACE.match(name):
            raise ValueError(f"{path} is damaged. Delete it.")
        return name

    def _files(self) -> list[tuple[datetime, Path]]:
        matches = ((_FILE.match(path.name), path) for path in sorted(self.folder.glob("withdrawals-*.jsonl")))
        return [(_hour(match[1]), path) for match, path in matches if match]


def rescued_place(folder: Path) -> list[str]:
    """Return the name of the place that a folder, or a copy of it, is; empty if it is none."""
    with suppress(OSError):
        name = (folder / "place").read_text()[:64].strip()
        return [name] if _PLACE.match(name) else []
    return []


class BucketLog:
    """A log with one object per run, because objects cannot be appended to."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def write(self, lines: list[str]) -> None:
        name = f"{AREA}/{clock.now().astimezone(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"
        parts = ["".join(f"{line}\n" for line in lines).encode()]
        self._backend.put(OWN_ACCOUNT, name, lambda _size: parts.pop() if parts else b"")

    def read(self, since: datetime) -> Iterator[str]:
        for hour, name in self._objects():
            if hour + _HOUR + CLOCKS > since:
                with scratch_file() as file:
                    self._backend.read_into(OWN_ACCOUNT, name, file.write)
                    file.flush()
                    yield from read_lines(Path(file.name), LONGEST_LINE)

    def drop_before(self, before: datetime) -> None:
        for hour, name in self._objects():
            if hour + _HOUR + CLOCKS < before:
                self._backend.delete(OWN_ACCOUNT, name)

    def place(self) -> str:
        return "bucket"

    def _objects(self) -> list[tuple[datetime, str]]:
        names = sorted(list_file.name for list_file in self._backend.list_files(OWN_ACCOUNT))
        parts = ((name, *name.partition("/")[::2]) for name in names)
        return [
            (_hour(match[1]), name) for name, area, rest in parts if area == AREA and (match := _OBJECT.match(rest))
        ]


def read_paths(paths: Iterable[Path]) -> Iterator[str]:
    """Yield every line of some files and folders: a log folder, or copies of the bucket's objects."""
    for path in paths:
        for file in sorted(_below(path)) if path.is_dir() else [path]:
            yield from read_lines(file, LONGEST_LINE)


def _below(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (Path(where, name) for name in names if _FILE.match(name) or _OBJECT.match(name))


def _host() -> str:
    return re.sub(r"[^\w.-]", "-", socket.gethostname(), flags=re.ASCII)[:80] or "host"


def _hour(stamp: str) -> datetime:
    with suppress(ValueError):
        return datetime.strptime(stamp.upper(), "%Y%m%dT%H").replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)  # a name of no hour is read, and dropped
