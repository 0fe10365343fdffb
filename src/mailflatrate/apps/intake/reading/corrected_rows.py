"""Corrected rows that are uploaded again, restored to the original's form."""

from collections.abc import Iterator
from typing import Final

from mailflatrate.apps.intake.reading.csv_rows import Row, RowTable

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
"""`exports.cells` puts an apostrophe in front of these."""


class CorrectedTable:
    def __init__(self, table: RowTable) -> None:
        self._table = table
        self.header = table.header

    def position_bytes(self) -> int:
        return self._table.position_bytes()

    def rows(self) -> Iterator[Row]:
        for line, cells, fault in self._table.rows():
            yield line, [original_cell(cell) for cell in cells], fault


def original_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_SIGNS) else cell
