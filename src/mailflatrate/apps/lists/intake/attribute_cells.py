"""Converts cells of a file to field values in the form that a contact stores. Pure."""

import json
from collections import Counter
from collections.abc import Sequence
from json.encoder import encode_basestring

from mailflatrate.rules.fields.field_type import MAX_TEXT_CHARACTERS, FieldDefinition, UnreadableValue, ValueFault
from mailflatrate.rules.fields.values import normalize_value

_REMEMBERED = 10_000
"""Different cells of a column whose reading is kept: years, towns and answers come again and again."""


class AttributeCell:
    """One column: the field it fills, and how its cells are read."""

    __slots__ = ("_known", "_month_first", "at", "field", "prefix")

    def __init__(self, at: int, field: FieldDefinition, month_first: bool | None) -> None:
        """`at`: the column's index. `month_first`: its order of day and month; None if no cell tells."""
        self.at, self.field = at, field
        self.prefix = f"{encode_basestring(field.key)}:"
        self._month_first = month_first
        self._known: dict[str, str | ValueFault] = {}

    def read(self, text: str) -> str | ValueFault:
        """Return the value of a non-blank cell as JSON, or why it doesn't fit the field."""
        if not self.field.type.is_converted:
            return encode_basestring(text[:MAX_TEXT_CHARACTERS])
        found = self._known.get(text)
        if found is None:
            try:
                value = normalize_value(self.field, text, month_first=self._month_first)
                found = json.dumps(value, ensure_ascii=False)
            except UnreadableValue as error:
                found = error.fault
            if len(self._known) < _REMEMBERED:
                self._known[text] = found
        return found


def written_attributes(
    columns: Sequence[AttributeCell], cells: Sequence[str], unread: Counter[tuple[str, str]]
) -> str | None:
    """Return a row's values as a JSON object, None without any; values that don't fit their field are counted in
    `unread` and left out.

    If two columns fill one field, PostgreSQL's jsonb keeps the later one that has a value.
    """
    # A whole JSON encoder for two short strings would take as long as deciding about the address.
    members = []
    for column in columns:
        text = cells[column.at].strip()
        if not text:
            continue
        found = column.read(text)
        if isinstance(found, ValueFault):
            unread[column.field.key, found.name] += 1
        else:
            members.append(column.prefix + found)
    return f"{{{','.join(members)}}}" if members else None
