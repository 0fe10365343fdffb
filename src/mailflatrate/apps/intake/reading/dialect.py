"""Encoding and delimiter. Deterministic, so that a resumed import reads the same rows again."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from mailflatrate.apps.intake.reading.columns import recognised

SAMPLE_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", ":")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_EXCEL_HINT = re.compile(r"sep=(.)\r?\n?")
_SAMPLE_ROWS = 50
_EVIDENCE_CHARACTERS = 100_000
"""This many non-ASCII characters decide the encoding."""


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """`hint`: its first line is Excel's `sep=;` instead of a row."""

    encoding: str
    delimiter: str
    hint: bool = False


def open_text(path: Path, encoding: str, most_octets: int | None = None) -> IO[str]:
    """Undecodable bytes become U+FFFD; line ends stay."""
    file: BinaryIO = path.open("rb")
    if most_octets is not None and path.stat().st_size > most_octets:
        with file:
            begin = file.read(most_octets)
        file = io.BytesIO(begin[: begin.rfind(b"\n") + 1] or begin)
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def detect(path: Path) -> CsvDialect:
    """Until it has enough non-ASCII text, or to its end."""
    encoding = encoding_of(path)
    with open_text(path, encoding) as text:
        sample = text.read(SAMPLE_BYTES)
    hint = _EXCEL_HINT.match(sample)
    if hint:
        return CsvDialect(encoding, hint[1], hint=True)
    return CsvDialect(encoding, _delimiter(sample))


def encoding_of(path: Path) -> str:
    """From its byte order mark or its NULs, otherwise UTF-8 or Windows-1252."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding
        # Text of western languages in UTF-16 has a NUL in every second octet.
        if head.count(0) * 4 > len(head):
            return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        file.seek(0)
        return _utf8_or_windows(file)


def _utf8_or_windows(file: IO[bytes]) -> str:
    """UTF-8 if nearly all non-ASCII decodes; Windows-1252 has Latin-1's letters."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    while good + bad < _EVIDENCE_CHARACTERS and (chunk := file.read(_CHUNK_BYTES)):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        escaped = len(text) - len(text.encode("utf-8", "ignore").decode())
        bad += escaped
        good += len(text) - len(text.encode("ascii", "ignore")) - escaped
    bad += len(decoder.getstate()[0])
    return "utf-8" if bad * 10 <= good else "cp1252"


def _delimiter(sample: str) -> str:
    lines = sample.splitlines(keepends=True)
    if len(sample) >= SAMPLE_BYTES // 2 and len(lines) > 1:
        lines.pop()  # probably cut
    return max(_DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))


def _fit(lines: list[str], delimiter: str) -> tuple[int, float, int]:
    """Known names in the first row, share of rows as wide, width."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) == _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    if not rows or len(rows[0]) < 2:
        return (0, 0.0, 0)
    width = len(rows[0])
    named = sum(recognised(cell) is not None or "@" in cell for cell in rows[0])
    return (named, sum(len(row) == width for row in rows) / len(rows), width)
