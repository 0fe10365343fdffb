"""Exports: files of contacts, suppressions and proof of consent, written in the background."""

from datetime import datetime
from typing import Annotated

from django.http import FileResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.segments import queries
from mailflatrate.apps.segments.actions import exports
from mailflatrate.apps.segments.exports.file_formats import MEDIA_TYPES
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.schemas import Id, Page, PageQuery, RequestBodySchema, before_id, filled, page_of
from mailflatrate.entrypoints.presenters.lookups import find_export
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.settings import load_settings

ROUTER = Router(tags=["Exports"])


class ExportInfo(Schema):
    """An export. While `state` is `done` the file is at `file_url`, until `expires_at`."""

    id: int
    content: ExportContent
    format: ExportFormat
    list_id: int | None
    segment: str
    state: ExportState
    problem: str
    percent: int
    rows_total: int
    rows_done: int
    file_name: str
    file_bytes: int
    file_sha256: str
    status_url: str
    file_url: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


class ExportRequest(RequestBodySchema):
    """What to export. Name a list or a segment to limit contacts or proof to it; leave both out for everything."""

    content: ExportContent
    format: Annotated[
        ExportFormat, Field(description="ndjson keeps exact values and is the form that another installation imports")
    ] = ExportFormat.NDJSON
    list_id: Id | None = None
    segment_id: Id | None = None


def _shown(job: Export) -> ExportInfo:
    url = f"{load_settings().public_url}/api/v1/exports/{job.id}"
    done = job.state == ExportState.DONE
    return filled(
        ExportInfo, job, format=job.file_format, list_id=job.mailing_list_id, segment=job.segment_name,
        problem=error_sentence(job.problem), percent=100 if done else job.percent, status_url=url,
        file_url=f"{url}/file" if done else None,
    )  # fmt: skip


@endpoint(ROUTER, "get", "/exports", scope=KeyScope.EXPORT)
def list_exports(request: ApiRequest, which: Query[PageQuery]) -> Page[ExportInfo]:
    """List exports, newest first."""
    rows = queries.exports_page(before_id=before_id(which.cursor), size=which.limit + 1)
    return page_of(rows, which, _shown)


@endpoint(ROUTER, "post", "/exports", scope=KeyScope.EXPORT, status=202, repeatable=True)
def start_export(request: ApiRequest, given: ExportRequest) -> ExportInfo:
    """Start an export. The file is written in the background: fetch `status_url`, which is also in the Location header,
    until `state` is `done`. The file is kept for 7 days.
    """
    job = exports.start_export(
        given.content,
        given.format,
        list_id=given.list_id,
        segment_id=given.segment_id,
        by=request.caller.user,
        source=request.caller.source,
    )
    return _shown(find_export(job.id))


@endpoint(ROUTER, "get", "/exports/{export_id}", scope=KeyScope.EXPORT)
def show_export(request: ApiRequest, export_id: Id) -> ExportInfo:
    """Show an export with its progress."""
    return _shown(find_export(export_id))


@endpoint(ROUTER, "post", "/exports/{export_id}/cancel", scope=KeyScope.EXPORT, protects=True)
def cancel_export(request: ApiRequest, export_id: Id) -> ExportInfo:
    """Cancel an export. It stops before its next page and leaves no file."""
    find_export(export_id)
    exports.cancel_export(export_id, by=request.caller.user, source=request.caller.source)
    return _shown(find_export(export_id))


@endpoint(ROUTER, "delete", "/exports/{export_id}", scope=KeyScope.EXPORT, protects=True)
def delete_export(request: ApiRequest, export_id: Id) -> ExportInfo:
    """Delete the file before its retention ends.

    The entry stays.
    """
    find_export(export_id)
    exports.delete_export(export_id, by=request.caller.user, source=request.caller.source)
    return _shown(find_export(export_id))


@endpoint(
    ROUTER,
    "get",
    "/exports/{export_id}/file",
    scope=KeyScope.EXPORT,
    answers=str,
    also=(409,),
    files=tuple(MEDIA_TYPES.values()),
)
def download_export(request: ApiRequest, export_id: Id) -> HttpResponseBase:
    """Download the file.

    Returns 409 while it isn't ready, and after it was deleted.
    """
    job = find_export(export_id)
    if job.state != ExportState.DONE:
        raise Problem(Code.STATE)
    file = exports.open_export(job.id, by=request.caller.user, source=request.caller.source)
    answer = FileResponse(
        file, as_attachment=True, filename=job.file_name, content_type=MEDIA_TYPES[ExportFormat(job.file_format)]
    )
    answer.headers["ETag"] = f'"{job.file_sha256}"'
    return answer
