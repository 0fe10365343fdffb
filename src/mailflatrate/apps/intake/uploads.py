"""Uploads, stored until imported; then known by their hash."""

import secrets
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.base.storage.files import CHUNK_BYTES, StoredFileInfo
from mailflatrate.mail.address_search import AddressSearch

AREA = "uploads"


@contextmanager
def received(read: Callable[[int], bytes]) -> Iterator[Path]:
    """On this host's disk, before it is stored."""
    with storage.scratch_file() as file:
        while chunk := read(CHUNK_BYTES):
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def keep(path: Path) -> StoredFileInfo:
    with path.open("rb") as file:
        return storage.put(f"{AREA}/{secrets.token_hex(16)}", file.read)


def forget(name: str) -> None:
    """Idempotent."""
    with suppress(storage.NameRefused):  # older rows have a path on one host, which we must not delete
        storage.delete(name)


@contextmanager
def opened(name: str) -> Iterator[Path]:
    """On this host's disk. Raises FileNotFoundError."""
    try:
        with storage.local_copy(name) as path:
            yield path
    except (storage.NotStored, storage.NameRefused):
        raise FileNotFoundError(name) from None


@contextmanager
def opened_for(account_id: int, name: str) -> Iterator[Path]:
    """Outside any transaction. Raises ImportProblem if it no longer exists."""
    with ExitStack() as held:
        try:
            with tenancy.account(account_id):
                path = held.enter_context(opened(name))
        except FileNotFoundError:
            raise ImportProblem(_("The uploaded file is no longer available. Upload it again.")) from None
        yield path


def is_kept(name: str) -> bool:
    try:
        return storage.exists(name)
    except storage.NameRefused:
        return False


def forget_orphans(needed: Collection[tuple[int, str]], before: datetime) -> None:
    for account_id, name in storage.older_files(AREA, before):
        if (account_id, name) not in needed:
            with tenancy.account(account_id):
                storage.delete(name)


MOST_SEARCHED_BYTES = 512 * 1024 * 1024


def first_named(name: str, search: AddressSearch) -> int | None:
    """In text or part of a workbook; None if none, the first of all if it is impossible to tell."""
    try:
        with opened(name) as path:
            return _first_in(path, search)
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
        return 0


def _first_in(path: Path, search: AddressSearch) -> int | None:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return min(_occurring(file, search), default=None)
    places: set[int] = set()
    with zipfile.ZipFile(path) as workbook:
        for part in workbook.infolist():
            with workbook.open(part) as file:
                places |= _occurring(file, search)
    return min(places, default=None)


def _occurring(file: IO[bytes], search: AddressSearch) -> set[int]:
    """In chunks, ignoring case; UTF-16 by dropping its zeros."""
    places: set[int] = set()
    rest, searched = b"", 0
    while 0 not in places and (chunk := file.read(CHUNK_BYTES)):
        searched += len(chunk)
        text = rest + chunk.replace(b"\0", b"").lower()
        places |= search.named_in(text)
        if searched > MOST_SEARCHED_BYTES:
            return {0}
        rest = text[-search.longest :]
    return places
