"""Converts cells of a file to stored field values. Pure."""

import json
from collections import Counter
from collections.abc import Sequence
from json.encoder import encode_basestring

from mailflatrate.rules.fields.field_type import MAX_TEXT_CHARACTERS, FieldDefinition, UnreadableValue, ValueFault
from mailflatrate.rules.fields.values import normalize_value

_REMEMBERED = 10_000


class AttributeCell:
    __slots__ = ("_known", "_month_first", "at", "field", "prefix")

    def __init__(self, at: int, field: FieldDefinition, month_first: bool | None) -> None:
        self.at, self.field = at, field
        self.prefix = f"{encode_basestring(field.key)}:"
        self._month_first = month_first
        self._known: dict[str, str | ValueFault] = {}

    def read(self, text: str) -> str | ValueFault:
        """As JSON, or why it doesn't fit."""
        if not self.field.type.is_converted:
            return encode_basestring(text[:MAX_TEXT_CHARACTERS])
        written = self._known.get(text)
        if written is None:
            try:
                value = normalize_value(self.field, text, month_first=self._month_first)
                written = json.dumps(value, ensure_ascii=False)
            except UnreadableValue as error:
                written = error.fault
            if len(self._known) < _REMEMBERED:
                self._known[text] = written
        return written


def written_attributes(
    columns: Sequence[AttributeCell], cells: Sequence[str], unread: Counter[tuple[str, str]]
) -> str | None:
    """A JSON object, None if empty; what doesn't fit is counted. Of two columns for a field, jsonb keeps the later."""
    # A whole JSON encoder for two short strings would take as long as deciding about the address.
    members = []
    for column in columns:
        text = cells[column.at].strip()
        if not text:
            continue
        value = column.read(text)
        if isinstance(value, ValueFault):
            unread[column.field.key, value.name] += 1
        else:
            members.append(column.prefix + value)
    return f"{{{','.join(members)}}}" if members else None
