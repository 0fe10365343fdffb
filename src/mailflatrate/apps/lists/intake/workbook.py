"""Which table a file holds. Spreadsheets are read by `sheets` in a child process, text tables here.

The child returns a workbook's rows some hundred at a time. A workbook it cannot read within its limits of time and
memory has to be saved as CSV, which needs the memory of one row.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.columns import MAX_COLUMNS
from mailflatrate.apps.lists.intake.look import HEAD_ROWS, TableLook, sheet_rows, titles_of
from mailflatrate.apps.lists.intake.moments import DayOrder
from mailflatrate.apps.lists.intake.sheets import (
    MAX_CELLS,
    SheetHead,
    SheetRow,
    SheetRows,
    WorkbookFault,
    WorkbookRefused,
    is_workbook,
)
from mailflatrate.apps.lists.intake.tables import CsvTable, Row, RowTable, TableFault, TableRefused
from mailflatrate.base import child


class SheetTable:
    """The first sheet of a workbook that holds rows."""

    def __init__(self, path: Path) -> None:
        """Raises WorkbookRefused, TableRefused or ChildError where the file cannot be read."""
        self._path = str(path.resolve())
        self._size_bytes = path.stat().st_size
        self._done_share = 0.0
        self._first: SheetHead = child.call("workbook.head", self._path, HEAD_ROWS)
        self.header, self._headed = titles_of(self._first)

    def position_bytes(self) -> int:
        return int(self._size_bytes * self._done_share)

    def rows(self) -> Iterator[Row]:
        return sheet_rows(self._records(), len(self.header), headed=self._headed)

    def _records(self) -> Iterator[SheetRow]:
        """Each reading of a workbook decodes it whole, so its first rows come from the first reading."""
        kept = self._first.rows
        yield from kept
        if self._first.is_whole:
            self._done_share = 1.0
            return
        stream: Iterator[SheetRows] = child.stream("workbook.rows", self._path)
        try:
            for some in stream:
                self._done_share = some.done_share
                yield from (row for row in some.rows if row[0] > kept[-1][0])
        except (WorkbookRefused, child.ChildError) as error:
            raise problem_of(error) from error


def problem_of(error: Exception) -> ImportProblem:
    """What the customer is told about a file that is not read."""
    if isinstance(error, child.ChildBusy):
        return ImportProblem(_("other files are being read right now; try again in a minute"))
    if isinstance(error, TableRefused):
        if error.fault is TableFault.NO_ROWS:
            return ImportProblem(_("the file contains no readable rows"))
        text = _("the file has %(count)d columns; the maximum is %(limit)d")
        return ImportProblem(text % {"count": error.count, "limit": MAX_COLUMNS})
    if not isinstance(error, WorkbookRefused):
        return ImportProblem(_("this workbook is too large or damaged; save it as CSV and import that"))
    match error.fault:
        case WorkbookFault.EMPTY:
            return ImportProblem(_("the workbook contains no rows"))
        case WorkbookFault.CELLS:
            text = _("the sheet has more than %(limit)d cells; save it as CSV and import that")
            return ImportProblem(text % {"limit": MAX_CELLS})
        case WorkbookFault.UNPACKED:
            return ImportProblem(_("this workbook is too large when unpacked; save it as CSV and import that"))
        case WorkbookFault.UNREADABLE:
            return ImportProblem(_("this workbook can't be read: %(error)s") % {"error": error.detail})


def open_table(path: Path) -> RowTable:
    """The table in a file, judged by its beginning and not by its name. Raises ImportProblem.

    For workers: a text table is read in this process.
    """
    try:
        return SheetTable(path) if _is_workbook(path) else CsvTable(path)
    except (TableRefused, WorkbookRefused, child.ChildError) as error:
        raise problem_of(error) from error


def look_at_table(path: Path) -> TableLook:
    """What can be seen in a file while someone waits, read in a child process. Raises ImportProblem."""
    _is_workbook(path)
    try:
        found: TableLook = child.call_once("table.look", str(path.resolve()))
    except (TableRefused, WorkbookRefused, child.ChildError) as error:
        raise problem_of(error) from error
    return found


def search_orders(path: Path, columns: Sequence[int]) -> dict[int, frozenset[DayOrder]]:
    """What the dates of some columns say far into a text table; nothing where that takes too long.

    Of a workbook, as many rows were looked at as can be while someone waits.
    """
    if is_workbook(path):
        return {}
    try:
        return dict(child.call("table.orders", str(path.resolve()), tuple(columns)))
    except (TableRefused, child.ChildError):
        return {}


def _is_workbook(path: Path) -> bool:
    if not path.stat().st_size:
        raise ImportProblem(_("the file is empty"))
    return is_workbook(path)
