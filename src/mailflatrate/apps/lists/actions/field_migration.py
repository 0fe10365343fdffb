"""Declares fields for old attributes, and rewrites values after a type changed. Meanwhile readers know both (ADR
0038).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction

from mailflatrate.apps.lists.changes import skip_history
from mailflatrate.apps.lists.fields import MAX_FIELDS, OWN_NAMES, declare, definitions, month_first
from mailflatrate.apps.lists.models import FieldMigration, FieldMigrationState
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.personal_data import is_special
from mailflatrate.rules.fields.field_type import KEY, ContactFieldType, FieldDefinition, UnreadableValue
from mailflatrate.rules.fields.proposals import TypeGuess, propose_type
from mailflatrate.rules.fields.types.text import TYPE as TEXT
from mailflatrate.rules.fields.values import normalize_value

READ_AT_ONCE = 5_000
CONVERTED_AT_ONCE = 1_000

_PAGE = """
SELECT id, address_key, attributes::text FROM contact
WHERE account_id = %s AND address_key > %s ORDER BY address_key LIMIT %s
"""
_REWRITE = """
UPDATE contact c SET attributes = t.attributes::jsonb
FROM unnest(%s::bigint[], %s::text[]) AS t(id, attributes) WHERE c.account_id = %s AND c.id = t.id
"""


def migrate_fields(account_id: int) -> None:
    """May be repeated, or run twice at once."""
    while _step(account_id):
        pass


def _step(account_id: int) -> bool:
    with tenancy.account(account_id), transaction.atomic():
        row = FieldMigration.objects.select_for_update(skip_locked=True).first()
        if row is None or row.state == FieldMigrationState.DONE:
            return False
        if row.state == FieldMigrationState.READING:
            _read(row)
        else:
            _convert(row)
        row.save(update_fields=["state", "after_key", "found", "changed"])
        return row.state != FieldMigrationState.DONE


def _page(row: FieldMigration, size: int, lock: str = "") -> list[tuple[int, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAGE + lock, [row.account_id, bytes(row.after_key), size])
        rows = cursor.fetchall()
    if rows:
        row.after_key = bytes(rows[-1][1])
    return [(contact_id, json.loads(attributes)) for contact_id, _key, attributes in rows]


def _read(row: FieldMigration) -> None:
    guesses = {key: TypeGuess(types) for key, types in row.found.items()}
    page = _page(row, READ_AT_ONCE)
    for _id, attributes in page:
        for key, value in attributes.items():
            if key not in guesses:
                if len(guesses) >= MAX_FIELDS or not _is_declarable(key):
                    continue
                guesses[key] = TypeGuess()
            guesses[key].add(value)
    row.found = {key: guess.forms() for key, guess in guesses.items()}
    if len(page) < READ_AT_ONCE:
        declare(_migrated(row.found))
        row.state, row.after_key, row.found = FieldMigrationState.CONVERTING, b"", {}


def _is_declarable(key: str) -> bool:
    return KEY.fullmatch(key) is not None and key not in OWN_NAMES and not is_special(key)


def _migrated(types_by_key: Mapping[str, Iterable[str]]) -> dict[str, ContactFieldType]:
    existing = definitions(types_by_key)
    types = {key: propose_type(key, types) for key, types in types_by_key.items() if key not in existing}
    return {key: kind if kind.suits_free_values else TEXT for key, kind in sorted(types.items())}


def _convert(row: FieldMigration) -> None:
    fields = {key: field for key, field in definitions().items() if field.type.is_converted}
    page = _page(row, CONVERTED_AT_ONCE, "FOR NO KEY UPDATE") if fields else []
    order = month_first()
    changed = {
        contact_id: after
        for contact_id, attributes in page
        if (after := converted(attributes, fields, month_first=order)) != attributes or _differs(after, attributes)
    }
    if changed:
        skip_history()
        with connection.cursor() as cursor:
            cursor.execute(
                _REWRITE,
                [list(changed), [json.dumps(after, ensure_ascii=False) for after in changed.values()], row.account_id],
            )
        row.changed += len(changed)
    if len(page) < CONVERTED_AT_ONCE:
        row.state, row.after_key = FieldMigrationState.DONE, b""


def _differs(after: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """In type, too: to Python, 1 and True are the same."""
    return any(type(after[key]) is not type(before[key]) for key in after)


def converted(
    attributes: Mapping[str, Any], fields: Mapping[str, FieldDefinition], *, month_first: bool
) -> dict[str, Any]:
    """To the types of their fields; what can't be converted is unchanged."""
    values = dict(attributes)
    for key in fields.keys() & attributes.keys():
        try:
            value = normalize_value(fields[key], attributes[key], month_first=month_first)
        except UnreadableValue:
            continue
        if value is not None:
            values[key] = value
    return values
