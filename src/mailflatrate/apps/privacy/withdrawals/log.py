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
from mailflatrate.base.storage.files import scratch_file
from mailflatrate.base.storage.interface import OWN_ACCOUNT, Backend
from mailflatrate.settings.schema import Settings, StorageKind

AREA = "withdrawals"
CLOCKS = timedelta(hours=1)
"""How far the clock of a host that writes may be behind the database's."""
_HOUR = timedelta(hours=1)
_FILE = re.compile(r"withdrawals-(\d{8}T\d{2})(?:-[\w.-]{1,80})?\.jsonl\Z", re.ASCII)
_OBJECT = re.compile(r"(\d{8}t\d{2})\d{4}-[0-9a-f]+\Z", re.ASCII)
_PLACE = re.compile(r"[0-9a-f]{32}\Z")


class WithdrawalsLog(Protocol):
    """A log of lines, oldest first. Lines are on disk or in the bucket when `write` returns."""

    def write(self, lines: list[str]) -> None:
        """Append lines."""

    def read(self, since: datetime) -> Iterator[str]:
        """Yield every line written since `since`, and some from up to an hour before."""

    def drop_before(self, before: datetime) -> None:
        """Remove older lines."""

    def place(self) -> str:
        """Return a name of the folder or bucket that is the same on every host that shares it."""


def open_log(settings: Settings) -> WithdrawalsLog:
    """Return the log that withdrawals are written to."""
    if settings.withdrawals_dir is None and settings.storage is StorageKind.S3:
        return BucketLog(open_backend(settings, StorageKind.S3))
    return FolderLog(settings.withdrawals_folder)


def every_log(settings: Settings) -> list[WithdrawalsLog]:
    """Return the log that is written to, then every other place where lines may be left from earlier settings."""
    folders = {settings.withdrawals_folder, settings.data_dir / AREA}
    backends = [open_backend(settings, kind) for kind in configured(settings) if kind is not StorageKind.DATABASE]
    return [*map(FolderLog, sorted(folders)), *map(BucketLog, backends)]


def read_everywhere(settings: Settings, since: datetime) -> Iterator[str]:
    """Yield every line written since `since`, from all places this host can reach."""
    for each in every_log(settings):
        yield from each.read(since)


class FolderLog:
    """A log with one file per hour and host, because appending is not atomic on a shared network file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, lines: list[str]) -> None:
        """Append to the hour's file and flush it to disk.

        A line break comes first, because a full disk or a crash may have truncated the last line; readers skip blank
        ones.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"withdrawals-{clock.now().astimezone(UTC):%Y%m%dT%H}-{_host()}.jsonl"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            data = memoryview("".join(["\n", *(f"{line}\n" for line in lines)]).encode())
            while data:
                data = data[os.write(file, data) :]
            os.fsync(file)
        finally:
            os.close(file)

    def read(self, since: datetime) -> Iterator[str]:
        """Read the files of the hours since then."""
        for hour, path in self._files():
            if hour + _HOUR + CLOCKS > since:
                yield from read_file(path)

    def drop_before(self, before: datetime) -> None:
        """Remove old files."""
        for hour, path in self._files():
            if hour + _HOUR + CLOCKS < before:
                path.unlink(missing_ok=True)

    def place(self) -> str:
        """Return the content of the file `place` in the folder, which the first host writes."""
        path = self._folder / "place"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = self._folder / f"place.{secrets.token_hex(8)}"
            draft.write_text(secrets.token_hex(16))
            with suppress(FileExistsError):  # another host was first
                os.link(draft, path)
            draft.unlink()
        name = path.read_text()[:64].strip()
        if not _PLACE.match(name):
            raise ValueError(f"{path} is damaged. Delete it.")
        return name

    def _files(self) -> list[tuple[datetime, Path]]:
        found = ((_FILE.match(path.name), path) for path in sorted(self._folder.glob("withdrawals-*.jsonl")))
        return [(_hour(match[1]), path) for match, path in found if match]


class BucketLog:
    """A log with one object per run, because objects cannot be appended to."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def write(self, lines: list[str]) -> None:
        """Store the lines as a new object."""
        name = f"{AREA}/{clock.now().astimezone(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"
        parts = ["".join(f"{line}\n" for line in lines).encode()]
        self._backend.put(OWN_ACCOUNT, name, lambda _size: parts.pop() if parts else b"")

    def read(self, since: datetime) -> Iterator[str]:
        """Read the objects of the hours since then."""
        for hour, name in self._objects():
            if hour + _HOUR + CLOCKS > since:
                with scratch_file() as file:
                    self._backend.read_into(OWN_ACCOUNT, name, file.write)
                    file.flush()
                    yield from read_file(Path(file.name))

    def drop_before(self, before: datetime) -> None:
        """Delete old objects."""
        for hour, name in self._objects():
            if hour + _HOUR + CLOCKS < before:
                self._backend.delete(OWN_ACCOUNT, name)

    def place(self) -> str:
        """Return a fixed name: there is only one bucket."""
        return "bucket"

    def _objects(self) -> list[tuple[datetime, str]]:
        names = sorted(found.name for found in self._backend.list_files(OWN_ACCOUNT))
        parts = ((name, *name.partition("/")[::2]) for name in names)
        return [
            (_hour(match[1]), name) for name, area, rest in parts if area == AREA and (match := _OBJECT.match(rest))
        ]


def read_paths(paths: Iterable[Path]) -> Iterator[str]:
    """Yield every line of some files and folders: a log folder, or copies of the bucket's objects."""
    for path in paths:
        for file in sorted(_below(path)) if path.is_dir() else [path]:
            yield from read_file(file)


def _below(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (Path(where, name) for name in names if _FILE.match(name) or _OBJECT.match(name))


def read_file(path: Path) -> Iterator[str]:
    """Yield every line of a file.

    A line longer than any we write is returned in pieces, which are then refused one by one.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        while line := file.readline(4_096):
            if line.strip():
                yield line.strip()


def _host() -> str:
    return re.sub(r"[^\w.-]", "-", socket.gethostname(), flags=re.ASCII)[:80] or "host"


def _hour(stamp: str) -> datetime:
    with suppress(ValueError):
        return datetime.strptime(stamp.upper(), "%Y%m%dT%H").replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)  # a name of no hour is read, and dropped
