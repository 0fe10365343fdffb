"""Events of a customer's own systems about their contacts. A name that asks for specially protected data (R-97) is
refused, whatever its values say.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from mailflatrate.rules.contacts.personal_data import is_special

MOST_TYPES: Final = 100
MOST_PROPERTIES: Final = 20
MOST_IN_BATCH: Final = 1_000
MOST_A_DAY: Final = 5_000_000
"""Events that one account may record on one day (UTC)."""
LONGEST_TEXT: Final = 500
LONGEST_KEY: Final = 255
LARGEST_NUMBER: Final = 1e15
LARGEST_OCTETS: Final = 4_096
FURTHEST_AHEAD: Final = timedelta(minutes=10)
FRESH_DAYS: Final = 3
"""An event that happened longer ago when it is reported starts no automation, and ends no wait for it."""
LEAST_KEEP_DAYS: Final = 1
MOST_KEEP_DAYS: Final = 1_095
KEEP_DAYS: Final = 365
"""How long an account's events are kept unless it sets something else."""
NAME: Final = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*"
LONGEST_NAME: Final = 60
_NAME = re.compile(NAME)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class PropertyType(StrEnum):
    """The type of a property's values. A DATE is a day in ISO form, 2026-03-31."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


PropertyValue = str | int | float | bool


class EventFault(StrEnum):
    NAME = "name"
    SPECIAL = "special"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    TYPE = "type"
    UNDECLARED = "undeclared"


class EventRefused(Exception):
    """Raised when an event can't be taken as it is. `name` is the event or property; `wanted` the declared type."""

    def __init__(self, fault: EventFault, name: str, expected: PropertyType | None = None) -> None:
        super().__init__(fault.value)
        self.fault, self.name, self.wanted = fault, name, expected


@dataclass(frozen=True, slots=True)
class CheckedProperties:
    values: Mapping[str, PropertyValue]
    new: Mapping[str, PropertyType]


def check_name(name: str) -> str:
    """Return the name of an event or property. Raises EventRefused."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise EventRefused(EventFault.NAME, name[:LONGEST_NAME])
    if is_special(name.replace(".", " ")):
        raise EventRefused(EventFault.SPECIAL, name)
    return name


def type_of(value: Any) -> PropertyType | None:
    """Return the type that an undeclared property gets from its first value; text stays text, whatever it says."""
    if isinstance(value, bool):
        return PropertyType.BOOLEAN
    if isinstance(value, int | float):
        return PropertyType.NUMBER
    return PropertyType.TEXT if isinstance(value, str) else None


def suits(value: Any, expected: PropertyType) -> bool:
    if expected is PropertyType.BOOLEAN:
        return isinstance(value, bool)
    if expected is PropertyType.NUMBER:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and abs(value) < LARGEST_NUMBER
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        return False
    return expected is PropertyType.TEXT or is_day(value)


def is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_properties(given: Mapping[str, Any], declared: Mapping[str, PropertyType]) -> CheckedProperties:
    """Check an event's properties against what is declared. A null is left out. Raises EventRefused."""
    values = {name: value for name, value in given.items() if value is not None}
    new: dict[str, PropertyType] = {}
    for name, value in values.items():
        expected = declared.get(name)
        if expected is None:
            expected = type_of(value)
            if expected is None:
                raise EventRefused(EventFault.TYPE, name[:LONGEST_NAME])
            new[check_name(name)] = expected
        if not suits(value, expected):
            raise EventRefused(EventFault.TYPE, name[:LONGEST_NAME], expected)
    if len(declared) + len(new) > MOST_PROPERTIES:
        raise EventRefused(EventFault.TOO_MANY, next(iter(new), ""))
    if len(json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")) > LARGEST_OCTETS:
        raise EventRefused(EventFault.TOO_LARGE, "")
    return CheckedProperties(values, new)
