"""The rows of an import that can't be mailed, as a file in the original's columns, to be corrected and sent again."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from mailflatrate.apps.intake.models import Import, ImportRefusal
from mailflatrate.apps.intake.reading.own_titles import OWN_TITLES
from mailflatrate.apps.lists.cells import harmless
from mailflatrate.base import tenancy

_PAGE_ROWS = 2_000


@tenancy.needs_account
def rows_to_correct(import_id: int, *, wording: Callable[[str], str] = str) -> Iterator[str]:
    """Also people in quarantine. A line: original cells, number, reason in `wording`, suggestion. Formulas get an
    apostrophe.
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
    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer)

    def line(self, cells: Iterable[object]) -> str:
        self._writer.writerow(tuple(cells))
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text
