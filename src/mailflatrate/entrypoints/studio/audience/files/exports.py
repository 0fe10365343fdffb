"""Exports: request a file, watch its progress, download it, delete it. Only owners may export data of the account."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from allauth.account.decorators import reauthentication_required
from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import ExportProblem
from mailflatrate.apps.segments import queries as segments_queries
from mailflatrate.apps.segments.actions import exports as exports_actions
from mailflatrate.apps.segments.exports.file_formats import MEDIA_TYPES
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.entrypoints.presenters.lookups import find_export
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FORMAT_LABELS: tuple[tuple[str, "StrOrPromise"], ...] = (
    (ExportFormat.CSV.value, gettext_lazy("CSV, for other email systems")),
    (ExportFormat.XLSX.value, gettext_lazy("XLSX, for Excel")),
    (ExportFormat.NDJSON.value, gettext_lazy("NDJSON, for programs and other mailflatrate installations")),
)


@dataclass(frozen=True, slots=True)
class ExportRow:
    job: Export

    @property
    def scope(self) -> str:
        return self.job.mailing_list.name if self.job.mailing_list else self.job.segment_name

    @property
    def is_ready(self) -> bool:
        return self.job.state == ExportState.DONE

    @property
    def problem(self) -> str:
        return error_sentence(self.job.problem)


class ExportForm(forms.Form):
    content = forms.ChoiceField(label=gettext_lazy("Content"), choices=ExportContent.choices)
    scope = forms.ChoiceField(label=gettext_lazy("Contacts on"), required=False)
    file_format = forms.ChoiceField(label=gettext_lazy("File format"), choices=FORMAT_LABELS)

    def __init__(self, data: object, *, initial: dict[str, str]) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]  # a QueryDict or None
        lists = [(f"list:{row.id}", row.name) for row in queries.list_table()]
        segments = [(f"segment:{row.id}", row.name) for row in segments_queries.segments()]
        scope = cast(forms.ChoiceField, self.fields["scope"])
        scope.choices = [
            ("", _("All lists")),
            *([(_("Lists"), lists)] if lists else []),
            *([(_("Segments"), segments)] if segments else []),
        ]

    def scope_id(self, kind: str) -> int | None:
        scope_kind, _colon, number = str(self.cleaned_data["scope"]).partition(":")
        return int(number) if scope_kind == kind else None


def _table(request: StudioRequest) -> dict[str, object]:
    before = whole_number(request.GET.get("before"))
    jobs = segments_queries.exports_page(before_id=before or None, size=segments_queries.PAGE_ROWS + 1)
    visible = jobs[: segments_queries.PAGE_ROWS]
    return {
        "rows": [ExportRow(job) for job in visible],
        "under_way": any(job.is_under_way for job in visible),
        "next": f"?before={visible[-1].id}" if len(jobs) > len(visible) else "",
        "later": bool(before),
    }


@studio(
    "GET exports/",
    "exports",
    Permission.EXPORT,
    limited=True,
    tab=Tab(CONTACTS, gettext_lazy("Exports"), gettext_lazy("download, back up, file"), place=80),
)
def exports(request: StudioRequest) -> HttpResponse:
    """List all exports, newest first. Every member sees who exported what."""
    return page(request, "studio/audience/exports.html", _table(request))


@studio("GET exports/rows/", "exports-rows", Permission.EXPORT, limited=True)
def rows(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/audience/exports_table.html", _table(request))


@studio(
    "GET|POST exports/new/", "export-new", Permission.EXPORT, Permission.EXPORT, limited=True, logs="export.requested"
)
def new(request: StudioRequest) -> HttpResponseBase:
    """Show the form, or start the export. Requires a recent sign-in."""
    initial = {name: request.GET.get(name, "") for name in ("content", "scope")}
    form = ExportForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        return cast(HttpResponseBase, reauthentication_required(_start)(request, form))
    return page(request, "studio/audience/export_new.html", {"form": form})


def _start(request: HttpRequest, form: ExportForm) -> HttpResponse:
    mine = cast(StudioRequest, request)
    try:
        exports_actions.start_export(
            ExportContent(form.cleaned_data["content"]),
            ExportFormat(form.cleaned_data["file_format"]),
            list_id=form.scope_id("list"),
            segment_id=form.scope_id("segment"),
            by=mine.user,
        )
    except ExportProblem as problem:
        form.add_error(None, error_sentence(problem))
        return page(mine, "studio/audience/export_new.html", {"form": form}, status=422)
    message = _("The export has started. You can leave this page; the file is kept for 7 days.")
    return succeed(request, message, reverse("studio:exports"))


@studio(
    "POST exports/<int:export_id>/cancel/", "export-cancel", Permission.EXPORT, limited=True, logs="export.canceled"
)
def cancel(request: StudioRequest, export_id: int) -> HttpResponse:
    find_export(export_id)
    exports_actions.cancel_export(export_id, by=request.user)
    return succeed(request, _("The export has been canceled."), reverse("studio:exports"))


@studio("POST exports/<int:export_id>/delete/", "export-delete", Permission.EXPORT, limited=True, logs="export.deleted")
def delete(request: StudioRequest, export_id: int) -> HttpResponse:
    find_export(export_id)
    exports_actions.delete_export(export_id, by=request.user)
    return succeed(request, _("The file has been deleted."), reverse("studio:exports"))


@studio("GET exports/<int:export_id>/file", "export-file", Permission.EXPORT, Permission.EXPORT, limited=True)
def file(request: StudioRequest, export_id: int) -> HttpResponseBase:
    """Return the file. Requires a recent sign-in."""
    job = find_export(export_id)
    return cast(HttpResponseBase, reauthentication_required(_download)(request, job))


def _download(request: HttpRequest, job: Export) -> HttpResponseBase:
    try:
        octets = exports_actions.open_export(job.id, by=cast(StudioRequest, request).user)
    except ExportProblem:
        raise Http404 from None
    answer = FileResponse(
        octets, as_attachment=True, filename=job.file_name, content_type=MEDIA_TYPES[ExportFormat(job.file_format)]
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
