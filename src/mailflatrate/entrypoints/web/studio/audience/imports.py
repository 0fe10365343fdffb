"""Imports: upload, columns, live progress, report, history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mailflatrate.apps.accounts.actions import PolicyConfirmation
from mailflatrate.apps.lists import actions, queries
from mailflatrate.apps.lists.errors import ImportProblem, OriginNeeded
from mailflatrate.apps.lists.fields import definitions, fault_sentence
from mailflatrate.apps.lists.intake.import_options import BY_ROW, ImportTerms, name_asks
from mailflatrate.apps.lists.models import Import, ImportState
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.web.client import circumstances
from mailflatrate.entrypoints.web.documents import policy_in_force
from mailflatrate.entrypoints.web.import_reasons import reason_word, reasons
from mailflatrate.entrypoints.web.origin_labels import figures_of
from mailflatrate.entrypoints.web.posts import see_other, succeed
from mailflatrate.entrypoints.web.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.web.studio.audience.audience_labels import (
    ALL_ROWS_WORDS,
    DATE_ORDER_WORDS,
    IMPORT_TONES,
    error_sentence,
)
from mailflatrate.entrypoints.web.studio.audience.column_mapping import (
    choices,
    columns_of,
    missing_evidence,
    posted_mapping,
    posted_terms,
    zones,
)
from mailflatrate.entrypoints.web.studio.audience.forms import ImportUploadForm
from mailflatrate.entrypoints.web.studio.common import page, whole_number
from mailflatrate.rules.contact_fields import ValueFault

UNDER_WAY = (ImportState.QUEUED, ImportState.RUNNING)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import with its totals."""

    job: Import
    tone: str
    quarantined: int
    refused: int

    @property
    def under_way(self) -> bool:
        """True while the import is in progress."""
        return self.job.state in UNDER_WAY

    @property
    def percent(self) -> int:
        """Return how much of the file has been read."""
        return min(100, 100 * self.job.bytes_read // self.job.file_bytes) if self.job.file_bytes else 0


def import_rows(jobs: Sequence[Import]) -> list[ImportRow]:
    """Return imports as table rows."""
    return [
        ImportRow(job, IMPORT_TONES[ImportState(job.state)], sum(job.quarantined.values()), sum(job.refused.values()))
        for job in jobs
    ]


def _find(import_id: int) -> Import:
    found = queries.get_import(import_id)
    if found is None:
        raise Http404
    return found


@require_safe
@studio
def history(request: StudioRequest) -> HttpResponse:
    """List all imports, newest first."""
    before = whole_number(request.GET.get("before"))
    jobs = queries.imports_page(before_id=before or None, size=queries.PAGE_ROWS + 1)
    shown = jobs[: queries.PAGE_ROWS]
    more = len(jobs) > len(shown)
    context = {"rows": import_rows(shown), "next": f"?before={shown[-1].id}" if more else "", "later": bool(before)}
    return page(request, "studio/audience/imports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@studio
def new(request: StudioRequest) -> HttpResponse:
    """Show step one: the file, and the list it is for."""
    form = ImportUploadForm(
        request.POST or None, request.FILES or None, initial={"mailing_list": whole_number(request.GET.get("list"))}
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = actions.upload_import(form.cleaned_data["mailing_list"], file, file.name or "", by=request.user)
        except OriginNeeded as problem:
            # A bare refusal would not help the customer, so this page asks for what is missing.
            messages.info(request, error_sentence(problem))
            return see_other(reverse("studio:list-origin", args=[problem.list_id]))
        except ImportProblem as problem:
            form.add_error("file", error_sentence(problem))
        else:
            return see_other(reverse("studio:import", args=[job.id]))
    context = {"form": form, "has_lists": bool(form.fields["mailing_list"].choices)}  # type: ignore[attr-defined]
    return page(request, "studio/audience/import_new.html", context, status=422 if form.errors else 200)


def _columns_page(request: StudioRequest, job: Import, **more: Any) -> HttpResponse:
    """Show step two. `more` may hold the posted choices and their errors."""
    problem = more.pop("problem", "")
    mapping = more.pop("mapping", job.mapping)
    terms = more.pop("terms", ImportTerms.from_json(job.terms))
    asks = name_asks(job.file_name)
    context: dict[str, Any] = {
        "job": job,
        "problem": problem,
        "terms": terms,
        "all_rows": terms.all_rows or ("" if asks else BY_ROW),
        "all_rows_choices": [*([("", "–")] if asks else []), *ALL_ROWS_WORDS.items()],
        "date_orders": list(DATE_ORDER_WORDS.items()),
        "zones": zones(),
        "zone": terms.time_zone or request.account.time_zone,
        "choices": choices(),
        "missing": missing_evidence(mapping),
        "policy": policy_in_force(request.LANGUAGE_CODE or "en"),
        **more,
    }
    try:
        head = actions.preview_again(job, mapping=mapping, terms=terms)
    except ImportProblem as error:
        context["gone"] = error_sentence(error)
    else:
        questions = [] if problem else [question.sentence for question in head.questions]
        context |= {"head": head, "questions": questions, "columns": columns_of(head, mapping, terms.no_status)}
    return page(request, "studio/audience/import_columns.html", context, status=422 if problem else 200)


def _report(request: StudioRequest, job: Import) -> dict[str, Any]:
    after = whole_number(request.GET.get("after"))
    lines = queries.refused_page(job.id, after_line=after, size=queries.PAGE_ROWS + 1)
    shown = lines[: queries.PAGE_ROWS]
    return {
        "row": import_rows([job])[0],
        "job": job,
        "problem": error_sentence(job.problem),
        "quarantined": reasons(job.quarantined),
        "refused": reasons(job.refused),
        "figures": figures_of(job),
        "unknown_words": [
            (title, word, number)
            for title, words in job.terms.get("unknown_words", {}).items()
            for word, number in words.items()
        ],
        "unread_values": _unread_values(job),
        "lines": [(line, reason_word(line.reason), ", ".join(map(str, line.row))) for line in shown],
        "next": f"?after={shown[-1].line_number}" if len(lines) > len(shown) else "",
        "first": reverse("studio:import", args=[job.id]) if after else "",
    }


def _unread_values(job: Import) -> list[tuple[str, int, str]]:
    """Return the values that didn't suit their fields: the field, how many, and how they have to be written."""
    unread: dict[str, dict[str, int]] = job.terms.get("unread_values", {})
    known = definitions(unread)
    return [
        (known[key].label, number, error_sentence(fault_sentence(known[key], ValueFault(fault))))
        for key, faults in unread.items()
        if key in known
        for fault, number in faults.items()
    ]


@require_safe
@studio
def one(request: StudioRequest, import_id: int) -> HttpResponse:
    """Show the import in its current state: columns to choose, progress, or the report."""
    job = _find(import_id)
    if job.state == ImportState.UPLOADED:
        return _columns_page(request, job)
    return page(request, "studio/audience/import.html", _report(request, job))


@require_safe
@studio
def progress(request: StudioRequest, import_id: int) -> HttpResponse:
    """Return the part of the page that updates; the report once it is finished."""
    return page(request, "studio/audience/import_body.html", {**_report(request, _find(import_id)), "alone": True})


@require_POST
@studio
def columns(request: StudioRequest, import_id: int) -> HttpResponse:
    """Show what the selected columns mean for the proof while they are being chosen."""
    context: dict[str, Any] = {"missing": [], "problem": ""}
    try:
        job = _find(import_id)
        header = actions.read_titles(job)
        mapping = posted_mapping(header, request.POST.getlist("target"))
        context["missing"] = missing_evidence(mapping)
        head = actions.preview_again(job, mapping=mapping, terms=posted_terms(header, request.POST))
        context["questions"] = [question.sentence for question in head.questions]
    except ImportProblem as problem:
        context["problem"] = error_sentence(problem)
    return page(request, "studio/audience/import_evidence.html", context)


@require_POST
@studio
def start(request: StudioRequest, import_id: int) -> HttpResponse:
    """Run step three: fix the columns, confirm the policy (R-04), and start the import."""
    job = _find(import_id)
    if job.state != ImportState.UPLOADED:
        return see_other(reverse("studio:import", args=[import_id]))
    posted: dict[str, Any] = {"ticked": request.POST.get("policy") == "on"}
    try:
        header = actions.read_titles(job)
        posted["mapping"] = posted_mapping(header, request.POST.getlist("target"))
        posted["terms"] = posted_terms(header, request.POST)
        if not posted["ticked"]:
            problem = _("Read the policy and confirm that these addresses comply with it.")
            return _columns_page(request, job, **posted, problem=problem)
        tick = PolicyConfirmation(request.user, circumstances(request))
        actions.queue_import(import_id, posted["mapping"], terms=posted["terms"], tick=tick)
    except ImportProblem as problem:
        return _columns_page(request, job, **posted, problem=error_sentence(problem))
    return see_other(reverse("studio:import", args=[import_id]))


@require_POST
@studio
def cancel(request: StudioRequest, import_id: int) -> HttpResponse:
    """Stop before the next part of the file."""
    _find(import_id)
    actions.cancel_import(import_id)
    said = _("The import is stopping. Contacts already imported will stay.")
    return succeed(request, said, reverse("studio:import", args=[import_id]))


@require_safe
@studio
def refused(request: StudioRequest, import_id: int) -> HttpResponseBase:
    """Stream the refused rows for a spreadsheet, with reasons in words."""
    _find(import_id)
    account_id, language = request.account.id, translation.get_language() or "en"

    def lines() -> Iterator[str]:
        yield "\ufeff"  # so that Excel reads UTF-8
        with tenancy.account(account_id), translation.override(language):
            yield from actions.refused_csv(import_id, wording=reason_word)

    name = f"refused-{import_id}.csv"
    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
