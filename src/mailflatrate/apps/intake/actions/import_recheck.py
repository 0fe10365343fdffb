"""Rechecks earlier imports, copies and attributes for people accepted although their file says no (R-16)."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.judging.judged import SaidNo
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.opt_outs import write_noes
from mailflatrate.apps.intake.reading.column_survey import survey_rows
from mailflatrate.apps.intake.reading.columns import (
    ATTRIBUTE_PREFIX,
    Columns,
    ColumnTarget,
    check_mapping,
    name_status,
    suggest_mapping,
)
from mailflatrate.apps.intake.reading.file_tables import open_table
from mailflatrate.apps.intake.reading.import_options import ImportTerms, suggested_all_rows, with_system
from mailflatrate.apps.intake.reading.no_rows import addresses_of_no
from mailflatrate.apps.intake.reading.statuses import Statuses
from mailflatrate.apps.lists.errors import ImportProblem, ListError
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState
from mailflatrate.apps.suppression.queries import active_for
from mailflatrate.base import audit, tenancy
from mailflatrate.base.ids import address_key, canonical_address_key
from mailflatrate.rules.contacts.timestamps import Moment, moment_reader
from mailflatrate.rules.prior_status.columns import StatusField, is_other_channel, read_title
from mailflatrate.rules.prior_status.row import StatusColumn, judge_row
from mailflatrate.rules.prior_status.status_words import NO, is_status_word, read_status
from mailflatrate.rules.systems.codes import suspected_codes

BATCH_ROWS = 5_000
OVER = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED, ImportState.RUNNING)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecheckedContact:
    email: str
    import_id: int
    file_name: str
    said: SaidNo


@tenancy.needs_account
def recheck_imports(copies: Sequence[Path] = ()) -> list[RecheckedContact]:
    """Those who can still be mailed, by import; changes nothing. Raises ListError for a copy never imported."""
    jobs = list(Import.objects.filter(state__in=OVER).order_by("id"))
    by_hash = {job.file_sha256: job for job in jobs}
    contacts: dict[bytes, RecheckedContact] = {}
    for copy in copies:
        job = by_hash.get(_sha256(copy))
        if job is None:
            raise ListError(_("“%(name)s” isn't the file of an earlier import") % {"name": copy.name})
        _collect(contacts, job, _said_in_file(job, copy))
    for job in jobs:
        if uploads.is_kept(job.file_path):
            with uploads.opened(job.file_path) as path:
                _collect(contacts, job, _said_in_file(job, path))
    for job in jobs:
        brought = ConsentEvent.objects.filter(source_import_id=job.id).values("contact_id")
        _collect(contacts, job, _said_in_attributes(job, Contact.objects.filter(id__in=brought)))
    # A file may hold a no from a person who was a contact before or is waiting, so no consent event names that file.
    keepers = Counter((job.mailing_list_id, name) for job in jobs for name in job.mapping)
    for job in jobs:
        listed = Subscription.objects.filter(mailing_list_id=job.mailing_list_id).values("contact_id")
        people = Contact.objects.filter(id__in=listed)
        sure = all(keepers[job.mailing_list_id, name] == 1 for name in job.mapping if name.startswith(ATTRIBUTE_PREFIX))
        _collect(contacts, job, _said_in_attributes(job, people), file_name=job.file_name if sure else "")
    return list(contacts.values())


@tenancy.needs_account
@transaction.atomic
def suppress_rechecked(people: Sequence[RecheckedContact]) -> int:
    """With reason, date and file; off every list. Returns how many."""
    by_import: dict[int, list[SaidNo]] = {}
    for person in people:
        by_import.setdefault(person.import_id, []).append(person.said)
    for job in Import.objects.filter(id__in=by_import).order_by("id"):
        write_noes(job, by_import[job.id])
        audit.record(
            "import.rechecked",
            by=audit.machine("intake.suppress_rechecked"),
            account_id=job.account_id,
            subject=f"import:{job.id}",
            details={"people": len(by_import[job.id])},
        )
    return len({person.said.address_key for person in people})


def _collect(
    contacts: dict[bytes, RecheckedContact], job: Import, noes: Iterable[SaidNo], *, file_name: str | None = None
) -> None:
    """Each mailable person once. `file_name`: else the import's."""
    name = job.file_name if file_name is None else file_name
    batch: list[SaidNo] = []
    for noe in noes:
        batch.append(noe)
        if len(batch) == BATCH_ROWS:
            _keep_mailable(contacts, job, batch, name)
            batch = []
    _keep_mailable(contacts, job, batch, name)


def _keep_mailable(
    contacts: dict[bytes, RecheckedContact], job: Import, noes: Sequence[SaidNo], file_name: str
) -> None:
    keys = [noe.address_key for noe in noes]
    suppressed = {bytes(key) for key in active_for(keys).values_list("address_key", flat=True)}
    listed = Subscription.objects.exclude(state=SubscriptionState.UNSUBSCRIBED).values("contact_id")
    people = Contact.objects.filter(address_key__in=keys, id__in=listed)
    emails = {bytes(key): email for key, email in people.values_list("address_key", "email")}
    for noe in noes:
        if noe.address_key in suppressed or noe.address_key not in emails:
            continue
        earlier = contacts.get(noe.address_key)
        if earlier is None or NO.index(noe.status) < NO.index(earlier.said.status):
            contacts[noe.address_key] = RecheckedContact(emails[noe.address_key], job.id, file_name, noe)


def _said_in_file(job: Import, path: Path) -> Iterator[SaidNo]:
    try:
        table = open_table(path)
        profiles = survey_rows(table.header, table.rows()).profiles
        mapping = suggest_mapping(table.header, profiles)
        mapping = {ColumnTarget.EMAIL.value: job.mapping.get(ColumnTarget.EMAIL.value, ""), **_statuses_of(mapping)}
        # Also report columns that look like a status but were not understood automatically; a person decides on them.
        for title in table.header:
            if title not in mapping.values() and read_title(title) is not None:
                mapping[name_status(_field_of(title).value, title, mapping)] = title
        columns = check_mapping(table.header, mapping)
    except (ImportProblem, OSError) as problem:
        log.warning("file cannot be rechecked", import_id=job.id, problem=str(problem))
        return
    no_status = job.terms.get("no_status", {})
    columns = Columns(
        columns.targets,
        (),
        columns.width,
        statuses=tuple(
            replace(column, codes=suspected_codes(column.title, table.header))
            for column in columns.statuses
            if column.title not in no_status
        ),
        changes=columns.changes,
    )
    terms = ImportTerms(all_rows=job.terms.get("all_rows") or suggested_all_rows(job.file_name))
    terms = with_system(terms, table.header, (), job.file_name)
    reads = moment_reader(job.terms.get("time_zone") or terms.time_zone or "UTC", None)
    statuses = Statuses(
        columns, terms, table.header, dict.fromkeys([*(c.index for c in columns.statuses), *columns.changes], reads)
    )
    email_at = columns.targets[ColumnTarget.EMAIL]
    for line, cells, fault in table.rows():
        hit = statuses.judge_damaged(cells) if fault is not None else statuses.judge(cells)[0]
        if hit is not None and hit.status in NO:
            at = statuses.moment(hit, cells)
            for address in addresses_of_no(cells, email_at if fault is None else None):
                yield SaidNo(line, canonical_address_key(address), hit.status, hit.column.title, hit.text, at)
            continue
        if fault is not None or (key := address_key(cells[email_at].strip())) is None:
            continue
        for watched in statuses.watched:
            if is_status_word(cells[watched]) and (refusal := read_status(cells[watched])) in NO:
                yield SaidNo(line, key, refusal, table.header[watched], cells[watched], None)


def _statuses_of(mapping: Mapping[str, str]) -> dict[str, str]:
    fields = set(StatusField)
    return {name: title for name, title in mapping.items() if name.partition(":")[0] in fields}


def _field_of(title: str) -> StatusField:
    promised = read_title(title)
    return StatusField.STATE if promised is None else promised.field


def _said_in_attributes(job: Import, people: QuerySet[Contact]) -> Iterator[SaidNo]:
    no_status = job.terms.get("no_status", {})
    kept = [
        (name.removeprefix(ATTRIBUTE_PREFIX), title)
        for name, title in job.mapping.items()
        if name.startswith(ATTRIBUTE_PREFIX) and title not in no_status and not is_other_channel(title)
    ]
    if not kept:
        return
    header = [title for title in job.mapping.values() if title]
    columns = [
        StatusColumn(promised.field, at, title, suspected_codes(title, header))
        for at, (_key, title) in enumerate(kept)
        if (promised := read_title(title)) is not None
    ]
    readers = [(column, column.reads()) for column in columns]
    reads = moment_reader(job.terms.get("time_zone") or "UTC", None)
    for person in (
        people.exclude(attributes={}).only("address_key", "attributes").order_by("id").iterator(chunk_size=2000)
    ):
        cells = [str(person.attributes.get(key, "")) for key, _title in kept]
        hit = judge_row(readers, cells)
        if hit is not None and hit.status in NO:
            at: Moment | None = reads(hit.text.strip())
            yield SaidNo(0, bytes(person.address_key), hit.status, hit.column.title, hit.text, at)
            continue
        for cell, (_key, title) in zip(cells, kept, strict=True):
            if is_status_word(cell) and (refusal := read_status(cell)) in NO:
                yield SaidNo(0, bytes(person.address_key), refusal, title, cell, None)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
