"""Bulk actions: select contacts, confirm the action and its number of contacts, watch the progress, cancel, undo."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.models import Form, FormState
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.lists.tags import tags
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.bulk.selection import BulkSelection, count_selected, selection_of
from mailflatrate.apps.segments.contact_list.narrowing import contacts_matching
from mailflatrate.apps.segments.models import UNDOABLE, BulkAction, BulkKind
from mailflatrate.apps.segments.queries import PAGE_ROWS
from mailflatrate.entrypoints.presenters.lookups import find_bulk_action
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.people.contact_filter import FILTER_PARTS, exact_filter
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other
from mailflatrate.rules.fields.values import value_text
from mailflatrate.rules.roles import Permission, may

REASON_WORDS: dict[str, str | Promise] = {
    "unchanged": gettext_lazy("Already done"),
    "gone": gettext_lazy("No longer exists"),
    "edited_since": gettext_lazy("Edited since"),
    "already_out": gettext_lazy("Already unsubscribed"),
    "said_no": gettext_lazy("Unsubscribed or suppressed: a no always wins"),
    "confirmed": gettext_lazy("Already confirmed"),
    "limit": gettext_lazy("Today's limit for confirmation requests is reached"),
    "not_asked": gettext_lazy("The address or the form doesn't allow it"),
    "held": gettext_lazy("We're looking into a report about them"),
}


def _said(action: BulkAction) -> str:
    label = str(BulkKind(action.kind).label)
    given = action.parameters
    if action.kind in (BulkKind.ADD_TAG, BulkKind.REMOVE_TAG):
        label = f"{label}: {given['name']}"
    elif action.kind == BulkKind.SET_FIELD:
        label = f"{label}: {given['label']} = {value_text(given['value']) or '–'}"
    return _("Undo: %(what)s") % {"what": label} if action.undoes_id is not None else label


def _may(request: StudioRequest, kind: str) -> bool:
    return kind != BulkKind.ERASE or may(request.membership.role, Permission.ERASE_MANY)


def _row(request: StudioRequest, action: BulkAction) -> dict[str, Any]:
    undone = BulkAction.objects.filter(undoes=action).exists()
    can_undo = action.kind in UNDOABLE and action.undoes_id is None and not undone
    return {
        "action": action,
        "problem": error_sentence(action.problem),
        "said": _said(action),
        "reasons": [(str(REASON_WORDS.get(reason, reason)), number) for reason, number in action.skipped.items()],
        "can_undo": can_undo and not action.is_under_way and action.changed > 0,
        "may_cancel": action.is_under_way and _may(request, action.kind),
    }


def _selection(posted: QueryDict) -> BulkSelection:
    """Return what the page selected. Raises ListError."""
    if posted.get("all"):
        criteria = exact_filter(posted)
        contacts_matching(criteria)  # refuses faulty conditions now, not in the job
        return selection_of([], criteria)
    ids = [number for number in map(whole_number, posted.getlist("contact")) if number]
    return selection_of(ids, None)


def _kind(posted: QueryDict, request: StudioRequest) -> BulkKind:
    """Return the chosen action. Raises ListError, also if the role may not do this."""
    try:
        kind = BulkKind(posted.get("action", ""))
    except ValueError:
        raise ListError(_("choose what to do with the selected contacts")) from None
    if not _may(request, kind):
        raise ListError(_("your role can't erase several contacts at once"))
    return kind


@studio("GET bulk/", "bulk-actions", Permission.CONTACTS, limited=True, nav="contacts")
def index(request: StudioRequest) -> HttpResponse:
    before = whole_number(request.GET.get("before"))
    rows = BulkAction.objects.select_related("created_by").order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    visible = list(rows[: PAGE_ROWS + 1])
    context = {
        "rows": [_row(request, action) for action in visible[:PAGE_ROWS]],
        "next": f"?before={visible[PAGE_ROWS - 1].id}" if len(visible) > PAGE_ROWS else "",
        "first": bool(before),
    }
    return page(request, "studio/audience/bulk_actions.html", context)


@studio("POST bulk/new/", "bulk-new", Permission.CONTACTS, limited=True, logs=NOTHING, nav="contacts")
def new(request: StudioRequest) -> HttpResponse:
    """A POST that changes nothing, because the selection may be long."""
    try:
        return _question(request, _kind(request.POST, request), _selection(request.POST))
    except ListError as error:
        return refuse(request, error_sentence(error), reverse("studio:contacts"))


def _question(request: StudioRequest, kind: BulkKind, selection: BulkSelection, problem: str = "") -> HttpResponse:
    asking = Form.objects.filter(state=FormState.PUBLISHED, mailing_list__archived_at=None).order_by("name")
    context: dict[str, Any] = {
        "kind": kind.value,
        "label": kind.label,
        "people": count_selected(selection),
        "back": f"{reverse('studio:contacts')}?{urlencode(_filter_of(request.POST))}",
        "selection": [(name, value) for name, values in request.POST.lists() if name in _CARRIED for value in values],
        "known_tags": tags(),
        "fields": fields(),
        "lists": list(MailingList.objects.filter(archived_at=None).order_by("name")),
        "forms": list(asking),
        "problem": problem,
        "given": request.POST,
    }
    return page(request, "studio/audience/bulk_new.html", context, status=422 if problem else 200)


def _filter_of(posted: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in posted.lists() if name in FILTER_PARTS for value in values]


_CARRIED = ("contact", "all", "action", *FILTER_PARTS)


@studio("POST bulk/start/", "bulk-start", Permission.CONTACTS, limited=True, logs="bulk.started", nav="contacts")
def start(request: StudioRequest) -> HttpResponse:
    posted = request.POST
    try:
        kind, selection = _kind(posted, request), _selection(posted)
    except ListError as error:
        return refuse(request, error_sentence(error), reverse("studio:contacts"))
    if kind is BulkKind.ERASE and posted.get("sure") != "on":
        return _question(request, kind, selection, _("Confirm that you want to erase these contacts."))
    form_id = whole_number(posted.get("form"))
    parameters = {
        "tag": posted.get("tag_name", ""),
        "key": posted.get("field_key", ""),
        "value": posted.get("field_value", "").strip() or None,
        "list": whole_number(posted.get("from_list")) or None,
        "form": form_id,
        "note": posted.get("note", ""),
    }
    if kind is BulkKind.ASK_AGAIN and not Form.objects.filter(id=form_id).exists():
        return _question(request, kind, selection, _("Choose the form whose wording people confirm."))
    try:
        action = bulk.start_bulk(kind, selection, parameters, by=request.user)
    except ListError as error:
        return _question(request, kind, selection, error_sentence(error))
    return see_other(reverse("studio:bulk-action", args=[action.id]))


@studio("GET bulk/<int:bulk_id>/", "bulk-action", Permission.CONTACTS, limited=True, nav="contacts")
def one(request: StudioRequest, bulk_id: int) -> HttpResponse:
    return page(request, "studio/audience/bulk_action.html", {"row": _row(request, find_bulk_action(bulk_id))})


@studio("GET bulk/<int:bulk_id>/progress/", "bulk-progress", Permission.CONTACTS, limited=True, nav="contacts")
def progress(request: StudioRequest, bulk_id: int) -> HttpResponse:
    return render(request, "studio/audience/bulk_progress.html", {"row": _row(request, find_bulk_action(bulk_id))})


@studio(
    "POST bulk/<int:bulk_id>/cancel/",
    "bulk-cancel",
    Permission.CONTACTS,
    limited=True,
    logs="bulk.canceled",
    nav="contacts",
)
def cancel(request: StudioRequest, bulk_id: int) -> HttpResponse:
    """Stop the action before the next contacts; changes already made stay."""
    find_bulk_action(bulk_id)
    return perform(
        request,
        lambda: bulk.cancel_bulk(bulk_id, by=request.user),
        _("It's stopping. Changes made so far stay."),
        reverse("studio:bulk-action", args=[bulk_id]),
        refused=ListError,
    )


@studio(
    "POST bulk/<int:bulk_id>/undo/", "bulk-undo", Permission.CONTACTS, limited=True, logs="bulk.undone", nav="contacts"
)
def undo(request: StudioRequest, bulk_id: int) -> HttpResponse:
    find_bulk_action(bulk_id)
    try:
        action = bulk.undo_bulk(bulk_id, by=request.user)
    except ListError as error:
        return refuse(request, error_sentence(error), reverse("studio:bulk-action", args=[bulk_id]))
    return see_other(reverse("studio:bulk-action", args=[action.id]))
