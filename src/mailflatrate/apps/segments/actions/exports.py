"""Exports: request, cancel, delete, download."""

from collections.abc import Iterable
from functools import partial
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import limit_of
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.lists.errors import ExportProblem, ExportStateError
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState, Segment
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.roles import Permission

MOST_UNDER_WAY = 3
ERASED_SINCE = gettext_noop("Someone in this file was erased, so we deleted it. Export again.")


@tenancy.needs_account
def start_export(
    content: ExportContent,
    file_format: ExportFormat,
    *,
    list_id: int | None = None,
    segment_id: int | None = None,
    by: User | None,
    source: str = "",
    enqueue: bool = True,
) -> Export:
    """With an audit entry. Raises ExportProblem for an unknown list or segment, both, or too many running exports."""
    if by is not None:
        require(by, Permission.EXPORT)
    limit = limit_of(by.id) if by is not None else None
    if limit is not None and content is ExportContent.SUPPRESSIONS:
        raise ExportProblem(_("suppressions belong to the whole account; ask someone who sees all lists"))
    segment = Segment.objects.filter(id=segment_id).first() if segment_id is not None else None
    if list_id is not None and not MailingList.objects.filter(id=list_id).exists():
        raise ExportProblem(_("this list doesn't exist"))
    if segment_id is not None and segment is None:
        raise ExportProblem(_("this segment doesn't exist"))
    if (list_id is not None and segment is not None) or (
        content is ExportContent.SUPPRESSIONS and (list_id is not None or segment is not None)
    ):
        raise ExportProblem(_("choose a list or a segment; for suppressions, choose neither"))
    if Export.under_way().count() >= MOST_UNDER_WAY:
        raise ExportStateError(_("three exports are under way; wait until one is ready, or cancel one"))
    with transaction.atomic():
        job = Export.created(
            by,
            content=content,
            file_format=file_format,
            mailing_list_id=list_id,
            segment_name=segment.name if segment else "",
            conditions=segment.conditions if segment else None,
            requested_by=(source or (by.email if by else ""))[:320],
        )
        job.record("requested", by, source)
        if enqueue:
            job.enqueue()
    return job


@tenancy.needs_account
def cancel_export(export_id: int, *, by: User | None, source: str = "") -> None:
    """Before its next page. Idempotent. Raises ExportProblem if unknown."""
    with transaction.atomic():
        job = _locked(export_id)
        if job.cancel():
            job.record("canceled", by, source)


@tenancy.needs_account
def delete_export(export_id: int, *, by: User | None, source: str = "") -> None:
    """Idempotent. Raises ExportProblem if unknown."""
    with transaction.atomic():
        job = _locked(export_id)
        if job.state != ExportState.DONE:
            audit.nothing_changed()
            return
        _drop_file(job)
        job.record("deleted", by, source)


@tenancy.needs_account
def open_export(export_id: int, *, by: User | None, source: str = "") -> IO[bytes]:
    """With an audit entry; the caller closes it. Raises ExportProblem if it isn't ready, or is no longer kept."""
    job = Export.objects.filter(id=export_id).first()
    if job is None:
        raise ExportProblem(_("this export doesn't exist"))
    if job.state != ExportState.DONE or job.expires_at is None or job.expires_at <= clock.now():
        raise ExportStateError(_("this file isn't available"))
    try:
        with storage.local_copy(job.file_path) as path:
            file = path.open("rb")  # stays readable after the copy's name is gone
    except storage.NotStored:
        raise ExportStateError(_("this file isn't available")) from None
    job.record("downloaded", by, source)
    return file


@tenancy.needs_account
def drop_exports() -> tuple[int, int]:
    """All, as someone in them is erased and finding out who takes reading them. Returns numbers: files, running
    exports.
    """
    rows = Export.objects.select_for_update().filter(state__in=[ExportState.RUNNING, ExportState.DONE])
    files = running = 0
    for job in rows:
        if job.state == ExportState.DONE:
            files += 1
            _drop_file(job, ERASED_SINCE)
        else:
            running += 1
            Export.objects.filter(id=job.id).update(cancel_requested=True, problem=ERASED_SINCE)
    return files, running


def expire_exports() -> int:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        over = Export.objects.filter(state=ExportState.DONE, expires_at__lte=clock.now())
        expired = list(over.values_list("account_id", "id"))
    for account_id, export_id in expired:
        with tenancy.account(account_id):
            job = _locked(export_id)
            if job.state == ExportState.DONE:
                _drop_file(job)
    return len(expired)


def drop_orphans(area: str, names: Iterable[tuple[int, str]]) -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        needed = set(Export.objects.filter(state=ExportState.DONE).values_list("account_id", "file_path"))
    for account_id, name in names:
        if (account_id, name) not in needed and name.startswith(f"{area}/"):
            _forget(account_id, name)


def _locked(export_id: int) -> Export:
    job = Export.locked(export_id)
    if job is None:
        raise ExportProblem(_("this export doesn't exist"))
    return job


def _drop_file(job: Export, problem: str = "") -> None:
    """After the commit; `segments.sweep_exports` makes up for a crash."""
    transaction.on_commit(partial(_forget, job.account_id, job.file_path))
    Export.objects.filter(id=job.id).update(state=ExportState.DELETED, file_path="", problem=problem)


def _forget(account_id: int, name: str) -> None:
    with tenancy.account(account_id):
        storage.delete(name)
