"""Streams CSV files as rows, isolating each broken line from its neighbors."""

import csv
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mailflatrate.apps.intake.reading.columns import MAX_COLUMNS
from mailflatrate.apps.intake.reading.dialect import detect, open_text
from mailflatrate.rules.proof.portable import PortableFault

MAX_LINE_CHARACTERS = 256 * 1024
"""Longer lines are cut, so that a file without line ends cannot fill the memory."""


MAX_RECORD_LINES = 60
"""Over which a quote may stay open: else a file whose lines each open one would be read once for each."""
MAX_FAULTS_BEFORE_HEADER = 200


class TableFault(StrEnum):
    NO_ROWS = "no_rows"
    COLUMNS = "columns"


class TableRefused(Exception):
    """`count`: its columns if there are too many."""

    def __init__(self, fault: TableFault, count: int) -> None:
        super().__init__(fault, count)
        self.fault = fault
        self.count = count


class _RecordTooLong(csv.Error):
    pass


class RowFault(StrEnum):
    """The value is stored."""

    COLUMNS = "wrong_column_count"
    QUOTES = "unbalanced_quotes"
    UNDECODABLE = "undecodable_bytes"
    NUL = "nul_byte"
    JSON = "unreadable_json"
    BLOCK = "unreadable_block"
    MEMBER = "unreadable_member"


Row = tuple[int, list[str], RowFault | PortableFault | None]


class RowTable(Protocol):
    header: list[str]

    def rows(self) -> Iterator[Row]:
        """After the header, in order."""
        ...

    def position_bytes(self) -> int:
        """Bytes read so far, approximately."""
        ...


class CsvTable:
    """Holds one record in memory. After an unclosed quote only its first line is refused; the others are read again."""

    def __init__(self, path: Path, most_octets: int | None = None) -> None:
        self._path, self._most_octets = path, most_octets
        self._dialect = detect(path)
        self._position_bytes = 0
        self._headed = True
        self.header: list[str] = []
        for number, (_line, cells, fault) in enumerate(self._records()):
            if number >= MAX_FAULTS_BEFORE_HEADER:
                break
            if fault is None:
                self._headed = not any("@" in cell for cell in cells)
                self.header = name_columns(cells if self._headed else [""] * len(cells))
                break
        if not self.header:
            raise TableRefused(TableFault.NO_ROWS, 0)

    def position_bytes(self) -> int:
        return self._position_bytes

    def rows(self) -> Iterator[Row]:
        width = len(self.header)
        waiting_for_header = self._headed
        for row in self._records():
            line, cells, fault = row
            if fault is not None or len(cells) == width:
                if waiting_for_header and fault is None:
                    waiting_for_header = False
                else:
                    yield row
            elif len(cells) > width and not any(cells[width:]):
                yield line, cells[:width], None
            else:
                yield line, cells, RowFault.COLUMNS

    def _records(self) -> Iterator[Row]:
        with open_text(self._path, self._dialect.encoding, self._most_octets) as text:
            read_line = text.readline
            tell = text.buffer.tell  # type: ignore[attr-defined]  # the raw file below the decoder
            taken: list[str] = []
            pushed: list[str] = []

            def lines() -> Iterator[str]:
                while line := pushed.pop() if pushed else read_line(MAX_LINE_CHARACTERS):
                    if len(taken) >= MAX_RECORD_LINES:
                        pushed.append(line)
                        raise _RecordTooLong
                    taken.append(line)
                    yield line

            number = 0
            if self._dialect.hint:
                read_line(MAX_LINE_CHARACTERS)
                number = 1
            reader = csv.reader(lines(), delimiter=self._dialect.delimiter, strict=True)
            while True:
                taken.clear()
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    pushed.extend(reversed(taken[1:]))
                    del taken[1:]
                    cells, fault = self._lenient(taken[0])
                    reader = csv.reader(lines(), delimiter=self._dialect.delimiter, strict=True)
                else:
                    fault = None
                line_number = number + 1
                number += len(taken)
                if not cells:
                    continue
                if line_number % 1024 == 0:
                    self._position_bytes = tell()
                yield line_number, cells, fault or _damage(taken)

    def _lenient(self, line: str) -> tuple[list[str], RowFault | None]:
        """On its own: `"Anna" ,x` is readable, `"Anna,x` is not."""
        try:
            rows = list(csv.reader([line], delimiter=self._dialect.delimiter))
        except csv.Error:
            return [line.rstrip("\r\n")], RowFault.QUOTES
        readable = len(rows) == 1 and len(rows[0]) == len(self.header) and not rows[0][-1].endswith(("\n", "\r"))
        return (rows[0], None) if readable else ([line.rstrip("\r\n")], RowFault.QUOTES)


def _damage(lines: list[str]) -> RowFault | None:
    for line in lines:
        if "\0" in line:
            return RowFault.NUL
        if "\ufffd" in line:
            return RowFault.UNDECODABLE
    return None


def name_columns(cells: list[str]) -> list[str]:
    """Unique and non-empty. Raises TableRefused if there are too many."""
    if len(cells) > MAX_COLUMNS:
        raise TableRefused(TableFault.COLUMNS, len(cells))
    titles: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        title = base = " ".join(cell.replace("\0", " ").split())[:120] or f"Column {number}"
        copy = 2
        while title in seen:
            title, copy = f"{base} ({copy})", copy + 1
        seen.add(title)
        titles.append(title)
    return titles
