"""Opens the table in a file: text here, row by row; workbooks in a child process, within limits."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.reading.archive import ArchiveFault, ArchiveRefused, is_archive
from mailflatrate.apps.intake.reading.columns import MAX_COLUMNS, Columns, ColumnTarget
from mailflatrate.apps.intake.reading.corrected_rows import CorrectedTable
from mailflatrate.apps.intake.reading.csv_rows import Row, RowTable, TableFault, TableRefused
from mailflatrate.apps.intake.reading.file_preview import HEAD_ROWS, TablePreview, sheet_rows, titles_of
from mailflatrate.apps.intake.reading.no_rows import UnreadNoes
from mailflatrate.apps.intake.reading.own_titles import is_ours
from mailflatrate.apps.intake.reading.portable_rows import PROOF_TITLE, ProofTable, is_portable
from mailflatrate.apps.intake.reading.spreadsheets import (
    MAX_CELLS,
    SheetHead,
    SheetRow,
    SheetRows,
    WorkbookFault,
    WorkbookRefused,
    is_workbook,
)
from mailflatrate.apps.intake.reading.text_tables import open_text_table
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import child
from mailflatrate.rules.contacts.timestamps import DayOrder


class SheetTable:
    def __init__(self, path: Path) -> None:
        """Raises WorkbookRefused, TableRefused or ChildError if the file cannot be read."""
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
        """Each read decodes the whole workbook, so the first rows come from the first read."""
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


def archive_problem(error: ArchiveRefused) -> ImportProblem:
    match error.fault:
        case ArchiveFault.ENCRYPTED:
            return ImportProblem(_("the ZIP is protected by a password; unpack it and import the files in it"))
        case ArchiveFault.NESTED:
            return ImportProblem(_("the ZIP contains another ZIP; unpack it and import the files in it"))
        case ArchiveFault.ENTRIES:
            return ImportProblem(_("the ZIP contains too many files; import only those with contacts"))
        case ArchiveFault.UNPACKED:
            return ImportProblem(_("the ZIP is too large when unpacked; unpack it and import the files one by one"))
        case ArchiveFault.EMPTY:
            return ImportProblem(_("the ZIP contains no CSV file and no spreadsheet"))
        case ArchiveFault.UNREADABLE:
            return ImportProblem(_("the ZIP is damaged; export it again"))


def problem_of(error: Exception) -> ImportProblem:
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
        case WorkbookFault.SHEETS:
            text = _("another sheet, “%(sheet)s”, contains addresses, too; save each sheet as a file of its own")
            return ImportProblem(text % {"sheet": error.detail})
        case WorkbookFault.UNREADABLE:
            return ImportProblem(_("this workbook can't be read: %(error)s") % {"error": error.detail})


def open_table(path: Path) -> RowTable:
    """By its beginning, not its name. For workers, as text is read in this process. Raises ImportProblem."""
    try:
        if is_portable(path):
            return ProofTable(path)
        table: RowTable = SheetTable(path) if _is_workbook(path) else open_text_table(path)
    except (TableRefused, WorkbookRefused, child.ChildError) as error:
        raise problem_of(error) from error
    if PROOF_TITLE in table.header:
        return ProofTable(path, table=table)
    return CorrectedTable(table) if any(map(is_ours, table.header)) else table


def preview_in_child(path: Path) -> TablePreview:
    """While someone waits. Raises ImportProblem."""
    _is_workbook(path)
    try:
        preview: TablePreview = child.call_once("table.preview", str(path.resolve()))
    except (TableRefused, WorkbookRefused, child.ChildError) as error:
        raise problem_of(error) from error
    return preview


def search_orders(path: Path, columns: Sequence[int]) -> dict[int, frozenset[DayOrder]]:
    """Far into a text table; empty if that takes too long, and for workbooks, whose preview read enough."""
    if is_workbook(path):
        return {}
    try:
        return dict(child.call("table.orders", str(path.resolve()), tuple(columns)))
    except (TableRefused, child.ChildError):
        return {}


def search_unread_noes(path: Path, columns: Columns, *, all_say_no: bool) -> UnreadNoes:
    """Rows that say no without an address; none if that takes too long: undecided ones hold the import at its end."""
    if not columns.statuses and not all_say_no:
        return UnreadNoes()
    noes: UnreadNoes
    try:
        noes = child.call(
            "table.noes", str(path.resolve()), columns.targets[ColumnTarget.EMAIL], columns.statuses, all_say_no
        )
    except (TableRefused, WorkbookRefused, child.ChildError):
        return UnreadNoes()
    return noes


def _is_workbook(path: Path) -> bool:
    if not path.stat().st_size:
        raise ImportProblem(_("the file is empty"))
    if not is_workbook(path):
        return False
    if is_archive(path):
        raise ImportProblem(_("this is a ZIP; unpack it and import its files one by one, unsubscribes first"))
    return True
