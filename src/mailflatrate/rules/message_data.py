"""The data of a transactional message: which fields a template declares, and which values they take (R-112).

A program's values are printed in a message that a reviewer read without them, so they may not bring advertising or
links of their own: text has no web addresses, and a web address leads to a host that the template names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from mailflatrate.locale.formats import written_date
from mailflatrate.locale.texts import N_, translate

MOST_FIELDS: Final = 40
MOST_COLUMNS: Final = 12
MOST_ROWS: Final = 100
LONGEST_TEXT: Final = 500
LONGEST_URL: Final = 2_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HOST: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_WEB: Final = re.compile(r"://|\bwww\.|\bhttps?:", re.IGNORECASE)


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    URL = "url"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """One field of a template. `hosts` are where a URL may lead; `columns` are the fields of a list's rows."""

    name: str
    type: FieldType
    is_required: bool = True
    hosts: tuple[str, ...] = ()
    columns: tuple[DeclaredField, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the field as it is stored; `declared_fields` reads it back."""
        stored: dict[str, Any] = {"name": self.name, "type": self.type.value, "required": self.is_required}
        if self.hosts:
            stored["hosts"] = list(self.hosts)
        if self.columns:
            stored["columns"] = [column.as_json() for column in self.columns]
        return stored


class DataFault(Enum):
    """What is wrong with a declaration or a value; the value is a sentence about `{name}`."""

    NOT_FIELDS = N_("Fields are a list of objects, each with a name and a type.")
    TOO_MANY = N_("There are too many fields or rows: “{name}”.")
    BAD_NAME = N_("“{name}” isn't a field name. Use lowercase letters, digits and underscores.")
    TWICE = N_("“{name}” is declared twice.")
    BAD_TYPE = N_("“{name}” has no type that we know: text, number, date, url or list.")
    BAD_HOSTS = N_("Say to which hosts “{name}” may lead, such as example.com.")
    BAD_COLUMNS = N_("Say which columns the rows of “{name}” have. A column can't be a list.")
    NOT_DATA = N_("The data must be an object with the template's fields.")
    UNKNOWN = N_("The template doesn't declare “{name}”.")
    MISSING = N_("“{name}” is missing.")
    NOT_TEXT = N_("“{name}” must be text of up to 500 characters, without control characters.")
    HAS_URL = N_("“{name}” contains a web address. Declare a field of type url for it.")
    NOT_NUMBER = N_("“{name}” must be a number.")
    NOT_DATE = N_("“{name}” must be a date such as 2026-11-28.")
    NOT_URL = N_("“{name}” must be a web address that begins with https:// and leads to a host the template names.")
    NOT_ROWS = N_("“{name}” must be a list of up to 100 objects.")


@dataclass(frozen=True, slots=True)
class DataProblem:
    """One fault and where it is, such as `items[2].price`."""

    name: str
    fault: DataFault

    def sentence(self, language: str) -> str:
        """Return the fault in words."""
        return translate(self.fault.value, language).format(name=self.name[:80])


class DataRefused(ValueError):
    """Raised for a declaration or data with faults; `problems` has all of them."""

    def __init__(self, problems: Sequence[DataProblem]) -> None:
        super().__init__(", ".join(f"{problem.name}: {problem.fault.name.lower()}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(slots=True)
class _DataReading:
    problems: list[DataProblem] = field(default_factory=list)

    def refuse(self, name: str, fault: DataFault) -> None:
        if len(self.problems) < MOST_FIELDS:
            self.problems.append(DataProblem(name, fault))


def declared_fields(stored: object) -> tuple[DeclaredField, ...]:
    """Return a template's declaration. Raises DataRefused with everything that is wrong with it."""
    reading = _DataReading()
    fields = _fields(stored, "", reading, MOST_FIELDS)
    if reading.problems:
        raise DataRefused(reading.problems)
    return fields


def _fields(stored: object, place: str, reading: _DataReading, most: int) -> tuple[DeclaredField, ...]:
    if not isinstance(stored, list) or not all(isinstance(each, dict) for each in stored):
        reading.refuse(place, DataFault.NOT_FIELDS)
        return ()
    if len(stored) > most:
        reading.refuse(place, DataFault.TOO_MANY)
        return ()
    found: dict[str, DeclaredField] = {}
    for each in stored:
        name = str(each.get("name", ""))
        where = f"{place}.{name}" if place else name
        if not _NAME.fullmatch(name):
            reading.refuse(where, DataFault.BAD_NAME)
        elif name in found:
            reading.refuse(where, DataFault.TWICE)
        elif (made := _field(each, name, where, reading)) is not None:
            found[name] = made
    return tuple(found.values())


def _field(stored: Mapping[str, object], name: str, where: str, reading: _DataReading) -> DeclaredField | None:
    kind = stored.get("type")
    if kind not in set(FieldType):
        reading.refuse(where, DataFault.BAD_TYPE)
        return None
    made = FieldType(str(kind))
    hosts: tuple[str, ...] = ()
    columns: tuple[DeclaredField, ...] = ()
    if made is FieldType.URL:
        named = stored.get("hosts")
        hosts = tuple(str(host).strip().lower() for host in named) if isinstance(named, list) else ()
        if not 0 < len(hosts) <= MOST_COLUMNS or not all(_HOST.fullmatch(host) for host in hosts):
            reading.refuse(where, DataFault.BAD_HOSTS)
    if made is FieldType.LIST:
        columns = () if "." in where else _fields(stored.get("columns"), where, reading, MOST_COLUMNS)
        if not columns or any(column.type is FieldType.LIST for column in columns):
            reading.refuse(where, DataFault.BAD_COLUMNS)
    return DeclaredField(name, made, bool(stored.get("required", True)), hosts, columns)


def check_data(fields: Sequence[DeclaredField], data: object) -> dict[str, Any]:
    """Return a program's data in a form to store: only declared fields, each with a value of its type.

    Raises DataRefused with everything that is wrong.
    """
    reading = _DataReading()
    checked = _row(fields, data, "", reading)
    if reading.problems:
        raise DataRefused(reading.problems)
    return checked


def _row(fields: Sequence[DeclaredField], data: object, place: str, reading: _DataReading) -> dict[str, Any]:
    if not isinstance(data, dict):
        reading.refuse(place.removesuffix("."), DataFault.NOT_DATA)
        return {}
    known = {declared.name for declared in fields}
    for name in data:
        if name not in known:
            reading.refuse(f"{place}{name}", DataFault.UNKNOWN)
    checked: dict[str, Any] = {}
    for declared in fields:
        value = data.get(declared.name)
        if value is None or value == "":
            if declared.is_required:
                reading.refuse(f"{place}{declared.name}", DataFault.MISSING)
            continue
        checked[declared.name] = _value(declared, value, f"{place}{declared.name}", reading)
    return checked


def _value(declared: DeclaredField, value: object, name: str, reading: _DataReading) -> Any:
    if declared.type is FieldType.LIST:
        if not isinstance(value, list) or len(value) > MOST_ROWS:
            reading.refuse(name, DataFault.NOT_ROWS)
            return []
        return [_row(declared.columns, row, f"{name}[{at}].", reading) for at, row in enumerate(value)]
    fault = _FAULTS[declared.type](declared, value)
    if fault is not None:
        reading.refuse(name, fault)
    return value


def _text_fault(_declared: DeclaredField, value: object) -> DataFault | None:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return DataFault.NOT_TEXT
    if not value.replace("\n", "").isprintable():
        return DataFault.NOT_TEXT
    return DataFault.HAS_URL if _WEB.search(value) else None


def _number_fault(_declared: DeclaredField, value: object) -> DataFault | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return None if is_number else DataFault.NOT_NUMBER


def _date_fault(_declared: DeclaredField, value: object) -> DataFault | None:
    try:
        date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        return DataFault.NOT_DATE
    return None


def _url_fault(declared: DeclaredField, value: object) -> DataFault | None:
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isascii() or not value.isprintable():
        return DataFault.NOT_URL
    if any(sign in value for sign in " <>\"'\\"):
        return DataFault.NOT_URL
    try:
        parts = urlsplit(value)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return DataFault.NOT_URL
    led = any(host == each or host.endswith(f".{each}") for each in declared.hosts)
    is_plain = parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc
    return None if led and is_plain else DataFault.NOT_URL


_FAULTS: Final = {
    FieldType.TEXT: _text_fault,
    FieldType.NUMBER: _number_fault,
    FieldType.DATE: _date_fault,
    FieldType.URL: _url_fault,
}


def printed_data(fields: Sequence[DeclaredField], data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return checked data as a template prints it: dates in words, and an optional field without a value as empty."""
    printed: dict[str, Any] = {}
    for declared in fields:
        value = data.get(declared.name)
        if declared.type is FieldType.LIST:
            printed[declared.name] = [printed_data(declared.columns, row, language) for row in value or ()]
        elif value is None:
            printed[declared.name] = ""
        elif declared.type is FieldType.DATE:
            printed[declared.name] = written_date(date.fromisoformat(value), language)
        else:
            printed[declared.name] = value
    return printed


def variable_names(fields: Sequence[DeclaredField]) -> Iterator[str]:
    """Yield the names that a template's author may use for its data."""
    yield from (f"data.{declared.name}" for declared in fields)
