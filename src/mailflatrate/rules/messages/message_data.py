"""The data of a transactional message, which a reviewer never read (R-112): short text without web addresses or phone
numbers; a URL leads to a host that the template names, on a domain that the account proved.
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
from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.forms.phone import read_phone
from mailflatrate.rules.messages.message_content import find_hosts, find_phones
from mailflatrate.rules.names.domains import same_house

MOST_FIELDS: Final = 40
MOST_COLUMNS: Final = 12
MOST_ROWS: Final = 100
LONGEST_TEXT: Final = 500
"""Characters that a template may allow in a text field."""
LONGEST_FIELD: Final = 80
LONGEST_COLUMN: Final = 120
"""Characters of a text unless the template allows more: a name, a line of a list."""
MOST_OCTETS: Final = 8_000
"""Bytes of all values together, in UTF-8."""
LONGEST_URL: Final = 2_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HOST: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_WEB: Final = re.compile(r"://|\bwww\.|\bhttps?:", re.IGNORECASE)


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    URL = "url"
    PHONE = "phone"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """`hosts` are where a URL may lead, `columns` a list's fields, `longest` a text's characters."""

    name: str
    type: FieldType
    is_required: bool = True
    hosts: tuple[str, ...] = ()
    columns: tuple[DeclaredField, ...] = ()
    longest: int = LONGEST_FIELD

    def as_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = {"name": self.name, "type": self.type.value, "required": self.is_required}
        if self.hosts:
            stored["hosts"] = list(self.hosts)
        if self.type is FieldType.TEXT:
            stored["longest"] = self.longest
        if self.columns:
            stored["columns"] = [column.as_json() for column in self.columns]
        return stored


class DataFault(Enum):
    NOT_FIELDS = N_("Fields are a list of objects, each with a name and a type.")
    TOO_MANY = N_("There are too many fields or rows: “{name}”.")
    BAD_NAME = N_("“{name}” isn't a field name. Use lowercase letters, digits and underscores.")
    TWICE = N_("“{name}” is declared twice.")
    BAD_TYPE = N_("“{name}” has no type that we know: text, number, date, url, phone or list.")
    BAD_LONGEST = N_("Say how many characters “{name}” may have at most: 1 to 500.")
    BAD_HOSTS = N_("Say to which hosts “{name}” may lead, such as example.com.")
    BAD_COLUMNS = N_("Say which columns the rows of “{name}” have. A column can't be a list.")
    NOT_DATA = N_("The data must be an object with the template's fields.")
    UNKNOWN = N_("The template doesn't declare “{name}”.")
    MISSING = N_("“{name}” is missing.")
    NOT_TEXT = N_("“{name}” must be text without control characters.")
    TOO_LONG = N_(
        "“{name}” is too long: the template allows {limit} characters. Shorten it, or declare a larger “longest” in a "
        "new version."
    )
    TOO_LARGE = N_("The values have more than {limit} bytes together. Send fewer rows or shorter texts.")
    HAS_URL = N_("“{name}” contains a web address. Declare a field of type url for it.")
    HAS_PHONE = N_("“{name}” contains a phone number. Declare a field of type phone for it.")
    NOT_PHONE = N_("“{name}” must be a phone number.")
    NOT_NUMBER = N_("“{name}” must be a number.")
    NOT_DATE = N_("“{name}” must be a date such as 2026-11-28.")
    NOT_URL = N_("“{name}” must be a web address that begins with https:// and leads to a host the template names.")
    NOT_PROVED = N_(
        "“{name}” must lead to one of your verified domains. For another website, write its address into the template "
        "and send only the part that changes."
    )
    NOT_ROWS = N_("“{name}” must be a list of up to 100 objects.")


@dataclass(frozen=True, slots=True)
class DataProblem:
    name: str
    fault: DataFault
    limit: int = 0

    def sentence(self, language: str) -> str:
        return translate(self.fault.value, language).format(name=self.name[:80], limit=self.limit)


class DataRefused(ValueError):
    """Raised for a declaration or data with faults; `problems` has all of them."""

    def __init__(self, problems: Sequence[DataProblem]) -> None:
        super().__init__(", ".join(f"{problem.name}: {problem.fault.name.lower()}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(slots=True)
class _DataReading:
    problems: list[DataProblem] = field(default_factory=list)

    proved: frozenset[str] | None = None
    octets: int = 0

    def refuse(self, name: str, fault: DataFault, limit: int = 0) -> None:
        if len(self.problems) < MOST_FIELDS:
            self.problems.append(DataProblem(name, fault, limit))


def declared_fields(stored: object) -> tuple[DeclaredField, ...]:
    """Return a template's declaration. Raises DataRefused with everything that is wrong with it."""
    reading = _DataReading()
    fields = _fields(stored, "", reading, MOST_FIELDS)
    if reading.problems:
        raise DataRefused(reading.problems)
    return fields


def _fields(stored: object, place: str, reading: _DataReading, most: int) -> tuple[DeclaredField, ...]:
    if not isinstance(stored, list) or not all(isinstance(stored_field, dict) for stored_field in stored):
        reading.refuse(place, DataFault.NOT_FIELDS)
        return ()
    if len(stored) > most:
        reading.refuse(place, DataFault.TOO_MANY)
        return ()
    fields: dict[str, DeclaredField] = {}
    for stored_field in stored:
        name = str(stored_field.get("name", ""))
        where = f"{place}.{name}" if place else name
        if not _NAME.fullmatch(name):
            reading.refuse(where, DataFault.BAD_NAME)
        elif name in fields:
            reading.refuse(where, DataFault.TWICE)
        elif (made := _field(stored_field, name, where, reading)) is not None:
            fields[name] = made
    return tuple(fields.values())


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
    longest = stored.get("longest", LONGEST_COLUMN if "." in where else LONGEST_FIELD)
    if isinstance(longest, bool) or not isinstance(longest, int) or not 1 <= longest <= LONGEST_TEXT:
        reading.refuse(where, DataFault.BAD_LONGEST)
        return None
    return DeclaredField(name, made, bool(stored.get("required", True)), hosts, columns, longest)


def check_data(
    fields: Sequence[DeclaredField], data: object, *, proved: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return only declared fields. `proved`: the account's verified domains, to which URLs have to lead; None if they
    aren't known. Raises DataRefused with everything that is wrong.
    """
    reading = _DataReading(proved=proved)
    checked = _row(fields, data, "", reading)
    if reading.octets > MOST_OCTETS:
        reading.refuse("", DataFault.TOO_LARGE, MOST_OCTETS)
    if reading.problems:
        raise DataRefused(reading.problems)
    return checked


def _row(fields: Sequence[DeclaredField], data: object, place: str, reading: _DataReading) -> dict[str, Any]:
    if not isinstance(data, dict):
        reading.refuse(place.removesuffix("."), DataFault.NOT_DATA)
        return {}
    names = {declared.name for declared in fields}
    for name in data:
        if name not in names:
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
    reading.octets += len(str(value).encode("utf-8", "replace"))
    fault = _FAULTS[declared.type](declared, value)
    if fault is None and declared.type is FieldType.URL and not _is_proved(value, reading.proved):
        fault = DataFault.NOT_PROVED
    if fault is not None:
        reading.refuse(name, fault, declared.longest)
    return value


def _text_fault(declared: DeclaredField, value: object) -> DataFault | None:
    if not isinstance(value, str) or not value.replace("\n", "").isprintable():
        return DataFault.NOT_TEXT
    if len(value) > declared.longest:
        return DataFault.TOO_LONG
    if _WEB.search(value) or next(find_hosts(value), None) is not None:
        return DataFault.HAS_URL
    return DataFault.HAS_PHONE if next(find_phones(value), None) is not None else None


def _phone_fault(_declared: DeclaredField, value: object) -> DataFault | None:
    try:
        read_phone(value if isinstance(value, str) else "")
    except UnreadableValue:
        return DataFault.NOT_PHONE
    return None


def _is_proved(value: object, proved: frozenset[str] | None) -> bool:
    host = (urlsplit(str(value)).hostname or "").rstrip(".")
    return proved is None or any(same_house(host, domain) for domain in proved)


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
    led = any(host == domain or host.endswith(f".{domain}") for domain in declared.hosts)
    is_plain = parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc
    return None if led and is_plain else DataFault.NOT_URL


_FAULTS: Final = {
    FieldType.TEXT: _text_fault,
    FieldType.NUMBER: _number_fault,
    FieldType.DATE: _date_fault,
    FieldType.URL: _url_fault,
    FieldType.PHONE: _phone_fault,
}


def values_of(fields: Sequence[DeclaredField], data: Mapping[str, Any], *kinds: FieldType) -> Iterator[str]:
    for declared in fields:
        value = data.get(declared.name)
        if declared.type is FieldType.LIST:
            for row in value or ():
                yield from values_of(declared.columns, row, *kinds)
        elif declared.type in kinds and value is not None:
            yield str(value)


def printed_data(fields: Sequence[DeclaredField], data: Mapping[str, Any], language: str) -> dict[str, Any]:
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
    yield from (f"data.{declared.name}" for declared in fields)
