"""What all backends share: names, errors, and the interface."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

CHUNK_BYTES: Final = 1024 * 1024
DRAFT_SECONDS: Final = 86_400
OWN_ACCOUNT: Final = 0
"""Files of the installation itself, such as the doctor's probe. No customer has this number."""
# Nothing in a name can leave its folder, hide, or mean something to a shell, a URL or a file system without case.
_NAME = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9-]{0,79}\Z")


class StorageFailed(Exception):
    """The backend cannot be reached or refuses the operation; the message says why. Retrying later may help."""


class NotStored(Exception):
    """The account has no file of this name."""


class NameRefused(ValueError):
    """Raised for a file name that we did not generate."""


def checked_name(name: str) -> str:
    """Return the name of a file: an area, a slash, and lowercase letters, digits and hyphens. Raises NameRefused."""
    if not _NAME.match(name):
        raise NameRefused(f"{name[:100]!r} isn't a valid name for a stored file")
    return name


@dataclass(frozen=True, slots=True)
class StoredFileInfo:
    """A stored file: its size, and its SHA-256 in hexadecimal."""

    name: str
    octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ListedFile:
    account_id: int
    name: str
    octets: int
    stored_at: datetime


class Backend(Protocol):
    """A place for files. The caller has checked the name and the account's right to the file."""

    def put(self, account_id: int, name: str, read: Callable[[int], bytes]) -> StoredFileInfo:
        """Store a file completely or not at all, replacing an earlier one. Raises StorageFailed."""

    def read_into(self, account_id: int, name: str, write: Callable[[bytes], object]) -> None:
        """Pass on a whole file, in chunks. Raises NotStored before the first chunk, StorageFailed at any time."""

    def exists(self, account_id: int, name: str) -> bool:
        """Return whether the file is here. Raises StorageFailed."""

    def delete(self, account_id: int, name: str) -> None:
        """Delete a file. Idempotent. Raises StorageFailed."""

    def list_files(self, account_id: int | None = None) -> Iterator[ListedFile]:
        """Yield every file, or those of one account, in no order. Raises StorageFailed."""


def sweep_drafts(folder: Path) -> None:
    """Remove what a dead process left in a folder of drafts more than a day ago."""
    with os.scandir(folder) as drafts:
        for draft in drafts:
            with suppress(OSError):
                if draft.stat(follow_symlinks=False).st_mtime < time.time() - DRAFT_SECONDS:
                    Path(draft.path).unlink()


class MeasuredStream:
    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._digest = hashlib.sha256()
        self.octets = 0

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Return up to `size` bytes; fewer only at the end, although sockets and pipes return short reads."""
        parts: list[bytes] = []
        remaining = size
        while remaining > 0 and (part := self._read(remaining)):
            parts.append(part)
            remaining -= len(part)
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        self._digest.update(whole)
        self.octets += len(whole)
        return whole

    def stored(self, name: str) -> StoredFileInfo:
        return StoredFileInfo(name, self.octets, self._digest.hexdigest())
