"""Files in a folder. With several hosts it must be one file system that all of them mount."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from mailflatrate.base.storage.interface import (
    CHUNK_BYTES,
    ListedFile,
    MeasuredStream,
    NameRefused,
    NotStored,
    StorageFailed,
    StoredFileInfo,
    checked_name,
    sweep_drafts,
)

_DRAFTS = "drafts"


class DirectoryFiles:
    """Files at `<account>/<area>/<name>` below a folder; a draft is moved into place once complete."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, account_id: int, name: str, read: Callable[[int], bytes]) -> StoredFileInfo:
        """Write a draft, flush it to disk, and move it into place; a reader sees the old file or the new one."""
        measured = MeasuredStream(read)
        with self._errors():
            path = self._made(account_id, name)
            drafts = self._folder / _DRAFTS
            drafts.mkdir(mode=0o700, exist_ok=True)
            sweep_drafts(drafts)
            draft = drafts / secrets.token_hex(16)
            file = _new_file(draft)
        try:
            with file:
                while chunk := measured.read(CHUNK_BYTES):  # what it raises is not an error of the disk
                    with self._errors():
                        file.write(chunk)
                with self._errors():
                    file.flush()
                    os.fsync(file.fileno())
            with self._errors():
                draft.replace(path)
                flush_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)
        return measured.stored(name)

    def read_into(self, account_id: int, name: str, write: Callable[[bytes], object]) -> None:
        """Pass on a file; if it is replaced meanwhile, the old one is read to its end."""
        with self._errors():
            try:
                file = self._path(account_id, name).open("rb")
            except FileNotFoundError:
                raise NotStored(name) from None
        with file:
            while chunk := file.read(CHUNK_BYTES):
                write(chunk)

    def exists(self, account_id: int, name: str) -> bool:
        return self._path(account_id, name).is_file()

    def delete(self, account_id: int, name: str) -> None:
        with self._errors():
            self._path(account_id, name).unlink(missing_ok=True)

    def list_files(self, account_id: int | None = None) -> Iterator[ListedFile]:
        """Walk the folder; skip files that we did not create."""
        for path in self._folder.glob("*/*/*" if account_id is None else f"{account_id}/*/*"):
            account, name = path.parts[-3], f"{path.parts[-2]}/{path.parts[-1]}"
            with suppress(NameRefused, FileNotFoundError):
                if account.isdecimal() and path.is_file():
                    seen = path.stat()
                    at = datetime.fromtimestamp(seen.st_mtime, UTC)
                    yield ListedFile(int(account), checked_name(name), seen.st_size, at)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise StorageFailed(f"{self._folder}: {problem.strerror}") from problem

    def _path(self, account_id: int, name: str) -> Path:
        return self._folder / str(int(account_id)) / checked_name(name)

    def _made(self, account_id: int, name: str) -> Path:
        path = self._path(account_id, name)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        return path


def _new_file(path: Path) -> IO[bytes]:
    """Open a new file that only this user may read; it must not exist yet."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append and flush to disk; raises OSError. A line break comes first: the last line may have been truncated."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        data = memoryview("".join(["\n", *(f"{line}\n" for line in lines)]).encode())
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        flush_folder(path.parent)


def read_lines(path: Path, longest: int) -> Iterator[str]:
    """Yield every line of a file that is not blank; one longer than `longest` comes in pieces, which mean nothing."""
    with path.open(encoding="utf-8", errors="replace") as file:
        while line := file.readline(longest):
            if line.strip():
                yield line.strip()


def flush_folder(folder: Path) -> None:
    """Flush the folder so that a new name in it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
