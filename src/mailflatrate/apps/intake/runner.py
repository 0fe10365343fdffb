"""Runs imports: a slice is judged while another is written. Each is one transaction, so a crash resumes there."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from django.db import connection, connections
from django.db.models import F

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.judging.judge_settings import JudgeSettings
from mailflatrate.apps.intake.judging.judged import SLICE_ROWS
from mailflatrate.apps.intake.judging.row_decisions import ImportJudge
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.proof_sources import ProofSources
from mailflatrate.apps.intake.reading.columns import Columns, check_mapping
from mailflatrate.apps.intake.reading.file_tables import open_table
from mailflatrate.apps.intake.reading.import_options import ImportTerms, moment_readers
from mailflatrate.apps.intake.reading.portable_rows import ProofTable, portable_columns
from mailflatrate.apps.intake.reading.statuses import Statuses
from mailflatrate.apps.intake.slices import write_slice
from mailflatrate.apps.lists import statistics
from mailflatrate.apps.lists.addresses import surroundings
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.fields import definitions, walk_contacts
from mailflatrate.apps.lists.models import FieldMigrationState, ListOrigin
from mailflatrate.apps.lists.trusted_keys import keys_for_import
from mailflatrate.base import ids, jobs, tenancy
from mailflatrate.base.long_task import TaskRunner, TaskState
from mailflatrate.rules.contacts.birth_dates import minor_reader
from mailflatrate.rules.contacts.timestamps import DayOrder

TURN_SECONDS = 0.0002
CHECK_JOB = "intake.check_import"


@dataclass(frozen=True)
class ImportRunner(TaskRunner[Import]):
    """`on_slice` gets rows and bytes read so far, before each slice is written."""

    slice_rows: int = SLICE_ROWS
    on_slice: Callable[[int, int], None] | None = None

    model = Import
    refusals = (ImportProblem,)

    def work(self, task: Import) -> None:
        with uploads.opened_for(task.account_id, task.file_path) as path:
            _read(task, path, self.slice_rows, self.on_slice)

    def clean_up(self, task: Import, state: TaskState) -> None:
        """None of its contacts is mailed before the check (R-15)."""
        if state is TaskState.DONE:
            Import.objects.filter(id=task.id).update(bytes_read=F("file_bytes"))
        jobs.defer(CHECK_JOB, jobs.JobQueue.IMPORT, account_id=task.account_id, import_id=task.id)
        uploads.forget(task.file_path)

    def end(self, task: Import, state: TaskState, problem: str = "") -> None:
        super().end(task, state, problem)
        with tenancy.account(task.account_id):
            statistics.refresh()


def run_import(
    account_id: int,
    import_id: int,
    *,
    slice_rows: int = SLICE_ROWS,
    on_slice: Callable[[int, int], None] | None = None,
) -> None:
    ImportRunner(slice_rows, on_slice).run(account_id, import_id)


def _read(job: Import, path: Path, slice_rows: int, on_slice: Callable[[int, int], None] | None) -> None:
    table = open_table(path)
    is_portable = isinstance(table, ProofTable)
    if isinstance(table, ProofTable):
        with tenancy.account(job.account_id):
            table = table.verified(keys_for_import(job.account_id))
        columns, terms = portable_columns(), ImportTerms()  # it says itself what is what
    else:
        terms = ImportTerms.from_json(job.terms)
        columns = check_mapping(table.header, job.mapping, terms.profile)
    judge = ImportJudge(_setting(job, columns, table.header, terms, is_portable=is_portable))
    with _quick_turns(), ThreadPoolExecutor(1, thread_name_prefix="import") as writer:
        pending: Future[None] | None = None
        writer.submit(connection.ensure_connection)  # while the first rows are judged
        try:
            for part in judge.slices(table, done_rows=job.rows_read, most_rows=slice_rows):
                if pending is not None:
                    pending.result()
                if on_slice is not None:
                    on_slice(part.first_row, part.position_bytes)
                pending = writer.submit(write_slice, job, part)
            if pending is not None:
                pending.result()
        finally:
            writer.submit(connections.close_all).result()
    if is_portable:
        with tenancy.account(job.account_id):
            walk_contacts(FieldMigrationState.READING)  # its rows have fields that no column names


@contextmanager
def _quick_turns() -> Iterator[None]:
    """The writing thread needs the interpreter a hundred times a slice for a moment, and would wait 5 ms each time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _setting(
    job: Import, columns: Columns, header: Sequence[str], terms: ImportTerms, *, is_portable: bool
) -> JudgeSettings:
    assert job.started_at is not None and job.origin_id is not None
    with tenancy.account(job.account_id):
        account = Account.objects.get(id=job.account_id)
        around = surroundings()
        fields = definitions() if columns.attributes or is_portable else {}
        origin = ListOrigin.objects.only("last_mailed_on", "form_urls").get(id=job.origin_id)
    mailed_on = origin.last_mailed_on
    source, source_by = _stated_source(terms, origin)
    read_moments = moment_readers(job.terms.get("orders", {}), columns, header, terms.time_zone or account.time_zone)
    return JudgeSettings(
        columns=columns,
        key_of=ids.canonical_address_key,
        read_moments=read_moments,
        says_minor=minor_reader(account.country, job.started_at.date()),
        now=job.started_at,
        statuses=Statuses(columns, terms, header, read_moments),
        # No one is mailed before a reviewer has accepted the declaration, not even now.
        last_mailed_at=None if mailed_on is None else datetime.combine(mailed_on, time(), UTC),
        source=source,
        source_by=source_by,
        wording=terms.wording.strip(),
        same_time_is_single=terms.profile is not None and terms.profile.proof.same_time_is_single,
        own_domains=around.own_domains,
        own_addresses=around.own_addresses,
        allow_reserved=around.allow_reserved,
        fields=fields,
        field_orders=_field_orders(job, columns, header),
        is_portable=is_portable,
        source_of=ProofSources(job.account_id) if is_portable else None,
    )


def _field_orders(job: Import, columns: Columns, header: Sequence[str]) -> dict[int, bool]:
    """As settled at the start."""
    orders = job.terms.get("field_orders", {})
    return {at: orders[header[at]] == DayOrder.MONTH_FIRST for _key, at in columns.attributes if header[at] in orders}


def _stated_source(terms: ImportTerms, origin: ListOrigin) -> tuple[str, str]:
    """And who stated it; else the list's origin, which a reviewer judges before anyone is mailed (R-10)."""
    if terms.stated_source:
        return terms.stated_source, "customer"
    if terms.profile is not None and "source" in terms.profile.proof.stated and origin.form_urls:
        return origin.form_urls[0], "origin"
    return "", ""
