"""Imports: a file with proof of each consent, for a list with a declared origin (R-10 to R-16)."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.intake import queries
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.models import CheckState, Import, ImportRefusal, ImportState
from mailflatrate.apps.intake.reading.columns import EVIDENCE, ColumnTarget
from mailflatrate.apps.intake.reading.import_options import ALL_ROWS, ImportTerms
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    S,
    before_id,
    filled,
    page_of,
)
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.presenters.lookups import find_import, find_list
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.rules.prior_status.columns import StatusField

ROUTER = Router(tags=["Imports"])
MOST_COLUMNS = 200
UNREAD_NOES = (
    "how many rows that opt someone out may be left out because no address can be found in them; with more of them the "
    "file doesn't start"
)
Column = Annotated[str, Field(max_length=500)]


class ImportInfo(Schema):
    """An import. `check` is the result of its checks (R-15): a held import waits for our team."""

    id: int
    list_id: int
    file_name: str
    file_sha256: str
    file_bytes: int
    state: ImportState
    problem: str
    percent: int
    rows_read: int
    accepted: int
    updated: int
    unchanged: int
    quarantined: Annotated[dict[str, int], Field(description="on the list but not emailed, by reason")]
    refused: Annotated[dict[str, int], Field(description="not imported, by reason")]
    check: CheckState
    check_reason: str
    mapping: Annotated[dict[str, str], Field(description="our field -> column in the file")]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportQuestion(Schema):
    """A question to answer before an import starts. `about` is status, file or date_order."""

    about: str
    column: str
    sentence: str


class UploadedImport(ImportInfo):
    """An uploaded file that needs its columns mapped. `mapping` is our suggestion, `missing_proof` lists proof that no
    column contains.

    Answer `questions` when you start the import. `all_rows` is the status that the file name suggests for all rows.
    """

    columns: list[str]
    missing_proof: list[str]
    questions: list[ImportQuestion]
    all_rows: str
    time_zone: str
    system: str
    """The system that wrote the file, empty if it wasn't recognized."""


class RejectedRow(Schema):
    """A refused row as it was in the file, with the reason and a suggested correction."""

    line: int
    reason: str
    sentence: str
    rule: str
    suggestion: str
    row: list[Any]


class ImportStartRequest(RequestBodySchema):
    """The column mapping, and the confirmation by the person who is responsible for the file."""

    mapping: Annotated[
        dict[str, Column] | None,
        Field(
            max_length=MOST_COLUMNS,
            description=f"{', '.join((*ColumnTarget, *StatusField))}, or attribute:NAME -> column in the file; several "
            "columns may hold a status: state, state:2, ...; null: use the suggestion",
        ),
    ] = None
    all_rows: Annotated[
        str,
        Field(
            max_length=20,
            description=f"status of everyone in the file, for exports of a single status: {', '.join(ALL_ROWS)}; "
            "empty: as suggested by the file name",
        ),
    ] = ""
    no_status: Annotated[
        dict[Column, Column],
        Field(
            max_length=MOST_COLUMNS,
            description="columns that look like a status but aren't one -> the reason, which is recorded",
        ),
    ] = {}
    time_zone: Annotated[
        str,
        Field(
            max_length=64,
            description="time zone of times without one, such as Europe/Berlin; empty: the time zone of the "
            "system that wrote the file, or the account's",
        ),
    ] = ""
    date_order: Annotated[
        str,
        Field(max_length=20, description="day_first or month_first, for columns with ambiguous dates"),
    ] = ""
    date_orders: Annotated[
        dict[Column, Annotated[str, Field(max_length=20)]],
        Field(max_length=MOST_COLUMNS, description="the same for single columns"),
    ] = {}
    unread_noes: Annotated[int, Field(ge=0, le=2**31 - 1, description=UNREAD_NOES)] = 0
    source: Annotated[
        str,
        Field(max_length=500, description="where everyone signed up, if no column says so: a page or a form"),
    ] = ""
    form_url: Annotated[str, Field(max_length=500, description="address of the sign-up form, for everyone")] = ""
    wording: Annotated[
        str,
        Field(max_length=2000, description="what people agreed to, for everyone; recorded with the proof as your word"),
    ] = ""
    policy_confirmed: Annotated[
        bool,
        Field(
            description="true: I confirm that these addresses comply with the anti-spam policy, and I "
            "take responsibility for that (R-04)"
        ),
    ] = False


class ImportQuery(PageQuery):
    """Filters for imports."""

    list_id: Id | None = None


def _info(schema: type[S], job: Import, **more: Any) -> S:
    return filled(
        schema,
        job,
        list_id=job.mailing_list_id,
        problem=error_sentence(job.problem),
        check=job.check_state,
        **more,
    )


def _shown(import_id: int) -> ImportInfo:
    return _info(ImportInfo, find_import(import_id))


@endpoint(ROUTER, "get", "/imports", scope=KeyScope.READ)
def list_imports(request: ApiRequest, which: Query[ImportQuery]) -> Page[ImportInfo]:
    """List imports, newest first."""
    rows = queries.imports_page(list_id=which.list_id, before_id=before_id(which.cursor), size=which.limit + 1)
    return page_of(rows, which, lambda row: _info(ImportInfo, row))


@endpoint(ROUTER, "post", "/imports", scope=KeyScope.IMPORT, status=201, repeatable=True)
def upload_import(request: ApiRequest, list_id: Form[Id], file: File[UploadedFile]) -> UploadedImport:
    """Upload a file.

    CSV or XLSX with a header row and proof of consent in each row: time and IP address of sign-up and confirmation, and
    the source. The import starts once you have confirmed the columns.
    """
    find_list(list_id)
    job, head = imports.upload_with_head(list_id, file, file.name or "", by=request.caller.user)
    return _info(
        UploadedImport,
        find_import(job.id),
        columns=head.header,
        missing_proof=[target.value for target in EVIDENCE if target.value not in head.mapping],
        questions=[ImportQuestion(**asdict(question)) for question in head.questions],
        all_rows=job.terms["all_rows"],
        time_zone=job.terms["time_zone"],
        system=job.terms["system"],
    )


@endpoint(ROUTER, "get", "/imports/{import_id}", scope=KeyScope.READ)
def show_import(request: ApiRequest, import_id: Id) -> ImportInfo:
    """Show an import. Returns progress while it runs and the report afterward."""
    return _shown(import_id)


@endpoint(ROUTER, "post", "/imports/{import_id}/start", scope=KeyScope.IMPORT, status=202)
def start_import(request: ApiRequest, import_id: Id, given: ImportStartRequest) -> ImportInfo:
    """Start an import.

    Rows without complete proof are quarantined or refused; a statement of yours can't replace proof. People who opted
    out in the previous system are suppressed. If a column looks like a status and isn't mapped to one, the import
    doesn't start: map it, or name it in `no_status` with the reason.
    """
    job = find_import(import_id)
    if not given.policy_confirmed:
        raise Problem(Code.NOT_CONFIRMED)
    mapping = job.mapping if given.mapping is None else given.mapping
    suggested = ImportTerms.from_json(job.terms)
    terms = ImportTerms(
        all_rows=given.all_rows or suggested.all_rows,
        no_status=given.no_status,
        time_zone=given.time_zone or suggested.time_zone,
        date_order=given.date_order,
        date_orders=given.date_orders,
        unread_noes=given.unread_noes,
        system=suggested.system,
        source=given.source,
        form_url=given.form_url,
        wording=given.wording,
    )
    imports.queue_import(import_id, mapping, terms=terms, tick=request.caller.tick)
    return _shown(import_id)


@endpoint(ROUTER, "post", "/imports/{import_id}/cancel", scope=KeyScope.IMPORT, protects=True)
def cancel_import(request: ApiRequest, import_id: Id) -> ImportInfo:
    """Cancel an import. It stops before the next part of the file; contacts already imported stay."""
    find_import(import_id)
    imports.cancel_import(import_id)
    return _shown(import_id)


@endpoint(ROUTER, "get", "/imports/{import_id}/refused", scope=KeyScope.READ)
def list_refused_rows(request: ApiRequest, import_id: Id, which: Query[PageQuery]) -> Page[RejectedRow]:
    """List refused rows in file order. Each row has a reason. They are kept for 90 days (R-95)."""
    find_import(import_id)
    rows = queries.refused_page(import_id, after_line=before_id(which.cursor) or 0, size=which.limit + 1)
    return page_of(rows, which, _refused, id_of=lambda row: row.line_number)


def _refused(row: ImportRefusal) -> RejectedRow:
    return filled(RejectedRow, row, line=row.line_number, sentence=reason_word(row.reason))
