"""Bulk actions: one change to all contacts that match, in the background. None of them adds anyone to a list."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.forms.queries import find_form
from mailflatrate.apps.lists.models import SubscriptionState
from mailflatrate.apps.segments.actions.bulk import cancel_bulk, start_bulk, undo_bulk
from mailflatrate.apps.segments.bulk.selection import MOST_IDS, selection_of
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.apps.segments.models import UNDOABLE, BulkAction, BulkKind
from mailflatrate.base.long_task import TaskState
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, Caller, endpoint
from mailflatrate.entrypoints.api.v1.problems import missing_scope, wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    TagName,
    Value,
    filled,
    newest_first,
)
from mailflatrate.entrypoints.presenters.lookups import find_bulk_action, find_list, find_segment, find_tag
from mailflatrate.entrypoints.presenters.sentences import error_sentence

ROUTER = Router(tags=["Bulk actions"])
Operation = TypeVar("Operation", bound=Callable[..., Any])


class BulkFilter(RequestBodySchema):
    """The conditions that contacts must meet, all of them; empty: every contact of the account."""

    search: Annotated[str, Field(max_length=100)] = ""
    list_id: Id | None = None
    state: SubscriptionState | None = None
    tag_id: Id | None = None
    segment_id: Id | None = None


class BulkTarget(RequestBodySchema):
    """The contacts: by id, or all that match a filter when the action begins. Give exactly one of the two."""

    contact_ids: Annotated[list[Id] | None, Field(min_length=1, max_length=MOST_IDS)] = None
    filter: BulkFilter | None = None


class BulkTagRequest(BulkTarget):
    """A tag to add or remove."""

    tag: TagName


class BulkFieldRequest(BulkTarget):
    """A field to set, or to clear with null."""

    key: Annotated[str, Field(min_length=1, max_length=60)]
    value: Value | list[str] | None


class BulkUnsubscribeRequest(BulkTarget):
    """The list to unsubscribe the contacts from, or all."""

    from_list_id: Annotated[Id | None, Field(description="null: all lists, and the addresses are suppressed")]


class BulkErasureRequest(BulkTarget):
    """Confirms that the contacts are really to be erased."""

    sure: bool = False


class BulkAskingRequest(BulkTarget):
    """Whose wording they are asked to confirm, and how they know you."""

    form_id: Id
    note: Annotated[str, Field(max_length=300, description="why you ask; becomes part of the proof")] = ""


class BulkActionInfo(Schema):
    """A bulk action. Each contact counts once: changed, or skipped for a reason."""

    id: int
    kind: BulkKind
    state: TaskState
    percent: int
    total: int
    done: int
    changed: int
    skipped: Annotated[dict[str, int], Field(description="contacts that stayed as they were, by reason")]
    problem: str
    undoes_id: int | None
    can_be_undone: Annotated[bool, Field(description="its kind can be undone, for 7 days")]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_SCOPES = {
    BulkKind.ADD_TAG: KeyScope.CONTACTS_WRITE,
    BulkKind.REMOVE_TAG: KeyScope.CONTACTS_WRITE,
    BulkKind.SET_FIELD: KeyScope.CONTACTS_WRITE,
    BulkKind.UNSUBSCRIBE: KeyScope.SUPPRESS,
    BulkKind.ERASE: KeyScope.ERASE,
    BulkKind.ASK_AGAIN: KeyScope.ASK,
}
"""The scope for each kind, whether a key starts, cancels or undoes it."""


def _find_for(caller: Caller, bulk_id: int) -> BulkAction:
    action = find_bulk_action(bulk_id)
    scope = _SCOPES[BulkKind(action.kind)]
    if not caller.may(scope):
        raise missing_scope(scope)
    if scope is KeyScope.ASK and not caller.use.key.may_ask_for(action.parameters["form"]):
        raise Http404
    return action


def _shown(action: BulkAction) -> BulkActionInfo:
    over = action.state == TaskState.DONE
    return filled(
        BulkActionInfo,
        action,
        percent=100 if over else action.percent,
        problem=error_sentence(action.problem),
        can_be_undone=action.kind in UNDOABLE and action.undoes_id is None and not action.is_under_way,
    )


def _start(request: ApiRequest, kind: BulkKind, given: BulkTarget, parameters: dict[str, Any]) -> BulkActionInfo:
    if (given.contact_ids is None) == (given.filter is None):
        raise wrong("contact_ids", _("send either “contact_ids” or “filter”"))
    contact_filter = None
    if given.filter is not None:
        criteria = given.filter
        for look_up, wanted_id in (
            (find_list, criteria.list_id),
            (find_tag, criteria.tag_id),
            (find_segment, criteria.segment_id),
        ):
            if wanted_id is not None:
                look_up(wanted_id)
        contact_filter = ContactFilter(
            criteria.search.strip(), criteria.list_id, criteria.state, criteria.tag_id, criteria.segment_id
        )
    selection = selection_of(given.contact_ids or (), contact_filter)
    return _shown(start_bulk(kind, selection, parameters, by=request.caller.user))


def _starts(path: str, kind: BulkKind, *, protects: bool = False) -> Callable[[Operation], Operation]:
    return endpoint(
        ROUTER,
        "post",
        f"/bulk-actions/{path}",
        scope=_SCOPES[kind],
        answers=BulkActionInfo,
        status=202,
        repeatable=True,
        protects=protects,
        location="/bulk-actions/{id}",
    )


@endpoint(ROUTER, "get", "/bulk-actions", scope=KeyScope.READ)
def list_bulk_actions(request: ApiRequest, which: Query[PageQuery]) -> Page[BulkActionInfo]:
    """List bulk actions, newest first."""
    return newest_first(BulkAction.objects.all(), which, _shown)


@_starts("add-tag", BulkKind.ADD_TAG)
def start_adding_tag(request: ApiRequest, given: BulkTagRequest) -> BulkActionInfo:
    """Add a tag to many contacts.

    A new tag is created. Fetch the address in Location until `state` is `done`.
    """
    return _start(request, BulkKind.ADD_TAG, given, {"tag": given.tag})


@_starts("remove-tag", BulkKind.REMOVE_TAG)
def start_removing_tag(request: ApiRequest, given: BulkTagRequest) -> BulkActionInfo:
    """Remove a tag from many contacts."""
    return _start(request, BulkKind.REMOVE_TAG, given, {"tag": given.tag})


@_starts("set-field", BulkKind.SET_FIELD)
def start_setting_field(request: ApiRequest, given: BulkFieldRequest) -> BulkActionInfo:
    """Set a custom field of many contacts.

    The value is checked as in any other edit.
    """
    return _start(request, BulkKind.SET_FIELD, given, {"key": given.key, "value": given.value})


@_starts("unsubscribe", BulkKind.UNSUBSCRIBE, protects=True)
def start_unsubscribing(request: ApiRequest, given: BulkUnsubscribeRequest) -> BulkActionInfo:
    """Unsubscribe many contacts from one list, or from everything. This can't be undone."""
    if given.from_list_id is not None:
        find_list(given.from_list_id)
    return _start(request, BulkKind.UNSUBSCRIBE, given, {"list": given.from_list_id})


@_starts("erase", BulkKind.ERASE, protects=True)
def start_erasing(request: ApiRequest, given: BulkErasureRequest) -> BulkActionInfo:
    """Erase many contacts (R-94). Anonymous evidence stays, and so do suppressions. This can't be undone."""
    if not given.sure:
        raise wrong("sure", _("send true to confirm"))
    return _start(request, BulkKind.ERASE, given, {})


@_starts("ask-again", BulkKind.ASK_AGAIN)
def start_asking_again(request: ApiRequest, given: BulkAskingRequest) -> BulkActionInfo:
    """Ask many contacts to confirm, by one email each. Those who confirmed or said no are skipped. It stops at the
    day's limit of the account or of the key (R-35); start it again the next day for the others. This can't be undone.
    """
    form, key = find_form(given.form_id), request.caller.use.key
    if form is None or not key.may_ask_for(form.id):
        raise Http404
    note = f"{given.note.strip() or 'asked again'} ({request.caller.source})"
    return _start(request, BulkKind.ASK_AGAIN, given, {"form": form.id, "note": note, "key": key.id})


@endpoint(ROUTER, "get", "/bulk-actions/{bulk_id}", scope=KeyScope.READ)
def show_bulk_action(request: ApiRequest, bulk_id: Id) -> BulkActionInfo:
    """Show a bulk action with its progress."""
    return _shown(find_bulk_action(bulk_id))


@endpoint(
    ROUTER,
    "post",
    "/bulk-actions/{bulk_id}/cancel",
    scope=KeyScope.CONTACTS_WRITE,
    or_scopes=(KeyScope.SUPPRESS, KeyScope.ERASE, KeyScope.ASK),
    protects=True,
)
def cancel_bulk_action(request: ApiRequest, bulk_id: Id) -> BulkActionInfo:
    """Cancel a bulk action before its next step.

    Changes already made stay. The key needs the scope for this kind of action.
    """
    _find_for(request.caller, bulk_id)
    cancel_bulk(bulk_id, by=request.caller.user)
    return _shown(find_bulk_action(bulk_id))


@endpoint(
    ROUTER,
    "post",
    "/bulk-actions/{bulk_id}/undo",
    scope=KeyScope.CONTACTS_WRITE,
    status=202,
    location="/bulk-actions/{id}",
)
def undo_bulk_action(request: ApiRequest, bulk_id: Id) -> BulkActionInfo:
    """Undo a bulk action of tags or a field, within 7 days.

    Contacts edited since then stay as they are.
    """
    _find_for(request.caller, bulk_id)
    return _shown(undo_bulk(bulk_id, by=request.caller.user))
