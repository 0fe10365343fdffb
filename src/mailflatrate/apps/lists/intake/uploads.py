"""Uploaded files: kept in the data folder until their import is over, known by their hash afterwards."""

import hashlib
import secrets
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mailflatrate.settings.schema import load_settings

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was kept: where, its SHA-256 in hexadecimal, its size."""

    path: Path
    sha256: str
    size_bytes: int


def keep(read: Callable[[int], bytes], account_id: int) -> Upload:
    """Copy a file, read in chunks, into the uploads folder of an account."""
    folder = (load_settings().data_dir / "uploads" / str(account_id)).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / secrets.token_hex(16)
    digest, size_bytes = hashlib.sha256(), 0
    with path.open("xb") as kept:
        path.chmod(0o600)
        while chunk := read(CHUNK_BYTES):
            kept.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
    return Upload(path, digest.hexdigest(), size_bytes)


def forget(path: Path) -> None:
    """Delete an upload. Idempotent."""
    path.unlink(missing_ok=True)


MOST_SEARCHED_BYTES = 512 * 1024 * 1024


def may_name(path: Path, email: str) -> bool:
    """Whether an upload names an address, in a text or in a part of a workbook; True where nobody can tell."""
    wanted = email.lower().encode()
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                return _stands_in(file, wanted)
        with zipfile.ZipFile(path) as workbook:
            for part in workbook.infolist():
                with workbook.open(part) as file:
                    if _stands_in(file, wanted):
                        return True
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
        return True
    return False


def _stands_in(file: IO[bytes], wanted: bytes) -> bool:
    """Search in chunks, without case; UTF-16 by leaving out its zeros."""
    rest, searched = b"", 0
    while chunk := file.read(CHUNK_BYTES):
        searched += len(chunk)
        text = rest + chunk.replace(b"\0", b"").lower()
        if wanted in text or searched > MOST_SEARCHED_BYTES:
            return True
        rest = text[-len(wanted) :]
    return False
