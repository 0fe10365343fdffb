"""The orders of the contact list: by value, then id, so total. A cursor works even after its contact was deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mailflatrate.apps.lists.models import ContactField
from mailflatrate.rules.fields.field_type import MAX_TEXT_CHARACTERS, ContactFieldType, Sorting
from mailflatrate.rules.fields.values import FIELD_TYPES

EMAIL, ADDED, CONFIRMED, FIELD_PREFIX = "email", "added", "confirmed", "field_"
MOST_SORTED = 200

_FIELD = "contact.attributes -> %s"
_TEXT = "contact.attributes ->> %s"
_SQL = {
    Sorting.TEXT: (f"nullif(left(lower({_TEXT}), {MOST_SORTED}), '')", "text"),
    Sorting.EXACT: (f"nullif(left({_TEXT}, {MOST_SORTED}) COLLATE \"C\", '')", "text"),
    Sorting.NUMBER: (f"CASE WHEN jsonb_typeof({_FIELD}) = 'number' THEN ({_FIELD})::numeric END", "numeric"),
    Sorting.BOOLEAN: (f"CASE WHEN jsonb_typeof({_FIELD}) = 'boolean' THEN {_TEXT} END", "text"),
}
# A number as fields store it is one of these exactly; others, from before fields had types, come near it.
_KEY_NUMBER = f"""CASE WHEN jsonb_typeof({_FIELD}) = 'number'
    THEN round(least(greatest(({_FIELD})::numeric, -1e16), 1e16), 6)::float8 END"""


@dataclass(frozen=True, slots=True)
class ContactOrder:
    """`value_sql`: over the contact table; None for the last confirmation, in another table."""

    key: str
    is_descending: bool
    value_sql: str | None
    value_type: str
    parameters: tuple[Any, ...] = ()
    may_be_null: bool = False
    field_type: ContactFieldType | None = None
    field_id: int | None = None

    @property
    def name(self) -> str:
        return f"-{self.key}" if self.is_descending else self.key


@dataclass(frozen=True, slots=True)
class ContactCursor:
    """After, or before, the contact with this value and id."""

    value: Any
    contact_id: int


def order_named(name: str) -> ContactOrder:
    """`email`, `-added`, `field_city`; unknown, archived or unsortable ones give `email`."""
    descending, key = name.startswith("-"), name.removeprefix("-")
    if key == ADDED:
        return ContactOrder(ADDED, descending, "contact.created_at", "timestamptz")
    if key == CONFIRMED:
        return ContactOrder(CONFIRMED, descending, None, "timestamptz", may_be_null=True)
    if key.startswith(FIELD_PREFIX):
        field = ContactField.objects.filter(key=key.removeprefix(FIELD_PREFIX)).first()
        if field is not None and (kind := FIELD_TYPES[field.type]).sorting is not Sorting.NONE:
            sql, value_type = _SQL[kind.sorting]
            values = (field.key,) * sql.count("%s")
            return ContactOrder(key, descending, sql, value_type, values, True, kind, field.id)
    return ContactOrder(EMAIL, descending and key == EMAIL, "lower(contact.email)", "text")


def key_column(kind: ContactFieldType) -> str:
    return "number" if kind.sorting is Sorting.NUMBER else "text"


def key_sql(kind: ContactFieldType, key: str) -> tuple[str, tuple[str, ...]]:
    text = f'({_SQL[kind.sorting][0]}) COLLATE "default"'
    sql = _KEY_NUMBER if kind.sorting is Sorting.NUMBER else text
    return sql, (key,) * sql.count("%s")


_READERS: dict[str, Callable[[str], Any]] = {
    "timestamptz": datetime.fromisoformat,
    "numeric": Decimal,
    "text": str,
}


def cursor_of(order: ContactOrder, value: object, contact_id: object) -> ContactCursor | None:
    """From a URL; None if they don't fit this order."""
    if not isinstance(contact_id, int) or isinstance(contact_id, bool) or not 0 < contact_id < 2**63:
        return None
    if value is None:
        return ContactCursor(None, contact_id) if order.may_be_null else None
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARACTERS or "\0" in value:
        return None
    try:
        parsed = _READERS[order.value_type](value)
    except (ValueError, InvalidOperation):
        return None
    if isinstance(parsed, Decimal) and not parsed.is_finite():
        return None
    if isinstance(parsed, datetime) and parsed.tzinfo is None:
        return None
    return ContactCursor(parsed, contact_id)


def cursor_text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
