"""Rows that say no, with or without addresses. Needs no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailflatrate.apps.intake.reading.csv_rows import Row, RowTable
from mailflatrate.apps.intake.reading.file_preview import sheet_rows, titles_of
from mailflatrate.apps.intake.reading.spreadsheets import is_workbook, read_first_rows, read_rows
from mailflatrate.apps.intake.reading.text_tables import open_text_table
from mailflatrate.rules.prior_status.row import StatusColumn, judge_row
from mailflatrate.rules.prior_status.status_words import NO, is_status_word, read_status
from mailflatrate.rules.prior_status.written_addresses import find_addresses, is_usual

SHOWN_LINES = 20
MOST_OCTETS = 64_000_000
"""Searched before the start. Later ones hold the import at its end."""


def addresses_of_no(cells: Sequence[str], email_at: int | None = None) -> tuple[str, ...]:
    """Canonical ones in its address column, otherwise in any cell."""
    addresses = () if email_at is None else find_addresses(cells[email_at])
    return addresses or tuple(dict.fromkeys(address for cell in cells if cell for address in find_addresses(cell)))


def is_heading_of_noes(cells: Sequence[str]) -> bool:
    return any(is_status_word(cell) and read_status(cell) in NO for cell in cells) and not addresses_of_no(cells)


@dataclass(frozen=True, slots=True)
class UnreadNoes:
    """How many, and the lines of the first ones."""

    rows: int = 0
    lines: tuple[int, ...] = ()

    def with_line(self, line: int) -> "UnreadNoes":
        return UnreadNoes(self.rows + 1, (*self.lines, line)[:SHOWN_LINES])


def find_unread_noes(path: str, email_at: int, columns: Sequence[StatusColumn], all_say_no: bool) -> UnreadNoes:
    """Raises TableRefused, WorkbookRefused."""
    noes = UnreadNoes()
    readers = tuple((column, column.reads()) for column in columns)
    for line, cells, fault in _rows(path):
        if fault is not None and is_heading_of_noes(cells):
            noes = noes.with_line(line)
        if fault is not None or is_usual(cells[email_at]):
            continue
        hit = judge_row(readers, cells)
        if (all_say_no or (hit is not None and hit.status in NO)) and not addresses_of_no(cells, email_at):
            noes = noes.with_line(line)
    return noes


def _rows(path: str) -> Iterable[Row]:
    if not is_workbook(Path(path)):
        table: RowTable = open_text_table(Path(path), MOST_OCTETS)
        return table.rows()
    header, headed = titles_of(read_first_rows(path, 1))
    return sheet_rows((row for some in read_rows(path) for row in some.rows), len(header), headed=headed)
