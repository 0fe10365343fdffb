"""Segments: saved conditions, built row by row, counted while they are edited."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import segments
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.presenters.lookups import find_segment
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.web.posts import succeed
from mailflatrate.entrypoints.web.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.web.studio.audience.forms import SegmentForm
from mailflatrate.entrypoints.web.studio.campaigns.conditions import (
    Builder,
    ConditionRow,
    builder,
    changed_rows,
    posted_conditions,
)
from mailflatrate.entrypoints.web.studio.common import page

FIRST_ROW = [{"field": "first_name", "op": "equals", "value": ""}]


def _sentence(row: ConditionRow, drawn: Builder) -> str:
    """Return a condition as a person would say it."""
    field = row.key if row.field == "attribute" else str(dict(drawn.fields)[row.field])
    names = {"list": dict(drawn.lists), "tag": dict(drawn.tags), "mailing": dict(drawn.mailings)}.get(
        row.value_kind, {}
    )
    value = names.get(row.value, row.value)
    return " ".join(part for part in (field, str(dict(row.ops)[row.op]), f"“{value}”" if value else "") if part)


@require_safe
@studio
def index(request: StudioRequest) -> HttpResponse:
    """List all segments with their conditions. Counts load later, one by one: each may read every contact."""
    rows = []
    for segment in queries.segments():
        drawn = builder(segment.conditions)
        rows.append((segment, [_sentence(row, drawn) for row in drawn.rows]))
    return page(request, "studio/audience/segments.html", {"rows": rows})


def _counted(conditions: list[dict[str, Any]]) -> tuple[int | None, str]:
    """Return mailable people on any list who meet the conditions, or why they can't be counted."""
    list_ids = list(MailingList.objects.filter(archived_at=None).values_list("id", flat=True))
    try:
        return queries.count_segment(list_ids, conditions), ""
    except SegmentError as error:
        return None, error_sentence(error)


@require_safe
@studio
def count(request: StudioRequest, segment_id: int) -> HttpResponse:
    """Return how many contacts a saved segment matches now."""
    people, problem = _counted(find_segment(segment_id).conditions)
    return page(request, "studio/audience/segment_count.html", {"people": people, "problem": problem})


@require_http_methods(["GET", "HEAD", "POST"])
@studio
def edit(request: StudioRequest, segment_id: int | None = None) -> HttpResponse:
    """Create or change a segment. A browser without JavaScript adds and removes rows through the same form."""
    segment = find_segment(segment_id) if segment_id is not None else None
    initial = {"name": segment.name if segment else ""}
    conditions = segment.conditions if segment else FIRST_ROW
    form = SegmentForm(request.POST if request.method == "POST" else None, initial=initial)
    problem = ""
    if request.method == "POST":
        conditions = changed_rows(posted_conditions(request.POST), request.POST.get("row", ""))
        if "row" not in request.POST and form.is_valid():
            try:
                segments.save_segment(form.cleaned_data["name"], conditions, segment_id=segment_id)
            except SegmentError as error:
                problem = error_sentence(error)
            else:
                return succeed(request, _("Saved."), reverse("studio:segments"))
    people, fault = _counted(conditions)
    context = {
        "segment": segment,
        "form": form,
        "builder": builder(conditions),
        "problem": problem,
        "people": people,
        "fault": fault,
    }
    refused = request.method == "POST" and "row" not in request.POST
    return page(request, "studio/audience/segment.html", context, status=422 if refused else 200)


@require_POST
@studio
def rows(request: StudioRequest) -> HttpResponse:
    """Return the rows after a change, with the count."""
    conditions = changed_rows(posted_conditions(request.POST), request.POST.get("row", ""))
    people, fault = _counted(conditions)
    if request.GET.get("only") == "count":
        return page(request, "studio/audience/segment_people.html", {"people": people, "fault": fault})
    context = {"builder": builder(conditions), "people": people, "fault": fault}
    return page(request, "studio/audience/segment_rows.html", context)


@require_POST
@studio
def delete(request: StudioRequest, segment_id: int) -> HttpResponse:
    """Forget a segment."""
    segment = find_segment(segment_id)
    segments.delete_segment(segment_id)
    return succeed(request, _("“%(name)s” has been deleted.") % {"name": segment.name}, reverse("studio:segments"))
