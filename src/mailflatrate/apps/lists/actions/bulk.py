"""Starting, canceling and undoing bulk actions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account, limit_of
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.lists.bulk.runner import BULK_JOB, UNDO_DAYS
from mailflatrate.apps.lists.bulk.selection import BulkSelection
from mailflatrate.apps.lists.errors import ListError, ListStateError
from mailflatrate.apps.lists.fields import definitions, read_values, special_sentence
from mailflatrate.apps.lists.models import UNDOABLE, BulkAction, BulkKind, BulkState, MailingList, Tag
from mailflatrate.apps.lists.personal_data import PersonalFault, judge_attributes
from mailflatrate.apps.lists.tags import ensure_tags
from mailflatrate.base import audit, clock, jobs
from mailflatrate.rules.roles import Permission

MOST_NOTE_CHARACTERS = 500
MOST_UNDER_WAY = 3
"""Bulk actions of one account that may wait or run at a time."""


@transaction.atomic
def start_bulk(
    kind: BulkKind, selection: BulkSelection, parameters: Mapping[str, Any], *, by: User | None, enqueue: bool = True
) -> BulkAction:
    """Start a bulk action. Raises ListError.

    `parameters`: `tag` (a name); `key` and `value`; `list`; or `form` and `note`, with `key`, the id of the API key
    that asks.
    """
    _require_right(kind, by)
    _check_room()
    action = BulkAction.objects.create(
        kind=kind,
        parameters=_checked(kind, parameters),
        selection=selection.as_json(),
        created_by=by,
        list_ids=limit_of(by.id) if by is not None else None,
        created_at=clock.now(),
    )
    _record("bulk.started", action, by)
    if enqueue:
        _queue(action)
    return action


@transaction.atomic
def undo_bulk(action_id: int, *, by: User | None, enqueue: bool = True) -> BulkAction:
    """Undo the changes of a finished or canceled action.

    Raises ListError if that isn't possible, or was already done.
    """
    action = _locked(action_id)
    _require_right(BulkKind(action.kind), by)
    if action.kind not in UNDOABLE or action.undoes_id is not None:
        raise ListStateError(_("this can't be undone"))
    if action.is_under_way or not action.changed:
        raise ListStateError(_("there is nothing to undo"))
    if BulkAction.objects.filter(undoes=action).exists():
        raise ListStateError(_("this has already been undone"))
    if action.finished_at is None or action.finished_at < clock.now() - timedelta(days=UNDO_DAYS):
        raise ListStateError(_("this can be undone for %(days)d days only") % {"days": UNDO_DAYS})
    _check_room()
    undo = BulkAction.objects.create(
        kind=action.kind,
        parameters=action.parameters,
        undoes=action,
        created_by=by,
        list_ids=limit_of(by.id) if by is not None else None,
        created_at=clock.now(),
    )
    _record("bulk.undone", action, by)
    if enqueue:
        _queue(undo)
    return undo


@transaction.atomic
def cancel_bulk(action_id: int, *, by: User | None) -> None:
    """Cancel an action before its next step; changes already made are kept. Idempotent.

    Raises ListError if it is unknown.
    """
    action = _locked(action_id)
    _require_right(BulkKind(action.kind), by)
    if action.state == BulkState.QUEUED:
        action.state, action.finished_at = BulkState.CANCELLED, clock.now()
        action.save(update_fields=["state", "finished_at"])
    elif action.state == BulkState.RUNNING and not action.cancel_requested:
        action.cancel_requested = True
        action.save(update_fields=["cancel_requested"])
    else:
        audit.nothing_changed()
        return
    _record("bulk.canceled", action, by)


def _require_right(kind: BulkKind, by: User | None) -> None:
    """Refuse unless the member may start, cancel and undo this kind. Raises NotPermitted."""
    if kind is BulkKind.ERASE and by is not None:
        require(by, Permission.ERASE_MANY)


def _queue(action: BulkAction) -> None:
    jobs.defer(BULK_JOB, jobs.JobQueue.IMPORT, account_id=action.account_id, action_id=action.id)


def _check_room() -> None:
    if BulkAction.objects.filter(state__in=[BulkState.QUEUED, BulkState.RUNNING]).count() >= MOST_UNDER_WAY:
        raise ListStateError(_("three bulk actions are under way; wait until one is done, or cancel one"))


def _checked(kind: BulkKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as they are stored. Raises ListError."""
    match kind:
        case BulkKind.ADD_TAG:
            (tag_id,) = ensure_tags([str(given.get("tag") or "")])
            return {"tag": tag_id, "name": Tag.objects.get(id=tag_id).name}
        case BulkKind.REMOVE_TAG:
            tag = Tag.objects.filter(folded=str(given.get("tag") or "").strip().casefold()).first()
            if tag is None:
                raise ListError(_("this tag doesn't exist"))
            return {"tag": tag.id, "name": tag.name}
        case BulkKind.SET_FIELD:
            return _field_value(str(given.get("key") or ""), given.get("value"))
        case BulkKind.UNSUBSCRIBE:
            list_id = given.get("list")
            if list_id is not None and not MailingList.objects.filter(id=list_id).exists():
                raise ListError(_("this list doesn't exist"))
            return {"list": list_id}
        case BulkKind.ASK_AGAIN:
            asked = {"form": given["form"], "note": str(given.get("note") or "").strip()[:MOST_NOTE_CHARACTERS]}
            return asked | ({"key": given["key"]} if given.get("key") else {})
    return {}


def _field_value(key: str, raw: Any) -> dict[str, Any]:
    """Return a field and its new value, None to clear it, by the rules of every edit. Raises ListError."""
    known = definitions([key])
    if key not in known:
        raise ListError(_("choose a field"))
    value = read_values({key: raw}, known)[key]
    faults = judge_attributes({key: value}, country=current_account().country) if value is not None else {}
    if PersonalFault.SPECIAL in faults.values():
        raise ListError(special_sentence(key))
    if faults:
        raise ListError(_("according to this value they are under 16; minors can't be on a list"))
    return {"key": key, "value": value, "label": known[key].label}


def _locked(action_id: int) -> BulkAction:
    action = BulkAction.objects.select_for_update().filter(id=action_id).first()
    if action is None:
        raise ListError(_("this bulk action doesn't exist"))
    return action


def _record(event: str, action: BulkAction, by: User | None) -> None:
    audit.record(
        event,
        by=audit.person(by) if by is not None else audit.machine(BULK_JOB),
        account_id=action.account_id,
        subject=f"bulk:{action.id}",
        details={"kind": action.kind, "changed": action.changed, "total": action.total},
    )
