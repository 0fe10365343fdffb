"""Segments: saved trees of conditions, built part by part, counted while they are edited."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.segments import queries
from mailflatrate.apps.segments.actions import segments as actions
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.counts import count_people, sample_people
from mailflatrate.apps.segments.models import Segment
from mailflatrate.entrypoints.presenters.lookups import find_segment
from mailflatrate.entrypoints.presenters.segment_sentences import segment_sentence, segment_sentences
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.forms import SegmentForm
from mailflatrate.entrypoints.studio.audience.segment_words import ready_segments
from mailflatrate.entrypoints.studio.audience.segments.segment_builder import builder, changed_tree, posted_tree
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.declared_pages import Column, ListPage, link, text
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.rules.roles import Permission

FIRST_ROW = [{"field": "first_name", "op": "equals", "value": ""}]


def _count(segment: Segment) -> SafeString:
    url = reverse("studio:segment-count", args=[segment.id])
    return format_html('<span hx-get="{}" hx-trigger="load" hx-swap="innerHTML">…</span>', url)


SEGMENTS = ListPage(
    "studio:segments",
    gettext_lazy("Segments"),
    (
        Column(gettext_lazy("Segment"), lambda row: link(row[0].name, reverse("studio:segment", args=[row[0].id]))),
        Column(gettext_lazy("Who is in it"), lambda row: text(row[1])),
        Column(gettext_lazy("People"), lambda row: _count(row[0]), numeric=True),
    ),
    icon="funnel",
    empty=gettext_lazy("No segments yet"),
    empty_text=gettext_lazy(
        "A segment is a saved set of conditions, such as everyone in Kiel who clicked in the last 90 days. Use it to "
        "choose a campaign's recipients."
    ),
    new="studio:segment-new",
    new_label=gettext_lazy("New segment"),
)


@studio(
    "GET segments/",
    "segments",
    Permission.CONTACTS,
    limited=True,
    tab=Tab(CONTACTS, gettext_lazy("Segments"), gettext_lazy("filter, target group, conditions"), place=30),
)
def index(request: StudioRequest) -> HttpResponse:
    """List all segments with their conditions. Counts load later, one by one: each may read every contact."""
    segments = queries.segments()
    sentences = segment_sentences([segment.conditions for segment in segments])
    return page(request, "parts/list_page.html", SEGMENTS.context(zip(segments, sentences, strict=True)))


def _counted(definition: Any) -> dict[str, Any]:
    try:
        tree = parse_segment(definition)
        return {"count": count_people(tree), "people": sample_people(tree), "sentence": segment_sentence(tree)}
    except SegmentError as error:
        return {"count": None, "fault": error_sentence(error)}


def _unasked() -> str:
    return _("Complete the condition to see how many contacts match.")


@studio("GET segments/<int:segment_id>/count/", "segment-count", Permission.CONTACTS, limited=True)
def count(request: StudioRequest, segment_id: int) -> HttpResponse:
    try:
        people = count_people(find_segment(segment_id).conditions)
    except SegmentError:
        people = None
    return page(request, "studio/audience/segment_count.html", {"count": people})


@studio("GET|POST segments/new/", "segment-new", Permission.CONTACTS, logs="segment.saved")
def new(request: StudioRequest) -> HttpResponse:
    return _edit(request, None)


@studio("GET|POST segments/<int:segment_id>/", "segment", Permission.CONTACTS, logs="segment.saved")
def edit(request: StudioRequest, segment_id: int) -> HttpResponse:
    return _edit(request, find_segment(segment_id))


def _edit(request: StudioRequest, segment: Segment | None) -> HttpResponse:
    ready = [] if segment else ready_segments()
    started = next((ready_segment for ready_segment in ready if ready_segment.key == request.GET.get("from")), None)
    initial = {"name": segment.name if segment else started.name if started else ""}
    definition = segment.conditions if segment else started.definition if started else FIRST_ROW
    form = SegmentForm(request.POST if request.method == "POST" else None, initial=initial)
    problem = ""
    if request.method == "POST":
        definition = changed_tree(posted_tree(request.POST), request.POST.get("row", ""))
        if "row" not in request.POST and form.is_valid():
            try:
                actions.save_segment(form.cleaned_data["name"], definition, segment_id=segment.id if segment else None)
            except SegmentError as error:
                problem = error_sentence(error)
            else:
                return succeed(request, _("Saved."), reverse("studio:segments"))
    context = {
        "segment": segment,
        "form": form,
        "builder": builder(definition),
        "problem": problem,
        "ready": ready,
        "started": started.key if started else "",
        **(_counted(definition) if definition is not FIRST_ROW else {"count": None, "fault": _unasked()}),
    }
    refused = request.method == "POST" and "row" not in request.POST
    return page(request, "studio/audience/segment.html", context, status=422 if refused else 200)


@studio("POST segments/rows/", "segment-rows", Permission.CONTACTS, limited=True, logs=NOTHING)
def rows(request: StudioRequest) -> HttpResponse:
    definition = changed_tree(posted_tree(request.POST), request.POST.get("row", ""))
    if request.GET.get("only") == "count":
        return page(request, "studio/audience/segment_people.html", _counted(definition))
    context = {"builder": builder(definition), **_counted(definition)}
    return page(request, "studio/audience/segment_rows.html", context)


@studio("POST segments/<int:segment_id>/delete/", "segment-delete", Permission.CONTACTS, logs="segment.deleted")
def delete(request: StudioRequest, segment_id: int) -> HttpResponse:
    segment = find_segment(segment_id)
    try:
        actions.delete_segment(segment_id)
    except SegmentError as error:
        return refuse(request, error_sentence(error), reverse("studio:segment", args=[segment_id]))
    return succeed(request, _("“%(name)s” has been deleted.") % {"name": segment.name}, reverse("studio:segments"))
