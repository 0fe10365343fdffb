"""Each row of a file of addresses: whom to suppress and why, or why it is rejected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailflatrate.apps.intake.reading.columns import ColumnTarget, check_mapping
from mailflatrate.apps.intake.reading.csv_rows import RowTable
from mailflatrate.apps.intake.reading.no_rows import addresses_of_no
from mailflatrate.base.ids import MailboxKeys, mailbox_keys
from mailflatrate.mail.address import local_part_of
from mailflatrate.rules.addresses import is_refused_role
from mailflatrate.rules.contacts.suppression import STATED, SuppressionReason
from mailflatrate.rules.prior_status.row import judge_row
from mailflatrate.rules.prior_status.status_words import PriorStatus

REASON_TITLE = "reason"
TEXT_CHARACTERS = 200
REASONS = {
    PriorStatus.COMPLAINED: SuppressionReason.COMPLAINT,
    PriorStatus.BOUNCED: SuppressionReason.HARD_BOUNCE,
    PriorStatus.BLOCKED: SuppressionReason.MANUAL,
    PriorStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBE,
}


class RowReport(StrEnum):
    """The reason why a row is reported. Role addresses are suppressed anyway; all other reported rows are rejected."""

    UNREADABLE = "unreadable"
    NO_ADDRESS = "no_address"
    NOT_AN_ADDRESS = "not_an_address"
    SUBSCRIBED = "subscribed"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class FileRow:
    """An interpreted row. `keys` is empty if it is rejected; `words` are the words in the file that gave the reason."""

    line: int
    cells: Sequence[str]
    keys: tuple[MailboxKeys, ...] = ()
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
        for line, cells, fault in table.rows():
            yield self._row(line, cells) if fault is None else self._damaged(line, cells)

    def _damaged(self, line: int, cells: Sequence[str]) -> FileRow:
        """Its addresses count for the file's own reason."""
        addresses = addresses_of_no(cells)
        if not addresses:
            return FileRow(line, cells, report=RowReport.UNREADABLE)
        return FileRow(line, cells, tuple(map(mailbox_keys, addresses)), self._default)

    def _row(self, line: int, cells: Sequence[str]) -> FileRow:
        addresses = addresses_of_no(cells, self._email_at)
        if not addresses:
            has_text = cells[self._email_at].strip() != ""
            return FileRow(line, cells, report=RowReport.NOT_AN_ADDRESS if has_text else RowReport.NO_ADDRESS)
        reason, words = self._reason(cells)
        if reason is None:
            return FileRow(line, cells, report=RowReport.SUBSCRIBED)
        role = RowReport.ROLE if any(is_refused_role(local_part_of(address)) for address in addresses) else None
        return FileRow(line, cells, tuple(map(mailbox_keys, addresses)), reason, words, role)

    def _reason(self, cells: Sequence[str]) -> tuple[SuppressionReason | None, str]:
        """With the words that gave it; None if the person is subscribed."""
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
