"""Previews a file in a child process, as a table is untrusted. Bytes are limited: same result on any machine."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mailflatrate.apps.intake.reading.column_survey import SURVEY_ROWS, Survey, search_order, survey_rows
from mailflatrate.apps.intake.reading.csv_rows import Row, RowFault, RowTable, TableFault, TableRefused, name_columns
from mailflatrate.apps.intake.reading.portable_rows import PROOF_TITLE, ProofTable, is_portable
from mailflatrate.apps.intake.reading.spreadsheets import SheetHead, SheetRow, is_workbook, read_first_rows
from mailflatrate.apps.intake.reading.text_tables import open_text_table
from mailflatrate.rules.contacts.timestamps import DayOrder

HEAD_ROWS = SURVEY_ROWS + 1
"""Of a workbook, titles included."""
SHOWN_ROWS = 10
SHOWN_CHARACTERS = 500
PREVIEW_OCTETS = 2_000_000
ORDER_OCTETS = 8_000_000
"""Searched for a date that decides the order of day and month."""


@dataclass(frozen=True, slots=True)
class TablePreview:
    """Long cells are shortened."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    survey: Survey


def preview_table(path: str) -> TablePreview:
    """Raises TableRefused, WorkbookRefused."""
    if is_workbook(Path(path)):
        head = read_first_rows(path, HEAD_ROWS)
        header, headed = titles_of(head)
        rows = list(sheet_rows(head.rows, len(header), headed=headed))
        if PROOF_TITLE in header:
            table: RowTable = ProofTable(Path(path), table=_Rows(header, rows))
            header, rows = table.header, list(table.rows())
    else:
        table = _open_text(Path(path))
        header = table.header
        rows = list(islice(table.rows(), SURVEY_ROWS))
    readable = [cells for _line, cells, fault in rows[:SHOWN_ROWS] if fault is None]
    preview = tuple(tuple(cell[:SHOWN_CHARACTERS] for cell in cells) for cells in readable)
    return TablePreview(tuple(header), preview, survey_rows(header, rows))


class _Rows:
    def __init__(self, header: list[str], rows: list[Row]) -> None:
        self.header, self._rows = header, rows

    def rows(self) -> Iterator[Row]:
        return iter(self._rows)

    def position_bytes(self) -> int:
        return 0


def _open_text(path: Path) -> RowTable:
    if is_portable(path):
        return ProofTable(path, most_octets=PREVIEW_OCTETS)
    table = open_text_table(path, PREVIEW_OCTETS)
    return ProofTable(path, table=table) if PROOF_TITLE in table.header else table


def find_date_orders(path: str, columns: tuple[int, ...]) -> tuple[tuple[int, frozenset[DayOrder]], ...]:
    """Beyond a text table's first rows. Raises TableRefused."""
    orders = search_order(open_text_table(Path(path), ORDER_OCTETS).rows(), columns)
    return tuple((at, frozenset(column_orders)) for at, column_orders in orders.items())


def titles_of(head: SheetHead) -> tuple[list[str], bool]:
    cells = list(head.rows[0][1]) if head.rows else []
    if not cells:
        raise TableRefused(TableFault.NO_ROWS, 0)
    headed = not any("@" in cell for cell in cells)
    return name_columns(cells if headed else [""] * len(cells)), headed


def sheet_rows(records: Iterable[SheetRow], width: int, *, headed: bool) -> Iterator[Row]:
    """After the titles, all with the same width."""
    rows = iter(records)
    if headed:
        next(rows)
    for line, values in rows:
        cells = list(values)
        if len(cells) > width and any(cells[width:]):
            yield line, cells, RowFault.COLUMNS
        else:
            fault = RowFault.NUL if any("\0" in cell for cell in cells) else None
            yield line, (cells + [""] * (width - len(cells)))[:width], fault
