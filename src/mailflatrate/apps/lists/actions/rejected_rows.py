"""The rows of an import that can't be mailed, as a file: refused rows, and people on the list without complete proof.

The file has the columns of the original, so that it can be corrected and uploaded again.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from mailflatrate.apps.lists.exports.cells import harmless
from mailflatrate.apps.lists.intake.own_titles import OWN_TITLES
from mailflatrate.apps.lists.models import Import, ImportRefusal
from mailflatrate.base import tenancy

_PAGE_ROWS = 2_000


@tenancy.needs_account
def rows_to_correct(import_id: int, *, wording: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the refused rows, and those of people in quarantine, as a table that can be uploaded again.

    Each line has the original cells, then its number, the reason, and a suggestion, if any. `wording` turns a
    stored reason into readable text. Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    terms = Import.objects.filter(id=import_id).values_list("terms", flat=True).first() or {}
    rows = ImportRefusal.objects.filter(source_import_id=import_id).order_by("line_number", "id")
    titles = [str(title) for title in terms.get("titles", ())]
    if not titles:  # an import from before titles were kept
        first = rows.first()
        titles = [f"column {number + 1}" for number in range(len(first.row) if first is not None else 0)]
    lines = _CsvLines()
    yield lines.line((*map(harmless, titles), *OWN_TITLES))
    for row in rows.iterator(chunk_size=_PAGE_ROWS):
        cells = [str(cell) for cell in row.row]
        cells += [""] * (len(titles) - len(cells))
        yield lines.line(map(harmless, (*cells, str(row.line_number), wording(row.reason), row.suggestion)))


class _CsvLines:
    """Writes one CSV line at a time."""

    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer)

    def line(self, cells: Iterable[object]) -> str:
        """Return the cells as one line."""
        self._writer.writerow(tuple(cells))
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text
