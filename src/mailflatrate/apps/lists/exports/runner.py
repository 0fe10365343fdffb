"""Runs one export: pages of rows into a file on this host's disk, then into storage, with progress and cancellation.

After a crash it starts over, because no one has seen the unfinished file. An advisory lock prevents two runners of the
same export.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import IO

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.exports.contacts import ContactRows
from mailflatrate.apps.lists.exports.file_formats import RowWriter, open_writer
from mailflatrate.apps.lists.exports.proof import ProofRows
from mailflatrate.apps.lists.exports.selection import count_selected
from mailflatrate.apps.lists.exports.suppressions import SuppressionRows, count_suppressions
from mailflatrate.apps.lists.limits import LIMIT_CHANGED, limited_as_started, may_go_on, scope_as_started
from mailflatrate.apps.lists.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.jobs import long_task
from mailflatrate.base.session_lock import session_lock
from mailflatrate.base.storage import files as storage

AREA = "exports"
KEPT_DAYS = 7
_LOCK_SPACE = 0x6578706F << 32


class _Canceled(Exception):
    """Raised when someone canceled, or when a person in the file was erased."""


def run_export(account_id: int, export_id: int, *, on_page: Callable[[int, int], None] | None = None) -> None:
    """Run an export to its end. Does nothing if it is over or another runner has it.

    `on_page` gets the rows written so far and the total. A lost database or storage is raised, so that the job is
    retried; any other problem ends it as FAILED.
    """
    with session_lock(_LOCK_SPACE + export_id) as free:
        job = _begin(account_id, export_id) if free else None
        if job is None:
            return
        ours = _("An error on our side stopped this export. Our team has been notified.")
        with long_task("export", partial(_end, job, ExportState.FAILED, ours), export_id=export_id):
            try:
                with storage.scratch_file() as file:
                    with limited_as_started(job):
                        rows = _write(job, file, on_page)
                    file.flush()
                    file.seek(0)
                    _keep(job, file, rows)
            except _Canceled:
                _end(job, ExportState.CANCELLED)
            except ListError as problem:
                _end(job, ExportState.FAILED, str(problem))


def _begin(account_id: int, export_id: int) -> Export | None:
    """Mark the export as running, and count its rows; None if it is over or unknown."""
    with tenancy.account(account_id):
        job = Export.objects.select_for_update().filter(id=export_id).first()
        if job is None or not job.is_under_way:
            return None
        if not may_go_on(job):
            job.state, job.finished_at, job.problem = ExportState.CANCELLED, clock.now(), LIMIT_CHANGED
            job.save(update_fields=["state", "finished_at", "problem"])
            return None
        is_suppression = job.content == ExportContent.SUPPRESSIONS
        job.state, job.rows_done = ExportState.RUNNING, 0
        with scope_as_started(job):
            job.rows_total = count_suppressions() if is_suppression else count_selected(job)
        job.started_at = job.started_at or clock.now()
        job.save(update_fields=["state", "rows_done", "rows_total", "started_at"])
        return job


def _write(job: Export, file: IO[bytes], on_page: Callable[[int, int], None] | None) -> int:
    """Write all rows; return how many."""
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
    """Store the progress. Raises _Canceled, also if the person who asked sees other lists now."""
    with tenancy.account(job.account_id):
        if not may_go_on(job):
            raise _Canceled
        running = Export.objects.filter(id=job.id, state=ExportState.RUNNING, cancel_requested=False)
        if not running.update(rows_done=done):
            raise _Canceled


def _keep(job: Export, file: IO[bytes], rows: int) -> None:
    """Store the file, and say so in the audit log. Raises _Canceled, with no file stored."""
    name = f"{AREA}/{secrets.token_hex(16)}"
    with tenancy.account(job.account_id):
        stored = storage.put(name, file.read)
    try:
        with tenancy.account(job.account_id):
            locked = Export.objects.select_for_update().filter(id=job.id, state=ExportState.RUNNING).first()
            if locked is None or locked.cancel_requested or not may_go_on(locked):
                raise _Canceled
            now = clock.now()
            Export.objects.filter(id=job.id).update(
                state=ExportState.DONE,
                file_path=name,
                file_bytes=stored.octets,
                file_sha256=stored.sha256,
                rows_done=locked.rows_total,
                finished_at=now,
                expires_at=now + timedelta(days=KEPT_DAYS),
            )
            audit.record(
                "export.finished",
                by=audit.machine("lists.run_export"),
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


def _end(job: Export, state: ExportState, problem: str = "") -> None:
    with tenancy.account(job.account_id):
        rows = Export.objects.filter(id=job.id, state=ExportState.RUNNING)
        if problem:
            rows.update(problem=problem)
        rows.update(state=state, finished_at=clock.now())
