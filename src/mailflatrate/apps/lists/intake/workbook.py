"""Spreadsheets (XLSX, XLSM, XLSB, XLS, ODS) as rows, through calamine.

Memory: calamine decodes one sheet whole, outside of Python's heap, at about 60 octets a cell; the limits below keep
that under about 600 MB. Rows then stream out one by one. Larger tables come as CSV, which needs the memory of one row.
"""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import python_calamine
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.tables import CsvTable, Row, RowFault, Table, name_columns

MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_CELLS = 10_000_000
_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


class SheetTable:
    """The first sheet of a workbook that holds rows."""

    def __init__(self, path: Path) -> None:
        """Raises ImportProblem for a file that is no workbook, an empty one, or one that is too large."""
        self._size_bytes = path.stat().st_size
        self._done_share = 0.0
        _refuse_bombs(path)
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(path))
            sheets = (book.get_sheet_by_index(number) for number in range(len(book.sheet_names)))
            self._sheet = next((sheet for sheet in sheets if sheet.height), None)
        except python_calamine.CalamineError as error:
            raise ImportProblem(_("this workbook cannot be read: %(error)s") % {"error": error}) from error
        if self._sheet is None:
            raise ImportProblem(_("the workbook holds no rows"))
        if self._sheet.height * self._sheet.width > MAX_CELLS:
            raise ImportProblem(
                _("the sheet has more than %(limit)d cells; save it as CSV and import that") % {"limit": MAX_CELLS}
            )
        first = next((cells for _line, cells, _fault in self._records()), [])
        self._headed = not any("@" in cell for cell in first)
        self.header = name_columns(first if self._headed else [""] * len(first))
        if not self.header:
            raise ImportProblem(_("the workbook holds no rows"))

    def position_bytes(self) -> int:
        return int(self._size_bytes * self._done_share)

    def rows(self) -> Iterator[Row]:
        width = len(self.header)
        rows = self._records()
        if self._headed:
            next(rows)
        for line, cells, fault in rows:
            if len(cells) > width and any(cells[width:]):
                yield line, cells, RowFault.COLUMNS
            else:
                yield line, (cells + [""] * (width - len(cells)))[:width], fault

    def _records(self) -> Iterator[Row]:
        sheet = self._sheet
        assert sheet is not None
        first_line = (sheet.start[0] if sheet.start else 0) + 1
        for line, row in enumerate(sheet.iter_rows(), start=first_line):
            cells = [cell_text(cell) for cell in row]
            if any(cells):
                self._done_share = (line - first_line) / sheet.height
                yield line, cells, RowFault.NUL if any("\0" in cell for cell in cells) else None


def cell_text(cell: object) -> str:
    """A cell as the text that a CSV of the same sheet would hold."""
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


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked_bytes = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return  # an old XLS, or damaged: calamine says so
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        raise ImportProblem(_("this workbook is too large when unpacked; save it as CSV and import that"))


def open_table(path: Path) -> Table:
    """The table in a file, judged by its beginning and not by its name. Raises ImportProblem."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise ImportProblem(_("the file is empty"))
    if head.startswith(_ZIP) or head == _OLE:
        return SheetTable(path)
    return CsvTable(path)
