"""Runs files of addresses to suppress, slice by slice; resumed after the last committed one, and repeatable."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext_noop

from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.models import SuppressionFile, SuppressionFileRow
from mailflatrate.apps.intake.reading.csv_rows import RowTable
from mailflatrate.apps.intake.reading.file_tables import open_table
from mailflatrate.apps.intake.suppression_files.reading import FileRow, RowReader, RowReport
from mailflatrate.apps.lists.consent_sets import unsubscribe_many
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.actions import SuppressionEntry, suppress_keys
from mailflatrate.base.ids import MailboxKeys
from mailflatrate.base.long_task import TaskOvertaken, TaskRunner, TaskState
from mailflatrate.rules.contacts.suppression import SuppressionReason

SLICE_ROWS = 5_000
MOST_ROWS = 2_000_000
MOST_REPORTED = 10_000
_WITHDRAWS = (SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION, SuppressionReason.UNSUBSCRIBE)
"""What a person said themselves ends their subscriptions, too."""
TOO_MANY = gettext_noop("this file has more than 2,000,000 rows; what was read so far is suppressed")


@dataclass(frozen=True)
class SuppressionFileRunner(TaskRunner[SuppressionFile]):
    slice_rows: int = SLICE_ROWS

    model = SuppressionFile
    refusals = (ImportProblem,)

    def work(self, task: SuppressionFile) -> None:
        with uploads.opened_for(task.account_id, task.file_path) as path:
            table = open_table(path)
            rows = islice(_reader(task, table).rows(table), task.rows_read, None)
            while part := list(islice(rows, self.slice_rows)):
                if task.rows_read >= MOST_ROWS:
                    raise ImportProblem(TOO_MANY)
                with task.step() as current:
                    if current.rows_read != task.rows_read:
                        raise TaskOvertaken
                    _write(task, part, table.position_bytes())

    def clean_up(self, task: SuppressionFile, state: TaskState) -> None:
        uploads.forget(task.file_path)


def run_suppression_file(account_id: int, file_id: int, *, slice_rows: int = SLICE_ROWS) -> None:
    SuppressionFileRunner(slice_rows).run(account_id, file_id)


def _reader(job: SuppressionFile, table: RowTable) -> RowReader:
    return RowReader(table.header, job.email_column, job.statuses, SuppressionReason(job.reason))


def _write(job: SuppressionFile, rows: Sequence[FileRow], position_bytes: int) -> None:
    readable = [row for row in rows if row.keys]
    changed = suppress_keys([_entry(job, row, key) for row in readable for key in row.keys])
    # A row with several addresses counts once.
    results = [[changed.pop(key.exact) for key in row.keys if key.exact in changed] for row in readable]
    _end_subscriptions(job, readable)
    reported = [row for row in rows if row.report is not None]
    _report(job, reported)
    rejected = Counter(row.report.value for row in reported if row.report not in (None, RowReport.ROLE))
    job.rows_read += len(rows)
    job.bytes_read = position_bytes
    job.added += sum(map(any, results))
    job.strengthened += sum(bool(result) and not any(result) for result in results)
    job.known += results.count([])
    job.role_addresses += len(reported) - rejected.total()
    job.rejected = dict(Counter(job.rejected) + rejected)
    job.save(update_fields=["rows_read", "bytes_read", "added", "strengthened", "known", "role_addresses", "rejected"])


def _entry(job: SuppressionFile, row: FileRow, key: MailboxKeys) -> SuppressionEntry:
    evidence: dict[str, Any] = {"file": job.file_name, "sha256": job.file_sha256, "line": row.line}
    if row.words:
        evidence["text"] = row.words
    return SuppressionEntry(key.exact, row.reason, source_of(job), evidence, key.mailbox)


def source_of(job: SuppressionFile) -> str:
    return f"file {job.id}: {job.file_name}"[:200]


def _end_subscriptions(job: SuppressionFile, rows: Sequence[FileRow]) -> None:
    keys = [key.exact for row in rows if row.reason in _WITHDRAWS for key in row.keys]
    ids = list(Contact.objects.filter(address_key__in=keys).values_list("id", flat=True)) if keys else []
    if ids:
        unsubscribe_many(ids, list_id=None, by="import", source=source_of(job))


def _report(job: SuppressionFile, rows: Sequence[FileRow]) -> None:
    room = MOST_REPORTED - job.role_addresses - job.rejected_rows
    SuppressionFileRow.objects.bulk_create(
        [
            SuppressionFileRow(
                account_id=job.account_id,
                source_file_id=job.id,
                line_number=row.line,
                row=[cell.replace("\0", "\u2400")[:2_000] for cell in row.cells],
                reason=row.report.value if row.report else "",
            )
            for row in rows[: max(0, room)]
        ]
    )
