"""The steps of bulk actions."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.consent_sets import unsubscribe_many
from mailflatrate.apps.lists.tags import give_tags, take_tags
from mailflatrate.apps.segments.models import BulkAction, BulkKind
from mailflatrate.base import tenancy

UNCHANGED = "unchanged"
GONE = "gone"
EDITED_SINCE = "edited_since"
ALREADY_OUT = "already_out"


@dataclass(slots=True)
class BulkStep:
    """`changed`: previous values, if kept; `skipped`: unchanged contacts by reason."""

    changed: dict[int, Any] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    taken: int | None = None
    """How many from the first on were dealt with; None for all. The others are left for the next step."""
    stopped: str = ""
    """Why no further step makes sense, as the reason of all contacts left."""


StepFunction = Callable[[BulkAction, Sequence[int]], BulkStep]


@dataclass(frozen=True, slots=True)
class BulkSteps:
    take: StepFunction
    size: int


def _add_tag(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    return _same(ids, give_tags(ids, [action.parameters["tag"]]))


def _remove_tag(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    return _same(ids, take_tags(ids, [action.parameters["tag"]]))


def _same(ids: Sequence[int], changed: Sequence[int]) -> BulkStep:
    step = BulkStep(dict.fromkeys(changed))
    step.skipped[UNCHANGED] = len(ids) - len(changed)
    return step


_SET = """
WITH before AS (
    SELECT id, attributes -> %(key)s AS value FROM contact
    WHERE account_id = %(account_id)s AND id = ANY(%(ids)s)
        AND attributes -> %(key)s IS DISTINCT FROM %(value)s::jsonb
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE contact c SET updated_at = now(),
    attributes = CASE WHEN %(value)s::jsonb IS NULL THEN c.attributes - %(key)s
        ELSE c.attributes || jsonb_build_object(%(key)s::text, %(value)s::jsonb) END
FROM before WHERE c.account_id = %(account_id)s AND c.id = before.id
RETURNING c.id, before.value::text
"""
# A value changed since the action stays as it is now.
_RESTORE = """
WITH item AS (
    SELECT c.id, i.before FROM bulk_item i JOIN contact c ON c.account_id = i.account_id AND c.id = i.contact_id
    WHERE i.account_id = %(account_id)s AND i.action_id = %(action_id)s AND i.contact_id = ANY(%(ids)s)
        AND c.attributes -> %(key)s IS NOT DISTINCT FROM %(value)s::jsonb
    ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE contact c SET updated_at = now(),
    attributes = CASE WHEN item.before IS NULL THEN c.attributes - %(key)s
        ELSE c.attributes || jsonb_build_object(%(key)s::text, item.before) END
FROM item WHERE c.account_id = %(account_id)s AND c.id = item.id
RETURNING c.id
"""


def _set_field(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    value = action.parameters["value"]
    values = {
        "account_id": tenancy.current_account_id(),
        "action_id": action.id,
        "ids": list(ids),
        "key": action.parameters["key"],
        "value": None if value is None else json.dumps(value, ensure_ascii=False),
    }
    with connection.cursor() as cursor:
        if action.undoes_id is not None:
            cursor.execute(_RESTORE, values)
            step = BulkStep({int(contact_id): None for (contact_id,) in cursor.fetchall()})
            step.skipped[EDITED_SINCE] = len(ids) - len(step.changed)
            return step
        cursor.execute(_SET, values)
        rows = cursor.fetchall()
    step = BulkStep({int(contact_id): None if before is None else json.loads(before) for contact_id, before in rows})
    step.skipped[UNCHANGED] = len(ids) - len(step.changed)
    return step


def _unsubscribe(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    source = f"bulk action {action.id}" + (f": {action.created_by.email}" if action.created_by else "")
    list_id = action.parameters.get("list")
    people = unsubscribe_many(ids, list_id=list_id, by="customer", source=source)
    step = BulkStep(dict.fromkeys(sorted(people.changed)))
    step.skipped[GONE] = len(people.gone)
    step.skipped[ALREADY_OUT] = len(ids) - len(people.changed) - len(people.gone)
    return step


STEPS: dict[str, BulkSteps] = {
    BulkKind.ADD_TAG: BulkSteps(_add_tag, 2_000),
    BulkKind.REMOVE_TAG: BulkSteps(_remove_tag, 2_000),
    BulkKind.SET_FIELD: BulkSteps(_set_field, 2_000),
    BulkKind.UNSUBSCRIBE: BulkSteps(_unsubscribe, 2_000),
}
_OPPOSITE = {BulkKind.ADD_TAG: BulkKind.REMOVE_TAG, BulkKind.REMOVE_TAG: BulkKind.ADD_TAG}


def steps_of(action: BulkAction) -> BulkSteps:
    """To undo a tag, those of the opposite action."""
    kind = BulkKind(action.kind)
    return STEPS[_OPPOSITE.get(kind, kind) if action.undoes_id is not None else kind]


def register_steps(kind: BulkKind, take: StepFunction, *, size: int) -> None:
    """For a later app's kind; `segments.apps` lists its module."""
    STEPS[kind] = BulkSteps(take, size)
