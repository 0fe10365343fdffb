"""Which table a file holds. Spreadsheets are read by `sheets` in a child process, text tables here.

A workbook's rows come out of the child some hundred at a time. What it cannot read within its limits of time and memory
comes as CSV, which needs the memory of one row.
"""

from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.sheets import (
    MAX_CELLS,
    SheetHead,
    SheetRow,
    SheetRows,
    WorkbookFault,
    WorkbookRefused,
)
from mailflatrate.apps.lists.intake.tables import CsvTable, Row, RowFault, Table, name_columns
from mailflatrate.base import child

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


HEAD_ROWS = 3_001
"""Rows that the first reading brings along: the titles, and as many as are looked at before the start."""


class SheetTable:
    """The first sheet of a workbook that holds rows."""

    def __init__(self, path: Path) -> None:
        """Raises ImportProblem for a file that is no workbook, an empty one, or one that is too large."""
        self._path = str(path.resolve())
        self._size_bytes = path.stat().st_size
        self._done_share = 0.0
        try:
            self._first: SheetHead = child.call("workbook.head", self._path, HEAD_ROWS)
        except (WorkbookRefused, child.ChildError) as error:
            raise problem_of(error) from error
        first = self._first.rows
        cells = list(first[0][1]) if first else []
        self._headed = not any("@" in cell for cell in cells)
        self.header = name_columns(cells if self._headed else [""] * len(cells))
        if not self.header:
            raise ImportProblem(_("the workbook holds no rows"))
        self.quick_rows = len(first) - self._headed

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
        """Each reading of a workbook decodes it whole, so its first rows come from the first reading."""
        kept = self._first.rows
        yield from map(_record, kept)
        if self._first.is_whole:
            self._done_share = 1.0
            return
        stream: Iterator[SheetRows] = child.stream("workbook.rows", self._path)
        try:
            for some in stream:
                self._done_share = some.done_share
                yield from (_record(row) for row in some.rows if row[0] > kept[-1][0])
        except (WorkbookRefused, child.ChildError) as error:
            raise problem_of(error) from error


def _record(row: SheetRow) -> Row:
    line, cells = row
    return line, list(cells), RowFault.NUL if any("\0" in cell for cell in cells) else None


def problem_of(error: Exception) -> ImportProblem:
    """What the customer is told about a workbook that is not read."""
    if isinstance(error, child.ChildBusy):
        return ImportProblem(_("other files are being read right now; try again in a minute"))
    if not isinstance(error, WorkbookRefused):
        return ImportProblem(_("this workbook is too large or damaged; save it as CSV and import that"))
    match error.fault:
        case WorkbookFault.EMPTY:
            return ImportProblem(_("the workbook holds no rows"))
        case WorkbookFault.CELLS:
            text = _("the sheet has more than %(limit)d cells; save it as CSV and import that")
            return ImportProblem(text % {"limit": MAX_CELLS})
        case WorkbookFault.UNPACKED:
            return ImportProblem(_("this workbook is too large when unpacked; save it as CSV and import that"))
        case WorkbookFault.UNREADABLE:
            return ImportProblem(_("this workbook cannot be read: %(error)s") % {"error": error.detail})


def open_table(path: Path) -> Table:
    """The table in a file, judged by its beginning and not by its name. Raises ImportProblem."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise ImportProblem(_("the file is empty"))
    if head.startswith(_ZIP) or head == _OLE:
        return SheetTable(path)
    return CsvTable(path)
