"""Runs exports: pages of rows into a file, then into storage. Starts over after a crash: no one has seen the file."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.segments.exports.contacts import ContactRows
from mailflatrate.apps.segments.exports.file_formats import RowWriter, open_writer
from mailflatrate.apps.segments.exports.proof import ProofRows
from mailflatrate.apps.segments.exports.selection import count_selected
from mailflatrate.apps.segments.exports.suppressions import SuppressionRows, count_suppressions
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.long_task import TaskRunner
from mailflatrate.base.storage import files as storage

AREA = "exports"
KEPT_DAYS = 7


@dataclass(frozen=True)
class ExportRunner(TaskRunner[Export]):
    """`on_page` gets the rows written and the total."""

    on_page: Callable[[int, int], None] | None = None

    model = Export
    refusals = (ListError,)

    def prepare(self, task: Export) -> None:
        is_suppression = task.content == ExportContent.SUPPRESSIONS
        with task.limited_scope():
            task.rows_done, task.rows_total = 0, count_suppressions() if is_suppression else count_selected(task)

    def work(self, task: Export) -> None:
        with storage.scratch_file() as file:
            with task.limiting():
                rows = _write(task, file, self.on_page)
            file.flush()
            file.seek(0)
            _keep(task, file, rows)


def run_export(account_id: int, export_id: int, *, on_page: Callable[[int, int], None] | None = None) -> None:
    ExportRunner(on_page).run(account_id, export_id)


def _write(job: Export, file: IO[bytes], on_page: Callable[[int, int], None] | None) -> int:
    sources: dict[str, type[ContactRows] | type[SuppressionRows] | type[ProofRows]] = {
        ExportContent.CONTACTS: ContactRows,
        ExportContent.SUPPRESSIONS: SuppressionRows,
        ExportContent.PROOF: ProofRows,
    }
    source = sources[job.content](job)
    is_lines = isinstance(source, ProofRows) and job.file_format == ExportFormat.NDJSON
    writer: RowWriter | None = None
    if not is_lines:
        writer = open_writer(ExportFormat(job.file_format), file, source.columns)
    written = done = 0
    for count, rows in source.pages():
        for row in rows:
            if writer is None:
                file.write(f"{row[-1]}\n".encode())
            else:
                writer.write(row)
        written, done = written + len(rows), done + count
        _advance(job, done)
        if on_page is not None:
            on_page(done, job.rows_total)
    if writer is not None:
        writer.close()
    elif isinstance(source, ProofRows):
        file.write(f"{source.end_line()}\n".encode())
    return written


def _advance(job: Export, done: int) -> None:
    """Raises TaskCanceled, also if the person who asked sees other lists now."""
    with job.step() as current:
        current.rows_done = done
        current.save(update_fields=["rows_done"])


def _keep(job: Export, file: IO[bytes], rows: int) -> None:
    """With an audit entry. Raises TaskCanceled, with no file stored."""
    name = f"{AREA}/{secrets.token_hex(16)}"
    with tenancy.account(job.account_id):
        stored = storage.put(name, file.read)
    try:
        with job.step() as current:
            now = clock.now()
            current.end(
                ExportState.DONE,
                file_path=name,
                file_bytes=stored.octets,
                file_sha256=stored.sha256,
                rows_done=current.rows_total,
                expires_at=now + timedelta(days=KEPT_DAYS),
                finished_at=now,
            )
            audit.record(
                "export.finished",
                by=audit.machine("segments.run_export"),
                account_id=job.account_id,
                subject=f"export:{job.id}",
                details={
                    "content": job.content,
                    "format": job.file_format,
                    "rows": rows,
                    "sha256": stored.sha256,
                    "asked_by": job.requested_by,
                },
            )
    except BaseException:
        with tenancy.account(job.account_id):
            storage.delete(name)
        raise
