"""The orders of the contact list: by a value that some contacts may lack, then by id, so that the order is total.

A cursor is the value and the id of a row at the edge of a page. It still works when that contact has changed or was
deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mailflatrate.apps.lists.fields import definitions
from mailflatrate.rules.contact_fields import MAX_TEXT_CHARACTERS, ContactFieldType

EMAIL, ADDED, CONFIRMED, FIELD_PREFIX = "email", "added", "confirmed", "field_"
SORTABLE_TYPES = tuple(kind for kind in ContactFieldType if kind is not ContactFieldType.CHOICES)
"""A field of several choices has no order."""

_FIELD = "contact.attributes -> %s"
_TEXT = "contact.attributes ->> %s"
_BY_TYPE = {
    ContactFieldType.NUMBER: (f"CASE WHEN jsonb_typeof({_FIELD}) = 'number' THEN ({_FIELD})::numeric END", "numeric"),
    ContactFieldType.DATE: (f"nullif(({_TEXT}) COLLATE \"C\", '')", "text"),
    ContactFieldType.BOOLEAN: (f"CASE WHEN jsonb_typeof({_FIELD}) = 'boolean' THEN {_TEXT} END", "text"),
}
_BY_TEXT = (f"nullif(lower({_TEXT}), '')", "text")


@dataclass(frozen=True, slots=True)
class ContactOrder:
    """An order of contacts.

    `value_sql` is an expression over the contact table; None for the last confirmation, which is in another table.
    """

    key: str
    is_descending: bool
    value_sql: str | None
    value_type: str
    parameters: tuple[Any, ...] = ()
    may_be_null: bool = False
    field_type: ContactFieldType | None = None

    @property
    def name(self) -> str:
        """Return the name of the order in a URL."""
        return f"-{self.key}" if self.is_descending else self.key


@dataclass(frozen=True, slots=True)
class ContactCursor:
    """A position in an order: after, or before, the contact with this value and id."""

    value: Any
    contact_id: int


def order_named(name: str) -> ContactOrder:
    """Return an order by its name in a URL, such as `email`, `-added` or `field_city`; unknown names give `email`.

    A field that is archived or cannot be sorted counts as unknown.
    """
    descending, key = name.startswith("-"), name.removeprefix("-")
    if key == ADDED:
        return ContactOrder(ADDED, descending, "contact.created_at", "timestamptz")
    if key == CONFIRMED:
        return ContactOrder(CONFIRMED, descending, None, "timestamptz", may_be_null=True)
    if key.startswith(FIELD_PREFIX):
        field = definitions([key.removeprefix(FIELD_PREFIX)]).get(key.removeprefix(FIELD_PREFIX))
        if field is not None and field.type in SORTABLE_TYPES:
            sql, value_type = _BY_TYPE.get(field.type, _BY_TEXT)
            values = (field.key,) * sql.count("%s")
            return ContactOrder(key, descending, sql, value_type, values, may_be_null=True, field_type=field.type)
    return ContactOrder(EMAIL, descending and key == EMAIL, "lower(contact.email)", "text")


_READERS: dict[str, Callable[[str], Any]] = {
    "timestamptz": datetime.fromisoformat,
    "numeric": Decimal,
    "text": str,
}


def cursor_of(order: ContactOrder, value: object, contact_id: object) -> ContactCursor | None:
    """Return the cursor for the values in a URL; None if they don't fit this order."""
    if not isinstance(contact_id, int) or isinstance(contact_id, bool) or not 0 < contact_id < 2**63:
        return None
    if value is None:
        return ContactCursor(None, contact_id) if order.may_be_null else None
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARACTERS or "\0" in value:
        return None
    try:
        found = _READERS[order.value_type](value)
    except (ValueError, InvalidOperation):
        return None
    if isinstance(found, Decimal) and not found.is_finite():
        return None
    if isinstance(found, datetime) and found.tzinfo is None:
        return None
    return ContactCursor(found, contact_id)


def cursor_text(value: Any) -> str | None:
    """Return a value in the form that `cursor_of` reads."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
