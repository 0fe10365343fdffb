"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as rows of text, in a child process without Django. Calamine trusts stated
sizes and decodes whole rectangles, so unpacked size and rectangle are checked first, by streaming.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import python_calamine

MAX_CELLS = 2_000_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_STRINGS_BYTES = 64 * 1024 * 1024
ROWS_TOGETHER = 500
HEAD_CHARACTERS = 2_000_000
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_CHUNK = 256 * 1024
_OVERLAP = 512
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_STRINGS = re.compile(r"xl/sharedStrings\.xml", re.IGNORECASE)
_COLUMNS = re.compile(rb"\sr\s{0,9}=\s{0,9}[\"']\$?([A-Za-z]{1,8})")
_ROWS = re.compile(rb"\sr\s{0,9}=\s{0,9}[\"']\$?[A-Za-z]{0,8}\$?([0-9]{1,12})")


_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


class WorkbookFault(StrEnum):
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    CELLS = "cells"
    UNPACKED = "unpacked"
    SHEETS = "sheets"


class WorkbookRefused(Exception):
    """`detail`: calamine's message, if any."""

    def __init__(self, fault: WorkbookFault, detail: str) -> None:
        super().__init__(fault, detail)
        self.fault = fault
        self.detail = detail


SheetRow = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SheetRows:
    rows: tuple[SheetRow, ...]
    done_share: float


@dataclass(frozen=True, slots=True)
class SheetHead:
    rows: tuple[SheetRow, ...]
    is_whole: bool


def is_workbook(path: Path) -> bool:
    """By content, not name."""
    with path.open("rb") as file:
        head = file.read(8)
    return head.startswith(_ZIP) or head == _OLE


def read_first_rows(path: str, most: int) -> SheetHead:
    rows = _rows(_open(Path(path)))
    first_rows: list[SheetRow] = []
    characters = 0
    for row in islice(rows, most):
        first_rows.append(row)
        characters += sum(map(len, row[1]))
        if characters > HEAD_CHARACTERS:
            break
    return SheetHead(tuple(first_rows), next(rows, None) is None)


def read_rows(path: str) -> Iterator[SheetRows]:
    """Non-empty, a few hundred at a time. Raises WorkbookRefused."""
    sheet = _open(Path(path))
    rows, height = _rows(sheet), sheet.height
    begin = (sheet.start[0] if sheet.start else 0) + 1
    while some := tuple(islice(rows, ROWS_TOGETHER)):
        yield SheetRows(some, min(1.0, (some[-1][0] - begin) / height))


def _open(path: Path) -> "python_calamine.CalamineSheet":
    """The first with rows. A later one that names people would be left out, with its noes."""
    import python_calamine  # here, because it takes memory that a sender has no use for

    _judge_size(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet, further = None, ""
        for number in reversed(range(len(book.sheet_names))):
            earlier = book.get_sheet_by_index(number)
            if not earlier.height:
                continue
            if further:
                raise WorkbookRefused(WorkbookFault.SHEETS, further)
            sheet, further = earlier, earlier.name if number and _names_people(earlier) else ""
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise WorkbookRefused(WorkbookFault.UNREADABLE, str(error)[:200]) from error
    if sheet is None:
        raise WorkbookRefused(WorkbookFault.EMPTY, "")
    if sheet.height * sheet.width > MAX_CELLS:
        raise WorkbookRefused(WorkbookFault.CELLS, "")
    return sheet


def _names_people(sheet: "python_calamine.CalamineSheet") -> bool:
    return any(isinstance(cell, str) and _ADDRESS.search(cell) for row in sheet.iter_rows() for cell in row)


def _rows(sheet: "python_calamine.CalamineSheet") -> Iterator[SheetRow]:
    first_line = (sheet.start[0] if sheet.start else 0) + 1
    for line, row in enumerate(sheet.iter_rows(), start=first_line):
        cells = tuple(cell_text(cell) for cell in row)
        if any(cells):
            yield line, cells


def cell_text(cell: object) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return ""


def _judge_size(path: Path) -> None:
    """Keeps nothing; refuses an XLSX as soon as it exceeds a limit."""
    try:
        with zipfile.ZipFile(path) as archive:
            left = MAX_UNPACKED_BYTES
            for entry in archive.infolist():
                is_sheet = _SHEETS.fullmatch(entry.filename) is not None
                most = min(left, MAX_STRINGS_BYTES) if _STRINGS.fullmatch(entry.filename) else left
                left -= _judge_entry(archive, entry, most, is_sheet=is_sheet)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        return  # an old XLS, or damaged: calamine says so


def _judge_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, *, is_sheet: bool) -> int:
    """Its bytes, counted instead of trusting the archive."""
    count, rest = 0, b""
    corner = _Corner()
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            count += len(chunk)
            if count > most:
                raise WorkbookRefused(WorkbookFault.UNPACKED, "")
            if is_sheet:
                rest += chunk
                corner.profile(rest)
                rest = rest[-_OVERLAP:]
    return count


class _Corner:
    """By rows (r="7") and cells (r="C7"); the memory limit catches what is hidden."""

    def __init__(self) -> None:
        self._row = 1
        self._column = 1

    def profile(self, xml: bytes) -> None:
        """Raises WorkbookRefused as soon as the rectangle is too large."""
        # A document type has no place in a workbook; in UTF-16 the patterns below would see nothing.
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or b"\0" in xml:
            raise WorkbookRefused(WorkbookFault.UNREADABLE, "XML")
        columns, rows = set(_COLUMNS.findall(xml)), set(_ROWS.findall(xml))
        self._column = max(self._column, *map(_column_number, columns), 1)
        self._row = max(self._row, *map(int, rows), 1)
        if self._row * self._column > MAX_CELLS:
            raise WorkbookRefused(WorkbookFault.CELLS, "")


def _column_number(name: bytes) -> int:
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number
