"""Writers of export files; each needs the memory of one row."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Protocol
from xml.sax.saxutils import escape

from mailflatrate.apps.lists.cells import harmless
from mailflatrate.apps.segments.models import ExportFormat

Value = str | int | bool | Mapping[str, object] | Sequence[object] | None
"""A mapping or sequence becomes JSON where a cell holds only text."""

MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.NDJSON: "application/x-ndjson",
}
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
"""Longer text would make Excel call the file damaged."""
TOO_LONG = "(too long for a spreadsheet cell; export as CSV or NDJSON)"
# XML 1.0 cannot hold these at all.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class RowWriter(Protocol):
    def write(self, row: Sequence[Value]) -> None: ...

    def close(self) -> None:
        """The file stays open."""


def open_writer(file_format: ExportFormat, file: IO[bytes], columns: Sequence[str]) -> RowWriter:
    writers: dict[ExportFormat, type[CsvWriter] | type[XlsxWriter] | type[NdjsonWriter]] = {
        ExportFormat.CSV: CsvWriter,
        ExportFormat.XLSX: XlsxWriter,
        ExportFormat.NDJSON: NdjsonWriter,
    }
    return writers[file_format](file, columns)


def cell_text(value: Value) -> str:
    """Text that a spreadsheet would run gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return harmless(value)
    return json.dumps(value, ensure_ascii=False)


class CsvWriter:
    """UTF-8 with a byte order mark, which Excel needs to recognize it."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=False)
        self._text.write("\ufeff")
        self._write = csv.writer(self._text).writerow
        self._write([harmless(title) for title in columns])

    def write(self, row: Sequence[Value]) -> None:
        self._write(list(map(cell_text, row)))

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class NdjsonWriter:
    """One object a line, with the exact values."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._file, self._columns = file, tuple(columns)

    def write(self, row: Sequence[Value]) -> None:
        line = json.dumps(dict(zip(self._columns, row, strict=True)), ensure_ascii=False)
        self._file.write(line.encode("utf-8", "replace") + b"\n")

    def close(self) -> None: ...


_CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{sheets}</Types>"""
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class XlsxWriter:
    """Text cells. When a sheet is full, another one with the same titles follows."""

    def __init__(self, file: IO[bytes], columns: Sequence[str], *, sheet_rows: int = SHEET_ROWS) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._columns, self._most_rows = tuple(columns), sheet_rows
        self._sheets = self._rows = 0
        self._part: IO[bytes] | None = None
        self._begin_sheet()

    def write(self, row: Sequence[Value]) -> None:
        if self._rows == self._most_rows:
            self._begin_sheet()
        self._write_cells(list(map(cell_text, row)))

    def close(self) -> None:
        self._end_sheet()
        numbers = range(1, self._sheets + 1)
        sheets = "".join(f'<sheet name="Export {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        parts = {
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE_RELATIONS}">{relations}'
            "</Relationships>",
            "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE_RELATIONS}"><Relationship Id="rId1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "[Content_Types].xml": _CONTENT_TYPES.format(sheets="".join(_SHEET_TYPE.format(n=n) for n in numbers)),
        }
        for name, text in parts.items():
            self._zip.writestr(name, text)
        self._zip.close()

    def _begin_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        self._rows = 0
        self._part = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        self._part.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._write_cells([harmless(title) for title in self._columns])

    def _end_sheet(self) -> None:
        if self._part is not None:
            self._part.write(b"</sheetData></worksheet>")
            self._part.close()

    def _write_cells(self, cells: Sequence[str]) -> None:
        assert self._part is not None
        written = "".join(map(_cell_xml, cells))
        self._part.write(f"<row>{written}</row>".encode())
        self._rows += 1


def _cell_xml(text: str) -> str:
    if not text:
        return "<c/>"
    if len(text) > CELL_CHARACTERS:
        text = TOO_LONG
    clean = escape(_NOT_XML.sub("\ufffd", text)).replace("\r", "&#13;")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{clean}</t></is></c>'
