"""Several of the choices that the account lists: each once, in the field's order. A condition compares with one."""

import re

from mailflatrate.locale.texts import N_
from mailflatrate.rules.conditions import Op
from mailflatrate.rules.fields.field_type import (
    MAX_CHOICES,
    TOO_LONG,
    FieldDefinition,
    FieldValue,
    Sorting,
    UnreadableValue,
    plain,
)
from mailflatrate.rules.fields.types.choice import NOT_A_CHOICE, Choice


class _Choices(Choice):
    def normalize(self, definition: FieldDefinition, raw: object, *, month_first: bool | None) -> FieldValue | None:
        if isinstance(raw, str):
            parts = self._split(definition, raw)
        elif isinstance(raw, list | tuple) and all(isinstance(part, str) for part in raw):
            parts = list(raw)
        else:
            raise UnreadableValue(NOT_A_CHOICE)
        if len(parts) > MAX_CHOICES:
            raise UnreadableValue(TOO_LONG)
        chosen = {self.read(definition, part) for part in parts if part.strip()}
        return [choice for choice in definition.choices if choice in chosen] or None

    def _split(self, definition: FieldDefinition, text: str) -> list[str]:
        try:
            return [self.read(definition, text)]
        except UnreadableValue:
            return re.split(r"[;|\n]" if re.search(r"[;|\n]", text) else ",", text)

    def compared(self, definition: FieldDefinition, raw: object) -> str:
        return self.read(definition, plain(raw))


TYPE = _Choices(
    name="choices",
    label=N_("Several choices"),
    place=6,
    comparisons=(Op.IN, Op.HAS_ALL, Op.NOT_EQUALS, Op.SET, Op.EMPTY),
    sorting=Sorting.NONE,
    has_choices=True,
    is_menu=True,
    is_several=True,
)
