"""Taking files in: upload, choose the columns, start, cancel, and hand the refused rows back."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions import Tick, acknowledge_policy
from mailflatrate.apps.accounts.models import Occasion, User
from mailflatrate.apps.lists.actions.origins import usable_origin
from mailflatrate.apps.lists.errors import ImportProblem, ListError
from mailflatrate.apps.lists.intake import uploads
from mailflatrate.apps.lists.intake.columns import Target, check_mapping, suggest_mapping
from mailflatrate.apps.lists.intake.workbook import open_table
from mailflatrate.apps.lists.models import DeclarationState, Import, ImportRefusal, ImportState, ListOrigin, MailingList
from mailflatrate.base import clock, jobs, tenancy

HEAD_ROWS = 10


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: its column titles, the first rows, and what we take the columns for."""

    header: list[str]
    rows: list[list[str]]
    mapping: dict[str, str]
    missing_evidence: tuple[Target, ...]


def read_head(path: Path, *, rows: int = HEAD_ROWS) -> Head:
    """Look into a file. Raises ImportProblem when it holds no table."""
    table = open_table(path)
    mapping = suggest_mapping(table.header)
    shown = [cells for _, cells, fault in islice(table.rows(), rows) if fault is None]
    present = {target for target in Target if target.value in mapping}
    missing = check_mapping(table.header, mapping).missing_evidence() if Target.EMAIL in present else ()
    return Head(table.header, shown, mapping, missing)


def upload_import(
    list_id: int, file: IO[bytes], file_name: str, *, by: User | None = None, origin_version: int | None = None
) -> Import:
    """Keep a file for a list, waiting for its columns (UPLOADED). Runs inside `tenancy.account(...)`.

    `mapping` holds our suggestion. `origin_version` names the declaration it rests on, the newest one otherwise.
    Raises OriginNeeded where nobody declared one (R-10), ImportProblem when the list is unknown or the file holds no
    table.
    """
    account_id = tenancy.current_account_id()
    mailing_list = MailingList.objects.filter(id=list_id, archived_at__isnull=True).first()
    if mailing_list is None:
        raise ImportProblem(_("there is no such list"))
    origin = _origin(list_id, origin_version)
    upload = uploads.keep(file.read, account_id)
    try:
        head = read_head(upload.path)
        return Import.objects.create(
            mailing_list_id=list_id,
            file_name=Path(file_name).name[-255:] or "import",
            file_path=str(upload.path),
            file_sha256=upload.sha256,
            file_bytes=upload.size_bytes,
            origin=origin,
            mapping=head.mapping,
            created_by=by,
        )
    except BaseException:
        uploads.forget(upload.path)
        raise


def queue_import(
    import_id: int, mapping: Mapping[str, str], *, tick: Tick | None = None, enqueue: bool = True
) -> Import:
    """Fix the columns and start. `enqueue` False: the caller runs it himself. Raises ImportProblem.

    `tick` is recorded for exactly this file (R-04). Where the declaration that the file rests on was replaced
    meanwhile, it rests on the newest (R-10).
    """
    with transaction.atomic():
        job = Import.objects.select_for_update().filter(id=import_id).first()
        if job is None or job.state != ImportState.UPLOADED:
            raise ImportProblem(_("this import has been started already, or does not exist"))
        if job.origin is None or job.origin.state in (DeclarationState.REPLACED, DeclarationState.REJECTED):
            job.origin = _origin(job.mailing_list_id, None)
        check_mapping(open_table(Path(job.file_path)).header, mapping)
        job.mapping = {name: title for name, title in mapping.items() if title}
        job.state = ImportState.QUEUED
        job.save(update_fields=["mapping", "state", "origin"])
        if tick is not None:
            acknowledge_policy(Occasion.IMPORT, job.id, job.file_sha256, by=tick.by, where=tick.where)
        if enqueue:
            jobs.defer(
                "lists.run_import",
                jobs.Queue.IMPORT,
                account_id=job.account_id,
                import_id=job.id,
                lock=f"import:{job.account_id}",  # one after another within an account: they write the same contacts
            )
        return job


def start_import(
    list_id: int,
    file: IO[bytes],
    file_name: str,
    mapping: Mapping[str, str],
    *,
    by: User | None = None,
    enqueue: bool = True,
    origin_version: int | None = None,
) -> Import:
    """Upload and start in one step. Raises as `upload_import`; nothing is kept then."""
    job = upload_import(list_id, file, file_name, by=by, origin_version=origin_version)
    try:
        return queue_import(job.id, mapping or job.mapping, enqueue=enqueue)
    except BaseException:
        uploads.forget(Path(job.file_path))
        job.delete()
        raise


def _origin(list_id: int, version: int | None) -> ListOrigin:
    try:
        return usable_origin(list_id, version)
    except ImportProblem:
        raise
    except ListError as problem:
        raise ImportProblem(str(problem)) from problem


def cancel_import(import_id: int) -> None:
    """Stop an import before its next slice; rows of finished slices stay. Idempotent, never too late to ask."""
    with transaction.atomic():
        job = Import.objects.select_for_update().filter(id=import_id).first()
        if job is None:
            raise ImportProblem(_("there is no such import"))
        if job.state in (ImportState.UPLOADED, ImportState.QUEUED):
            job.state, job.finished_at = ImportState.CANCELLED, clock.now()
            job.save(update_fields=["state", "finished_at"])
            path = Path(job.file_path)
            transaction.on_commit(lambda: uploads.forget(path))
        elif job.state == ImportState.RUNNING:
            job.cancel_requested = True
            job.save(update_fields=["cancel_requested"])


def refused_csv(import_id: int, *, wording: Callable[[str], str] = str) -> Iterator[str]:
    """The refused rows as CSV text, line by line: number, reason, rule, suggestion, then the row as it stood.

    `wording` turns a stored reason into what a person reads.
    Iterate inside `tenancy.account(...)`. Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow((_("line"), _("reason"), _("rule"), _("suggestion"), _("row")))
    refusals = ImportRefusal.objects.filter(source_import_id=import_id).order_by("line_number", "id")
    for refusal in refusals.iterator(chunk_size=2000):
        cells = (wording(refusal.reason), refusal.rule, refusal.suggestion, *(str(cell) for cell in refusal.row))
        writer.writerow((refusal.line_number, *map(_harmless, cells)))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if buffer.getvalue():
        yield buffer.getvalue()


def _harmless(cell: str) -> str:
    """OWASP's advice on CSV injection: the characters that start a formula, and tab and CR, which hide one."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
