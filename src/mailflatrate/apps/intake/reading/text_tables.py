"""Text other than CSV: JSON, blocks (Sympa), `Name <address>` (Mailman). Streamed twice, first for the columns."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from mailflatrate.apps.intake.reading.columns import MAX_COLUMNS
from mailflatrate.apps.intake.reading.csv_rows import (
    MAX_LINE_CHARACTERS,
    CsvTable,
    Row,
    RowFault,
    RowTable,
    TableFault,
    TableRefused,
    name_columns,
)
from mailflatrate.apps.intake.reading.dialect import encoding_of, open_text
from mailflatrate.apps.intake.reading.json_lists import is_json_list, json_objects

MAX_BLOCK_LINES = 200
MAX_DEPTH = 3
"""Nested objects become columns like `attributes.city` down to here; deeper ones stay JSON."""
MAX_NESTING = 40
MAX_MEMBER_CHARACTERS = 500
MEMBER_TITLES = ("member address", "member name")
_SAMPLE_LINES = 40
_BLOCK_LINE = re.compile(r"([a-z][a-z0-9_]{1,40})(?:[ \t](.*))?")
_MEMBER = re.compile(r"(?:[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>|([^\s,;<>\"]+@[^\s,;<>\"]+))\s*")
_STATE = re.compile(r"status$", re.IGNORECASE)
_Record = tuple[int, dict[str, str] | None]
_Reader = Callable[[Iterator[str]], Iterator[_Record]]


def open_text_table(path: Path, most_octets: int | None = None) -> RowTable:
    """By its beginning. Raises TableRefused."""
    encoding = encoding_of(path)
    with open_text(path, encoding, most_octets) as text:
        lines = [line.strip("\ufeff \t\r\n") for line in islice(_lines(text), _SAMPLE_LINES)]
    filled = [line for line in lines if line]
    if filled and filled[0].startswith("{") and _read_object(filled[0]) is not None:
        return RecordTable(path, encoding, _json_records, RowFault.JSON, most_octets)
    if is_json_list(filled):
        return RecordTable(path, encoding, _json_list_records, RowFault.JSON, most_octets)
    first_block = lines[: lines.index("")] if "" in lines else lines
    if len(first_block) > 1 and all(map(_BLOCK_LINE.fullmatch, first_block)) and _has_address(first_block):
        return RecordTable(path, encoding, _block_records, RowFault.BLOCK, most_octets)
    if filled and any("<" in line for line in filled) and all(map(_member, filled)):
        return RecordTable(path, encoding, _member_records, RowFault.MEMBER, most_octets)
    return CsvTable(path, most_octets)


class RecordTable:
    def __init__(self, path: Path, encoding: str, read: _Reader, fault: RowFault, most_octets: int | None) -> None:
        """Raises TableRefused without columns, or with too many."""
        self._path, self._encoding, self._read, self._fault, self._most_octets = (
            path,
            encoding,
            read,
            fault,
            most_octets,
        )
        self._position_bytes = 0
        names: dict[str, None] = {}
        for _line, record in self._records():
            names.update(dict.fromkeys(record or ()))
            if len(names) > MAX_COLUMNS:
                raise TableRefused(TableFault.COLUMNS, len(names))
        if not names:
            raise TableRefused(TableFault.NO_ROWS, 0)
        self._names = tuple(names)
        self.header = name_columns(list(names))

    def position_bytes(self) -> int:
        return self._position_bytes

    def rows(self) -> Iterator[Row]:
        for line, record in self._records():
            if record is None:
                yield line, [""] * len(self._names), self._fault
                continue
            cells = [record.get(name, "") for name in self._names]
            yield line, cells, RowFault.NUL if any("\0" in cell for cell in cells) else None

    def _records(self) -> Iterator[_Record]:
        with open_text(self._path, self._encoding, self._most_octets) as text:
            tell = text.buffer.tell  # type: ignore[attr-defined]  # the raw file below the decoder
            for number, record in enumerate(self._read(_lines(text))):
                if number % 1024 == 0:
                    self._position_bytes = tell()
                yield record


def _lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(MAX_LINE_CHARACTERS):
        yield line


def _json_records(lines: Iterator[str]) -> Iterator[_Record]:
    for number, line in enumerate(lines, start=1):
        bare = line.strip("\ufeff \t\r\n")
        if bare:
            record = _read_object(bare)
            yield number, None if record is None else _flatten(record)


def _json_list_records(lines: Iterator[str]) -> Iterator[_Record]:
    for number, record in json_objects(lines):
        yield number, None if record is None or _is_too_deep(record) else _flatten(record)


def _is_too_deep(value: object, depth: int = 1) -> bool:
    if depth > MAX_NESTING:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_too_deep(child, depth + 1) for child in inner)


def _read_object(text: str) -> dict[str, object] | None:
    """None for anything else, and for absurdly deep nesting."""
    if text.count("[") + text.count("{") > MAX_NESTING and _nesting(text) > MAX_NESTING:
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _nesting(text: str) -> int:
    deepest = depth = 0
    for sign in text:
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _flatten(record: dict[str, object], prefix: str = "", depth: int = 1) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"[:200]
        if isinstance(value, dict) and depth < MAX_DEPTH:
            flat |= _flatten(value, f"{name}.", depth + 1)
        elif value is not None:
            flat[name] = _text(value)
            flat |= _states_in(value, name)
    return flat


def _states_in(value: object, name: str) -> dict[str, str]:
    states: dict[str, dict[str, None]] = {}
    for record in value if isinstance(value, list) else ():
        for key, state in record.items() if isinstance(record, dict) else ():
            if _STATE.search(key) and isinstance(state, str | int) and state != "":
                states.setdefault(f"{name}.{key}"[:200], {})[_text(state)] = None
    return {title: ", ".join(words) for title, words in states.items()}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)


def _block_records(lines: Iterator[str]) -> Iterator[_Record]:
    """Parted by blank lines. A line that is none of `key value` spoils its block."""
    record: dict[str, str] | None = {}
    begin = taken = 0
    for number, line in enumerate(lines, start=1):
        bare = line.strip("\ufeff \t\r\n")
        if not bare:
            if taken:
                yield begin, record
            record, taken = {}, 0
            continue
        if not taken:
            begin = number
        taken += 1
        match = _BLOCK_LINE.fullmatch(bare)
        if match is None or taken > MAX_BLOCK_LINES:
            record = None
        elif record is not None:
            record[match[1]] = (match[2] or "").strip()
    if taken:
        yield begin, record


def _has_address(block: list[str]) -> bool:
    return any(line.startswith(("email ", "user_subscriber ")) and "@" in line for line in block)


def _member(line: str) -> re.Match[str] | None:
    return _MEMBER.fullmatch(line) if len(line) <= MAX_MEMBER_CHARACTERS else None


def _member_records(lines: Iterator[str]) -> Iterator[_Record]:
    for number, line in enumerate(lines, start=1):
        bare = line.strip("\ufeff \t\r\n")
        if not bare:
            continue
        match = _member(bare)
        if match is None:
            yield number, None
            continue
        name = bare[: bare.index("<")].strip().strip('"') if match[1] else ""
        yield number, {MEMBER_TITLES[0]: match[1] or match[2], MEMBER_TITLES[1]: name}
