"""Uploaded files: kept in the data folder until their import is over, known by their hash afterwards."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
