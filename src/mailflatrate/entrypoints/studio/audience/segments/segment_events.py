"""The builder's part for conditions on events: which events and properties it offers, and what is posted of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict

from mailflatrate.apps.lists.events import EventTypeInfo, event_types
from mailflatrate.entrypoints.studio.audience.segment_words import op_word
from mailflatrate.rules.conditions import ALL_PROPERTY_OPS, MAX_TESTS, PROPERTY_OPS, Field


@dataclass(frozen=True, slots=True)
class ChoiceBox:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PropertyLine:
    """One test of an event's property as drawn; the last one is empty, for another test."""

    properties: list[ChoiceBox]
    ops: list[ChoiceBox]
    value: str


def posted_tests(data: QueryDict, path: str) -> list[dict[str, Any]]:
    lines = zip(*(data.getlist(f"{path}-{part}") for part in ("property", "test", "value")), strict=False)
    return [
        {"property": name, "op": op, **({"value": value} if value.strip() else {})}
        for name, op, value in list(lines)[: MAX_TESTS + 1]
        if name
    ]


class EventMenus:
    @cached_property
    def _types(self) -> dict[str, EventTypeInfo]:
        return {row.name: row for row in event_types()}

    def offered(self, raw: Mapping[str, Any]) -> list[ChoiceBox]:
        asked = one_value(raw.get("event"))
        names = dict.fromkeys([*self._types, *([asked] if asked else [])])
        return [ChoiceBox(name, name, name == asked) for name in names]

    def lines(self, raw: Mapping[str, Any]) -> list[PropertyLine]:
        event_type = self._types.get(one_value(raw.get("event")))
        if event_type is None:
            return []
        given = [test for test in raw.get("where") or [] if isinstance(test, Mapping)]
        return [_line(test, event_type) for test in [*given, {}][:MAX_TESTS]]


def _line(raw: Mapping[str, Any], event_type: EventTypeInfo) -> PropertyLine:
    name, op = one_value(raw.get("property")), one_value(raw.get("op"))
    names = dict.fromkeys([*event_type.properties, *([name] if name else [])])
    kind = event_type.properties.get(name)
    ops = PROPERTY_OPS[kind] if kind is not None else ALL_PROPERTY_OPS
    return PropertyLine(
        [ChoiceBox(label, label, label == name) for label in names],
        [ChoiceBox(member.value, str(op_word(Field.ATTRIBUTE, member)), member.value == op) for member in ops],
        ", ".join(shown_values(raw.get("value"))),
    )


def shown_values(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [one_value(part) for part in values if part is not None]


def one_value(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
