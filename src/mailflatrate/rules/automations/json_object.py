"""Takes JSON apart key by key: unknown keys and wrong types are refused, and depth, number and length bounded first."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from mailflatrate.locale.texts import N_

E = TypeVar("E", bound=StrEnum)

Condition = Mapping[str, Any] | list[Any]
"""A segment's tree of conditions, as stored; `segments.conditions` reads it."""
MAX_CONDITION_CHARACTERS = 20_000
MAX_VALUE_CHARACTERS = 2_000
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_LARGEST_ID = 2**63 - 1
MAX_LISTED = 200


class GraphRefused(ValueError):
    """A graph has the wrong shape. `message` is a message id, `step` the step it belongs to; empty: the whole."""

    def __init__(self, message: str, step: str = "", **params: str | int) -> None:
        super().__init__(message.format(**params))
        self.message, self.step, self.params = message, step, params


SHAPE = N_("The automation can't be read: “{key}” has a value that isn't allowed here.")
_UNKNOWN = N_("The automation can't be read: “{key}” isn't known here.")


class JsonObject:
    def __init__(self, raw: Any, step: str, name: str) -> None:
        if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
            raise GraphRefused(SHAPE, step, key=name)
        self._raw, self.step = dict(raw), step

    def refuse(self, key: str) -> GraphRefused:
        return GraphRefused(SHAPE, self.step, key=key)

    def take(self, key: str, default: Any = None) -> Any:
        return self._raw.pop(key, default)

    def has(self, key: str) -> bool:
        return key in self._raw

    def end(self) -> None:
        for key in self._raw:
            raise GraphRefused(_UNKNOWN, self.step, key=key[:40])

    def text(self, key: str, most: int, default: str = "") -> str:
        value = self.take(key, default)
        value = default if value is None else value
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            raise self.refuse(key)
        return value

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refuse(key)
        return value

    def id(self, key: str) -> int | None:
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
            raise self.refuse(key)
        return value

    def truth(self, key: str) -> bool:
        value = self.take(key, False)
        if not isinstance(value, bool):
            raise self.refuse(key)
        return value

    def time(self, key: str, default: str | None = None) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or not TIME.fullmatch(value):
            raise self.refuse(key)
        return value

    def one_of(self, key: str, kind: type[E], default: E | None = None) -> E:
        value = self.take(key, default)
        try:
            return kind(value)
        except ValueError:
            raise self.refuse(key) from None

    def listed(self, key: str) -> list[Any]:
        value = self.take(key, [])
        if not isinstance(value, list) or len(value) > MAX_LISTED:
            raise self.refuse(key)
        return value

    def condition(self, key: str) -> Condition | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, Mapping | list) or len(_dumped(value, self, key)) > MAX_CONDITION_CHARACTERS:
            raise self.refuse(key)
        return value

    def value(self, key: str) -> Any:
        value = self.take(key)
        is_plain = value is None or isinstance(value, str | int | float | bool)
        is_list = isinstance(value, list) and len(value) <= MAX_LISTED and all(isinstance(text, str) for text in value)
        if not (is_plain or is_list) or len(_dumped(value, self, key)) > MAX_VALUE_CHARACTERS:
            raise self.refuse(key)
        return value

    def inner(self, key: str) -> JsonObject:
        return JsonObject(self.take(key), self.step, key)


def _dumped(value: Any, within: JsonObject, key: str) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise within.refuse(key) from None
