"""CSV files that are streamed line by line."""

import csv
from collections.abc import Iterable

from django.http import StreamingHttpResponse

from mailflatrate.apps.lists.cells import harmless


class _LineEcho:
    """A file that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


_WRITER = csv.writer(_LineEcho())


def csv_line(cells: Iterable[str]) -> str:
    """Return one line with its line end; cells that a spreadsheet would run as a formula are escaped."""
    return str(_WRITER.writerow([harmless(cell) for cell in cells]))


def csv_response(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
