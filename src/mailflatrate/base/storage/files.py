"""The current account's files, in whichever configured backend they still are, so that a move needs no downtime."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from mailflatrate.base import tenancy
from mailflatrate.base.storage.backends import active, readable
from mailflatrate.base.storage.interface import (
    CHUNK_BYTES,
    NameRefused,
    NotStored,
    StorageFailed,
    StoredFileInfo,
    checked_name,
    sweep_drafts,
)
from mailflatrate.settings.schema import load_settings

__all__ = [
    "CHUNK_BYTES",
    "NameRefused",
    "NotStored",
    "StorageFailed",
    "StoredFileInfo",
    "delete",
    "exists",
    "get",
    "local_copy",
    "older_files",
    "put",
    "put_bytes",
    "read_into",
    "scratch_file",
]


def put(name: str, read: Callable[[int], bytes]) -> StoredFileInfo:
    """Store what `read` returns until it is empty, completely or not at all; replaces an earlier file of this name."""
    return active().put(tenancy.current_account_id(), checked_name(name), read)


def put_bytes(name: str, data: bytes) -> StoredFileInfo:
    left = [data]
    return put(name, lambda _size: left.pop() if left else b"")


def read_into(name: str, write: Callable[[bytes], object]) -> None:
    """Pass a file of the account to `write`, at most CHUNK_BYTES at a time. Raises NotStored."""
    account_id, name = tenancy.current_account_id(), checked_name(name)
    for backend in readable():
        with suppress(NotStored):
            backend.read_into(account_id, name, write)
            return
    raise NotStored(name)


def get(name: str) -> bytes:
    """Return a small file of the account. Raises NotStored."""
    parts: list[bytes] = []
    read_into(name, parts.append)
    return b"".join(parts)


def exists(name: str) -> bool:
    account_id, name = tenancy.current_account_id(), checked_name(name)
    return any(backend.exists(account_id, name) for backend in readable())


def delete(name: str) -> None:
    """Delete a file of the account wherever it is. Idempotent."""
    account_id, name = tenancy.current_account_id(), checked_name(name)
    for backend in readable():
        backend.delete(account_id, name)


def older_files(area: str, before: datetime) -> Iterator[tuple[int, str]]:
    """Yield account and name of every file in an area that was stored before `before`, across all accounts."""
    for backend in readable():
        for list_file in backend.list_files():
            if list_file.name.startswith(f"{area}/") and list_file.stored_at < before:
                yield list_file.account_id, list_file.name


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """Provide a temporary copy of a file on this host's disk, for readers that need a path. Raises NotStored."""
    with scratch_file() as file:
        read_into(name, file.write)
        file.flush()
        yield Path(file.name)


@contextmanager
def scratch_file() -> Iterator[IO[bytes]]:
    """Provide an empty temporary file in this host's data folder that only its user may open."""
    folder = (load_settings().data_dir / "scratch").resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep_drafts(folder)
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        yield file
