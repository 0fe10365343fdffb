"""Files of addresses to suppress."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions.imports import import_name, read_head
from mailflatrate.apps.intake.models import SuppressionFile, SuppressionFileRow
from mailflatrate.apps.intake.reading.columns import ColumnTarget
from mailflatrate.apps.intake.suppression_files.reading import REASON_TITLE
from mailflatrate.apps.lists.cells import harmless
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import clock, tenancy
from mailflatrate.base.long_task import TaskState
from mailflatrate.base.storage.interface import StorageFailed
from mailflatrate.mail.address_search import AddressSearch
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.prior_status.columns import StatusField

MOST_UNDER_WAY = 3
_PAGE_ROWS = 2_000


@tenancy.needs_account
def suppress_file(
    file: IO[bytes],
    file_name: str,
    *,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    by: User | None,
    enqueue: bool = True,
) -> SuppressionFile:
    """`reason`: for rows without one. Raises ImportProblem without a table of addresses, or with too many files under
    way.
    """
    if SuppressionFile.under_way().count() >= MOST_UNDER_WAY:
        raise ImportProblem(_("three files are being read; wait until one is done, or cancel one"))
    with uploads.received(file.read) as path:
        head = read_head(path, file_name=file_name)
        email = head.mapping.get(ColumnTarget.EMAIL)
        if email is None:
            raise ImportProblem(
                _("no column holds email addresses; hashes from other systems can't be matched with an address")
            )
        try:
            kept = uploads.keep(path)
        except StorageFailed as problem:
            raise ImportProblem(_("The file couldn't be stored. Upload it again in a few minutes.")) from problem
    with transaction.atomic():
        job = SuppressionFile.objects.create(
            file_name=import_name(file_name),
            file_path=kept.name,
            file_sha256=kept.sha256,
            file_bytes=kept.octets,
            email_column=email,
            statuses=_statuses(head.mapping),
            reason=reason,
            created_by=by,
            created_at=clock.now(),
        )
        job.record("started", by)
        if enqueue:
            job.enqueue()
    return job


def _statuses(mapping: dict[str, str]) -> dict[str, str]:
    fields = set(StatusField)
    return {
        name: title
        for name, title in mapping.items()
        if name.partition(":")[0] in fields and title.casefold() != REASON_TITLE
    }


@tenancy.needs_account
@transaction.atomic
def cancel_suppression_file(file_id: int, *, by: User | None) -> None:
    """Before its next rows; suppressed addresses stay so. Idempotent. Raises ImportProblem if unknown."""
    job = SuppressionFile.locked(file_id)
    if job is None:
        raise ImportProblem(_("this file doesn't exist"))
    if job.cancel():
        job.record("canceled", by)
        if not job.is_under_way:
            uploads.forget(job.file_path)


@tenancy.needs_account
def reported_rows_csv(file_id: int, *, wording: Callable[[str], str] = str) -> Iterator[str]:
    """Rejected rows and role addresses: line number, reason, cells. Formulas get an apostrophe in front."""
    rows = SuppressionFileRow.objects.filter(source_file_id=file_id).order_by("line_number", "id")
    yield _line([_("line"), _("reason"), _("row")])
    for row in rows.iterator(chunk_size=_PAGE_ROWS):
        yield _line([str(row.line_number), wording(row.reason), *map(harmless, map(str, row.row))])


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


@tenancy.needs_account
def drop_suppression_files_naming(search: AddressSearch) -> Counter[int]:
    """Cancel waiting ones with an erased address; return how many by address, each once. A running one suppresses it
    anyway.
    """
    dropped: Counter[int] = Counter()
    for job in SuppressionFile.objects.filter(state=TaskState.QUEUED):
        named = uploads.first_named(job.file_path, search)
        if named is not None:
            dropped[named] += 1
            cancel_suppression_file(job.id, by=None)
    return dropped
