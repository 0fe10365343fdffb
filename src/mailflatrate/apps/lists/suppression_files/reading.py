"""Interprets each row of a file of addresses: an address to suppress and why, or why the row is rejected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailflatrate.apps.lists.intake.columns import ColumnTarget, check_mapping
from mailflatrate.apps.lists.intake.csv_rows import RowTable
from mailflatrate.base.ids import address_key
from mailflatrate.rules.addresses import is_refused_role
from mailflatrate.rules.prior_status.row import judge_row
from mailflatrate.rules.prior_status.status_words import PriorStatus
from mailflatrate.rules.suppression import STATED, SuppressionReason

REASON_TITLE = "reason"
"""The column of our own export that holds the exact reason."""
TEXT_CHARACTERS = 200
MAX_ADDRESS_CHARACTERS = 320
REASONS = {
    PriorStatus.COMPLAINED: SuppressionReason.COMPLAINT,
    PriorStatus.BOUNCED: SuppressionReason.HARD_BOUNCE,
    PriorStatus.BLOCKED: SuppressionReason.MANUAL,
    PriorStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBE,
}
"""What the status words of other systems mean here."""


class RowReport(StrEnum):
    """The reason why a row is reported. Role addresses are suppressed anyway; all other reported rows are rejected."""

    UNREADABLE = "unreadable"
    NO_ADDRESS = "no_address"
    NOT_AN_ADDRESS = "not_an_address"
    SUBSCRIBED = "subscribed"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class FileRow:
    """An interpreted row. `key` is empty if it is rejected; `words` are the words in the file that gave the reason."""

    line: int
    cells: Sequence[str]
    key: bytes = b""
    reason: SuppressionReason = SuppressionReason.MANUAL
    words: str = ""
    report: RowReport | None = None


class RowReader:
    """Reads the rows of one table, whose columns were recognized when it was uploaded."""

    def __init__(
        self, header: Sequence[str], email_column: str, statuses: Mapping[str, str], default: SuppressionReason
    ) -> None:
        """Raises ImportProblem if the header doesn't have these columns."""
        columns = check_mapping(header, {**statuses, ColumnTarget.EMAIL: email_column})
        self._email_at = columns.targets[ColumnTarget.EMAIL]
        self._readers = tuple((column, column.reads()) for column in columns.statuses)
        self._own_at = next((at for at, title in enumerate(header) if title.casefold() == REASON_TITLE), None)
        self._default = default

    def rows(self, table: RowTable) -> Iterator[FileRow]:
        """Yield all rows in order."""
        for line, cells, fault in table.rows():
            yield FileRow(line, cells, report=RowReport.UNREADABLE) if fault is not None else self._row(line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> FileRow:
        text = cells[self._email_at].strip()
        if not text:
            return FileRow(line, cells, report=RowReport.NO_ADDRESS)
        key = address_key(text) if len(text) <= MAX_ADDRESS_CHARACTERS else None
        if key is None:
            return FileRow(line, cells, report=RowReport.NOT_AN_ADDRESS)
        reason, words = self._reason(cells)
        if reason is None:
            return FileRow(line, cells, report=RowReport.SUBSCRIBED)
        role = RowReport.ROLE if is_refused_role(text.rpartition("@")[0]) else None
        return FileRow(line, cells, key, reason, words, role)

    def _reason(self, cells: Sequence[str]) -> tuple[SuppressionReason | None, str]:
        """Return the reason and the words that gave it; None if the row says that the person is subscribed."""
        own = cells[self._own_at].strip().casefold() if self._own_at is not None else ""
        if own in STATED:
            return SuppressionReason(own), own
        if own in set(SuppressionReason):  # no file erases anyone, but the address stays suppressed for good
            return SuppressionReason.MANUAL, own
        hit = judge_row(self._readers, cells)
        if hit is None:
            return self._default, ""
        if hit.status is PriorStatus.YES:
            return None, hit.text
        return REASONS.get(hit.status, self._default), hit.text.strip()[:TEXT_CHARACTERS]
