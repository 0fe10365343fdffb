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
        found = self._types.get(one_value(raw.get("event")))
        if found is None:
            return []
        given = [one for one in raw.get("where") or [] if isinstance(one, Mapping)]
        return [_line(one, found) for one in [*given, {}][:MAX_TESTS]]


def _line(raw: Mapping[str, Any], found: EventTypeInfo) -> PropertyLine:
    name, op = one_value(raw.get("property")), one_value(raw.get("op"))
    names = dict.fromkeys([*found.properties, *([name] if name else [])])
    kind = found.properties.get(name)
    ops = PROPERTY_OPS[kind] if kind is not None else ALL_PROPERTY_OPS
    return PropertyLine(
        [ChoiceBox(each, each, each == name) for each in names],
        [ChoiceBox(each.value, str(op_word(Field.ATTRIBUTE, each)), each.value == op) for each in ops],
        ", ".join(shown_values(raw.get("value"))),
    )


def shown_values(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [one_value(each) for each in values if each is not None]


def one_value(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
