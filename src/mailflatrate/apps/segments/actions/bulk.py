"""Starting, canceling and undoing bulk actions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.lists.errors import ListError, ListStateError
from mailflatrate.apps.lists.fields import definitions, read_values, special_sentence
from mailflatrate.apps.lists.models import MailingList, Tag
from mailflatrate.apps.lists.personal_data import PersonalFault, judge_attributes
from mailflatrate.apps.lists.tags import ensure_tags
from mailflatrate.apps.segments.bulk.runner import UNDO_DAYS
from mailflatrate.apps.segments.bulk.selection import BulkSelection
from mailflatrate.apps.segments.models import UNDOABLE, BulkAction, BulkKind
from mailflatrate.base import clock
from mailflatrate.rules.roles import Permission

MOST_NOTE_CHARACTERS = 500
MOST_UNDER_WAY = 3


@transaction.atomic
def start_bulk(
    kind: BulkKind, selection: BulkSelection, parameters: Mapping[str, Any], *, by: User | None, enqueue: bool = True
) -> BulkAction:
    """`parameters`: `tag` (name); `key` and `value`; `list`; or `form`, `note` and `key` (asking API key). Raises
    ListError.
    """
    _require_right(kind, by)
    _check_room()
    action = BulkAction.created(
        by,
        kind=kind,
        parameters=_checked(kind, parameters),
        selection=selection.as_json(),
    )
    action.record("started", by)
    if enqueue:
        action.enqueue()
    return action


@transaction.atomic
def undo_bulk(action_id: int, *, by: User | None, enqueue: bool = True) -> BulkAction:
    """Raises ListError if that isn't possible, or was already done."""
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
    undo = BulkAction.created(by, kind=action.kind, parameters=action.parameters, undoes=action)
    action.record("undone", by)
    if enqueue:
        undo.enqueue()
    return undo


@transaction.atomic
def cancel_bulk(action_id: int, *, by: User | None) -> None:
    """Before its next step; changes already made are kept. Idempotent. Raises ListError if unknown."""
    action = _locked(action_id)
    _require_right(BulkKind(action.kind), by)
    if action.cancel():
        action.record("canceled", by)


def _require_right(kind: BulkKind, by: User | None) -> None:
    """To start, cancel and undo this kind. Raises NotPermitted."""
    if kind is BulkKind.ERASE and by is not None:
        require(by, Permission.ERASE_MANY)


def _check_room() -> None:
    if BulkAction.under_way().count() >= MOST_UNDER_WAY:
        raise ListStateError(_("three bulk actions are under way; wait until one is done, or cancel one"))


def _checked(kind: BulkKind, given: Mapping[str, Any]) -> dict[str, Any]:
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
    """None clears it. Raises ListError."""
    fields = definitions([key])
    if key not in fields:
        raise ListError(_("choose a field"))
    value = read_values({key: raw}, fields)[key]
    faults = judge_attributes({key: value}, country=current_account().country) if value is not None else {}
    if PersonalFault.SPECIAL in faults.values():
        raise ListError(special_sentence(key))
    if faults:
        raise ListError(_("according to this value they are under 16; minors can't be on a list"))
    return {"key": key, "value": value, "label": fields[key].label}


def _locked(action_id: int) -> BulkAction:
    action = BulkAction.locked(action_id)
    if action is None:
        raise ListError(_("this bulk action doesn't exist"))
    return action
