"""The ZIP an email system makes of an audience, unpacked within limits: names are only labels, sizes are counted."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO

MAX_ENTRIES = 1_000
MAX_TABLES = 50
MAX_DIRECTORY_BYTES = 1024 * 1024
MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024
MAX_RATIO = 200
"""Only lines that repeat themselves come near."""
RATIO_FROM_BYTES = 16 * 1024 * 1024
_CHUNK = 256 * 1024
_ZIP = b"PK\x03\x04"
_END = struct.Struct("<4s4H2LH")
_MOST_COMMENT = 65_535
_TABLES = (".csv", ".tsv", ".txt", ".tab", ".json", ".jsonl", ".ndjson", ".dump", ".xlsx", ".xlsm", ".xls", ".ods")
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)
_WORKBOOK_PARTS = ("[Content_Types].xml", "mimetype", "content.xml")


class ArchiveFault(StrEnum):
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    NESTED = "nested"
    ENTRIES = "entries"
    UNPACKED = "unpacked"
    EMPTY = "empty"


class ArchiveRefused(Exception):
    """`name`: the file in it that caused this."""

    def __init__(self, fault: ArchiveFault, name: str = "") -> None:
        super().__init__(fault, name)
        self.fault = fault
        self.name = name


def is_archive(path: Path) -> bool:
    """A workbook is also a ZIP, but doesn't count."""
    with path.open("rb") as file:
        if not file.read(4).startswith(_ZIP):
            return False
    try:
        _judge_directory(path)
        with zipfile.ZipFile(path) as archive:
            return set(_WORKBOOK_PARTS).isdisjoint(archive.namelist())
    except ArchiveRefused as refused:
        return refused.fault is not ArchiveFault.UNREADABLE
    except _BROKEN:
        return False


@contextmanager
def unpacked(path: Path, folder: Path | None = None) -> Iterator[list[tuple[str, Path]]]:
    """Name and path; deleted after the block. Other kinds of files are skipped. Raises ArchiveRefused."""
    with ExitStack() as held:
        try:
            _judge_directory(path)
            archive = held.enter_context(zipfile.ZipFile(path))
            entries = [entry for entry in archive.infolist() if _is_wanted(entry)]
            if not entries:
                raise ArchiveRefused(ArchiveFault.EMPTY)
            if len(entries) > MAX_TABLES:
                raise ArchiveRefused(ArchiveFault.ENTRIES)
            left = MAX_UNPACKED_BYTES
            files = []
            for entry in entries:
                file = held.enter_context(NamedTemporaryFile(prefix="move-in-", dir=folder))
                left -= _unpack(archive, entry, file, left)
                files.append((entry.filename, Path(file.name)))
        except _BROKEN as error:
            raise ArchiveRefused(ArchiveFault.UNREADABLE) from error
        yield files


def _judge_directory(path: Path) -> None:
    """Before it is read. Raises ArchiveRefused."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END.size - _MOST_COMMENT))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise ArchiveRefused(ArchiveFault.UNREADABLE)
    _sign, _disk, _first, _here, entries, octets, offset, _comment = _END.unpack_from(tail, at)
    if entries > MAX_ENTRIES or octets > MAX_DIRECTORY_BYTES or offset == 0xFFFFFFFF:
        raise ArchiveRefused(ArchiveFault.ENTRIES)


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.is_dir() or name.name.startswith(".") or "__MACOSX" in name.parts:
        return False
    if name.suffix.lower() == ".zip":
        raise ArchiveRefused(ArchiveFault.NESTED, entry.filename)
    return name.suffix.lower() in _TABLES


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: IO[bytes], most: int) -> int:
    """Return its bytes."""
    if entry.flag_bits & 0x1:
        raise ArchiveRefused(ArchiveFault.ENCRYPTED, entry.filename)
    count = 0
    with archive.open(entry) as packed:
        while chunk := packed.read(_CHUNK):
            count += len(chunk)
            if count > most or (count > RATIO_FROM_BYTES and count > MAX_RATIO * max(entry.compress_size, 1)):
                raise ArchiveRefused(ArchiveFault.UNPACKED, entry.filename)
            file.write(chunk)
    file.flush()
    return count
