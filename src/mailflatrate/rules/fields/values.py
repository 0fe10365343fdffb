"""All types of fields. Imports, forms, the API and the contact page all call `normalize_value`, whose result is stored:
text, number, boolean, ISO date (`--MM-DD` without year), country or language code, or a list of choices.
"""

from collections import Counter
from collections.abc import Mapping

from mailflatrate.kinds import from_extensions, load_kinds
from mailflatrate.rules.fields.field_type import (
    NOT_A_VALUE,
    TOO_LONG,
    ContactFieldType,
    FieldDefinition,
    FieldValue,
    UnreadableValue,
    ValueFault,
)

_LOADED: list[ContactFieldType] = [
    *load_kinds("mailflatrate.rules.fields.types", "TYPE"),
    *from_extensions("field_types", "FIELD_TYPES"),
]
FIELD_TYPES = {kind.name: kind for kind in sorted(_LOADED, key=lambda kind: kind.place)}
FAULTS: dict[str, ValueFault] = {
    fault.name: fault
    for fault in (TOO_LONG, NOT_A_VALUE, *(fault for kind in FIELD_TYPES.values() for fault in kind.faults))
}


def normalize_value(definition: FieldDefinition, raw: object, *, month_first: bool | None = None) -> FieldValue | None:
    """None for an empty value. Raises UnreadableValue. `month_first` decides dates such as 03/04/2026; None can't."""
    if raw is None or (isinstance(raw, str) and not raw.strip()) or raw == []:
        return None
    return definition.type.normalize(definition, raw, month_first=month_first)


def suited_values(
    values: Mapping[str, object],
    fields: Mapping[str, FieldDefinition],
    unread: Counter[tuple[str, str]],
    *,
    month_first: bool = False,
) -> dict[str, object]:
    """Values of unknown fields stay; one that doesn't fit is left out, and counted by key and fault."""
    accepted: dict[str, object] = {}
    for key, raw in values.items():
        try:
            value = raw if key not in fields else normalize_value(fields[key], raw, month_first=month_first)
        except UnreadableValue as error:
            unread[key, error.fault.name] += 1
            continue
        if value is not None:
            accepted[key] = value
    return accepted


def value_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def with_defaults(attributes: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    filled = {**defaults, **attributes}
    return {
        key: defaults[key] if key in defaults and (value is None or value == "") else value
        for key, value in filled.items()
    }
