"""File imports: upload, choose columns, start and cancel."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import PolicyConfirmation, acknowledge_policy
from mailflatrate.apps.accounts.models import Occasion, User
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions.origins import usable_origin
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.reading import portable_rows
from mailflatrate.apps.intake.reading.column_survey import decided_order
from mailflatrate.apps.intake.reading.columns import Columns, ColumnTarget, check_mapping, suggest_mapping
from mailflatrate.apps.intake.reading.file_preview import TablePreview
from mailflatrate.apps.intake.reading.file_tables import preview_in_child, search_orders, search_unread_noes
from mailflatrate.apps.intake.reading.import_options import ImportTerms, check_terms, suggested_terms, with_system
from mailflatrate.apps.intake.reading.questions import (
    UNREAD_NOES,
    ImportAsks,
    Question,
    ask_about,
    find_questions,
    settle_orders,
)
from mailflatrate.apps.lists.errors import ImportProblem, ImportStateError, ListError
from mailflatrate.apps.lists.fields import declare, month_first
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin, MailingList
from mailflatrate.base import audit, tenancy
from mailflatrate.base.storage.interface import StorageFailed
from mailflatrate.mail.address_search import AddressSearch
from mailflatrate.rules.contacts.timestamps import DayOrder
from mailflatrate.rules.fields.proposals import propose_type
from mailflatrate.rules.fields.values import FIELD_TYPES
from mailflatrate.rules.prior_status.status_words import NO
from mailflatrate.rules.systems.profile import profiles, recognize


@dataclass(frozen=True, slots=True)
class FilePreview:
    """`questions`: left open by the suggested columns. `terms`: suggested by the file's name and system."""

    header: list[str]
    rows: list[list[str]]
    mapping: dict[str, str]
    missing_evidence: tuple[ColumnTarget, ...]
    questions: tuple[Question, ...] = ()
    terms: ImportTerms = field(default_factory=ImportTerms)

    @property
    def time_zone(self) -> str:
        return self.terms.time_zone


def read_head(
    path: Path,
    *,
    file_name: str = "",
    system: str = "",
) -> FilePreview:
    """With suggested columns and terms. `system` is recognized by default. Raises ImportProblem if it has no table."""
    preview = preview_in_child(path)
    header, survey = list(preview.header), preview.survey
    terms = suggested_terms(file_name, profiles().get(system) or recognize(header, preview.rows, file_name))
    terms = with_system(terms, header, preview.rows, file_name)
    profile = terms.profile
    suggested = suggest_mapping(header, survey.profiles, profile)
    missing: tuple[ColumnTarget, ...] = ()
    questions: list[Question] = []
    if ColumnTarget.EMAIL in suggested:
        columns = check_mapping(header, suggested, profile)
        missing = columns.missing_evidence()
        try:
            questions = find_questions(header, survey, columns, terms, file_name, profile)
            settle_orders(header, survey, columns, terms, partial(search_orders, path))
        except ImportAsks as asks:
            questions += asks.questions
    rows = [list(cells) for cells in preview.rows]
    return FilePreview(header, rows, suggested, missing, tuple(questions), terms)


@tenancy.needs_account
def upload_import(
    list_id: int,
    file: IO[bytes],
    file_name: str,
    *,
    by: User | None = None,
    origin_version: int | None = None,
    system: str = "",
) -> Import:
    """UPLOADED, with suggested columns. `origin_version`, `system`: by default the newest, and recognized. Raises
    OriginNeeded if no origin was declared (R-10), ImportProblem for an unknown list or no table.
    """
    return upload_with_head(list_id, file, file_name, by=by, origin_version=origin_version, system=system)[0]


def upload_with_head(
    list_id: int,
    file: IO[bytes],
    file_name: str,
    *,
    by: User | None = None,
    origin_version: int | None = None,
    system: str = "",
) -> tuple[Import, FilePreview]:
    mailing_list = MailingList.objects.filter(id=list_id, archived_at__isnull=True).first()
    if mailing_list is None:
        raise ImportProblem(_("this list doesn't exist"))
    origin = _origin(list_id, origin_version)
    with uploads.received(file.read) as path:
        head = read_head(path, file_name=file_name, system=system)
        try:
            upload = uploads.keep(path)
        except StorageFailed as problem:
            raise ImportProblem(_("The file couldn't be stored. Upload it again in a few minutes.")) from problem
    try:
        job = Import.objects.create(
            mailing_list_id=list_id,
            file_name=import_name(file_name),
            file_path=upload.name,
            file_sha256=upload.sha256,
            file_bytes=upload.octets,
            origin=origin,
            mapping=head.mapping,
            terms=head.terms.as_json(),
            created_by=by,
        )
    except BaseException:
        uploads.forget(upload.name)
        raise
    return job, head


def import_name(file_name: str) -> str:
    return Path(file_name).name[-255:] or "import"


def queue_import(
    import_id: int,
    mapping: Mapping[str, str],
    *,
    terms: ImportTerms | None = None,
    tick: PolicyConfirmation | None = None,
    enqueue: bool = True,
) -> Import:
    """`terms` None: as suggested. `tick` counts for exactly this file (R-04). A declaration replaced meanwhile gives
    way to the newest (R-10). `enqueue` False: the caller runs it. Raises ImportProblem, ImportAsks if a question is
    open.
    """
    with transaction.atomic():
        job = Import.locked(import_id)
        if job is None or job.state != ImportState.UPLOADED:
            raise ImportStateError(_("this import has already started, or doesn't exist"))
        if job.origin is None or job.origin.state in (DeclarationState.REPLACED, DeclarationState.REJECTED):
            job.origin = _origin(job.mailing_list_id, None)
        job.terms = _settle_terms(job, mapping, terms or ImportTerms.from_json(job.terms), tick)
        job.mapping = {name: title for name, title in mapping.items() if title}
        job.state = ImportState.QUEUED
        job.save(update_fields=["mapping", "terms", "state", "origin"])
        if tick is not None:
            acknowledge_policy(Occasion.IMPORT, job.id, job.file_sha256, by=tick.by, where=tick.where)
        if enqueue:
            # One after another within an account: they write the same contacts.
            job.enqueue(lock=f"import:{job.account_id}")
        return job


def _settle_terms(
    job: Import, mapping: Mapping[str, str], terms: ImportTerms, tick: PolicyConfirmation | None
) -> dict[str, Any]:
    """Complete. Raises ImportProblem, ImportAsks."""
    with _opened(job) as path:
        preview = preview_in_child(path)
        check_terms(terms, preview.header)
        terms = with_system(terms, preview.header, preview.rows, job.file_name)
        system = terms.profile
        columns = check_mapping(preview.header, mapping, system)
        questions = find_questions(preview.header, preview.survey, columns, terms, job.file_name, system)
        try:
            orders = settle_orders(preview.header, preview.survey, columns, terms, partial(search_orders, path))
        except ImportAsks as asks:
            raise ImportAsks([*questions, *asks.questions]) from asks
        if not questions and tuple(preview.header) != portable_rows.SHOWN:
            unread = search_unread_noes(path, columns, all_say_no=terms.status_of_all in NO)
            if unread.rows > terms.unread_noes:
                questions.append(Question(UNREAD_NOES, "", ask_about(unread)))
    if questions:
        raise ImportAsks(questions)
    field_orders = _declare_fields(preview, columns, terms, orders)
    by = audit.person(tick.by) if tick is not None and tick.by is not None else audit.machine("intake.queue_import")
    columns_left = ("import.no_status", "columns", dict(terms.no_status))
    for action, name, decided in (columns_left, ("import.unread_noes", "rows", terms.unread_noes)):
        if decided:
            audit.record(action, by=by, account_id=job.account_id, subject=f"import:{job.id}", details={name: decided})
    titles = list(preview.header)
    return {**terms.as_json(), "orders": orders, "field_orders": field_orders, "titles": titles}


def _declare_fields(
    preview: TablePreview, columns: Columns, terms: ImportTerms, settled: Mapping[str, str]
) -> dict[str, str]:
    """Of the stated type or the one its values suit; return date orders by title. Raises ImportProblem."""
    header, survey = preview.header, preview.survey
    labels, types, orders = {}, {}, {}
    usual = DayOrder.MONTH_FIRST if month_first() else DayOrder.DAY_FIRST
    for key, at in columns.attributes:
        labels[key] = header[at]
        stated_type = terms.field_types.get(header[at])
        proposed = propose_type(key, survey.types[at], header[at])
        types[key] = FIELD_TYPES[stated_type] if stated_type else proposed
        decided = decided_order(survey.orders[at])
        stated = settled.get(header[at]) or terms.date_orders.get(header[at]) or terms.date_order
        if decided is not None:
            orders[header[at]] = (decided if decided is not DayOrder.EITHER else DayOrder(stated or usual)).value
    try:
        declare(types, labels)
    except ListError as error:
        raise ImportProblem(str(error)) from error
    return orders


@contextmanager
def _opened(job: Import) -> Iterator[Path]:
    try:
        with uploads.opened(job.file_path) as path:
            yield path
    except FileNotFoundError:
        raise ImportProblem(_("The uploaded file is no longer available. Upload it again.")) from None
    except StorageFailed as problem:
        raise ImportProblem(_("The file can't be read right now. Try again in a few minutes.")) from problem


def start_import(
    list_id: int,
    file: IO[bytes],
    file_name: str,
    mapping: Mapping[str, str],
    *,
    terms: ImportTerms | None = None,
    by: User | None = None,
    enqueue: bool = True,
    origin_version: int | None = None,
) -> Import:
    """Raises the errors of `upload_import`; nothing is stored then."""
    system = "" if terms is None else terms.system
    job = upload_import(list_id, file, file_name, by=by, origin_version=origin_version, system=system)
    try:
        return queue_import(job.id, mapping or job.mapping, terms=terms, enqueue=enqueue)
    except BaseException:
        uploads.forget(job.file_path)
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
    """Before its next slice; finished ones stay. Idempotent, allowed at any time."""
    with transaction.atomic():
        job = Import.locked(import_id)
        if job is None:
            raise ImportProblem(_("this import doesn't exist"))
        if job.cancel() and not job.is_under_way:
            transaction.on_commit(partial(_forget, job.account_id, job.file_path))


def _forget(account_id: int, name: str) -> None:
    with tenancy.account(account_id):
        uploads.forget(name)


def drop_uploads_naming(search: AddressSearch) -> Counter[int]:
    """Cancel those waiting for columns with an erased address; count by address, each file once. Running ones refuse
    it.
    """
    dropped: Counter[int] = Counter()
    for job in Import.objects.filter(state=ImportState.UPLOADED):
        named = uploads.first_named(job.file_path, search)
        if named is None:
            continue
        dropped[named] += 1
        cancel_import(job.id)
        Import.objects.filter(id=job.id).update(
            problem=_("Someone in this file was erased. Remove them and upload the file again.")
        )
    return dropped
