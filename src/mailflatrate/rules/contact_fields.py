"""Custom fields of contacts: their types, and the one function that checks and normalizes a value.

Imports, forms, the API and the contact page all call `normalize_value`. It returns the stored form: text, a number,
true or false, an ISO date (`--MM-DD` if its year is unknown), a country or language code, or a list of choices.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from unicodedata import combining, normalize

from mailflatrate.rules.countries import country_code
from mailflatrate.rules.languages import language_code
from mailflatrate.rules.personal_data import is_yearly

MAX_TEXT_CHARACTERS = 2000
MAX_CHOICES = 200
MAX_CHOICE_CHARACTERS = 120
MAX_NUMBER = 10**15
DECIMALS = 6
_LARGEST_WHOLE = 10**30
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""A field's name in placeholders, files and the API. It never changes."""

FieldValue = str | int | float | bool | list[str]


class ContactFieldType(StrEnum):
    """The types of fields."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    COUNTRY = "country"
    LANGUAGE = "language"


WITH_CHOICES = (ContactFieldType.CHOICE, ContactFieldType.CHOICES)


class ValueFault(StrEnum):
    """Why a value doesn't fit its field."""

    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    NOT_A_DATE = "not_a_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_COUNTRY = "not_a_country"
    NOT_A_LANGUAGE = "not_a_language"
    NOT_A_PHONE_NUMBER = "not_a_phone_number"
    NOT_A_VALUE = "not_a_value"


class UnreadableValue(ValueError):
    """Raised when a value doesn't fit its field; `fault` says why."""

    def __init__(self, fault: ValueFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field as an account declared it. `default` is what a message shows for contacts without a value."""

    key: str
    type: ContactFieldType = ContactFieldType.TEXT
    label: str = ""
    choices: Sequence[str] = field(default_factory=tuple)
    default: FieldValue | None = None


def normalize_value(wanted: FieldDefinition, raw: object, *, month_first: bool | None = None) -> FieldValue | None:
    """Return a value in its stored form; None for an empty one. Raises UnreadableValue.

    `month_first` decides dates such as 03/04/2026; while it is None they can't be read.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()) or raw == []:
        return None
    if wanted.type is ContactFieldType.CHOICES:
        return _choices(wanted.choices, raw)
    if not isinstance(raw, str | int | float | bool) or (isinstance(raw, int) and abs(raw) > _LARGEST_WHOLE):
        raise UnreadableValue(ValueFault.NOT_A_VALUE)
    text = _plain(raw)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UnreadableValue(ValueFault.TOO_LONG)
    match wanted.type:
        case ContactFieldType.TEXT:
            return text
        case ContactFieldType.NUMBER:
            return read_number(raw if isinstance(raw, int | float) else text)
        case ContactFieldType.DATE:
            yearly = YEARLESS.fullmatch(text) or is_yearly(wanted.key, wanted.label)
            day = read_yearless(text, month_first=month_first) if yearly else None
            return day or read_date(text, month_first=month_first).isoformat()
        case ContactFieldType.BOOLEAN:
            return read_boolean(text)
        case ContactFieldType.CHOICE:
            return _choice(wanted.choices, text)
        case ContactFieldType.COUNTRY:
            return _known(country_code(text), ValueFault.NOT_A_COUNTRY)
        case _:
            return _known(language_code(text), ValueFault.NOT_A_LANGUAGE)


def _plain(raw: str | int | float | bool) -> str:
    """Return a scalar as text. PostgreSQL stores no NUL."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw).replace("\0", "").strip()


def _known(code: str | None, fault: ValueFault) -> str:
    if code is None:
        raise UnreadableValue(fault)
    return code


_PLAIN_NUMBER = re.compile(r"[-+]?\d{1,15}(?:[.,]\d{1,6})?")
_GROUPED = (
    re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?"),
    re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?"),
    re.compile(r"[-+]?\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d{1,6})?"),
)
_EITHER_WAY = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
"""1.234 may be a thousand or a little more than one."""


def read_number(raw: str | int | float) -> int | float:
    """Return a number from the spellings of several countries. Raises UnreadableValue."""
    if isinstance(raw, bool):
        raise UnreadableValue(ValueFault.NOT_A_NUMBER)
    if isinstance(raw, int | float):
        return _bounded(raw)
    text = raw.strip().replace("−", "-")
    if _EITHER_WAY.fullmatch(text):
        raise UnreadableValue(ValueFault.AMBIGUOUS_NUMBER)
    if _PLAIN_NUMBER.fullmatch(text):
        return _bounded(float(text.replace(",", ".")) if "." in text or "," in text else int(text))
    for place, grouped in enumerate(_GROUPED):
        if grouped.fullmatch(text):
            plain = re.sub(r"[ '’\u00a0\u202f]", "", text)
            plain = plain.replace(".", "").replace(",", ".") if place == 0 else plain
            plain = plain.replace(",", "") if place == 1 else plain.replace(",", ".")
            return _bounded(float(plain))
    raise UnreadableValue(ValueFault.NOT_A_NUMBER)


def _bounded(number: int | float) -> int | float:
    if abs(number) >= MAX_NUMBER or not math.isfinite(number):
        raise UnreadableValue(ValueFault.NOT_A_NUMBER)
    rounded = round(number, DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].{0,40})?", re.DOTALL)
_DAY_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?:[, ].{0,40})?", re.DOTALL)
_DAY_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:[, ].{0,40})?", re.DOTALL)
_CLOCK_AFTER = re.compile(r"[T, ]+\d{1,2}[:.]\d{2}")
_EARLIEST_YEAR, _LATEST_YEAR = 1850, 2200
LEAP_YEAR = 2000
"""In its calendar each day of a year has a place, 29 February too."""


@lru_cache(maxsize=20_000)
def read_date(text: str, *, month_first: bool | None = None) -> date:
    """Return the day that a text names, without its time of day. Raises UnreadableValue."""
    text = text.strip()
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
        rest = text[match.end(3) :]
    elif match := _DAY_DOTTED.fullmatch(text):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
        rest = text[match.end(3) :]
    elif match := _DAY_SLASHED.fullmatch(text):
        day, month = _ordered(int(match[1]), int(match[2]), month_first)
        year, rest = int(match[3]), text[match.end(3) :]
    else:
        raise UnreadableValue(ValueFault.NOT_A_DATE)
    if (rest and not _CLOCK_AFTER.match(rest)) or not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        raise UnreadableValue(ValueFault.NOT_A_DATE)
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableValue(ValueFault.NOT_A_DATE) from None


YEARLESS = re.compile(r"--(\d{2})-?(\d{2})")
"""A day of any year: ISO 8601:2000 and vCard write it like this, and so is it stored."""
_DAY_MONTH = re.compile(r"(\d{1,2})(?:([/-])|\. ?)(\d{1,2})\.?")
_NAMED = re.compile(
    r"(\d{1,2})?(?:\.|st|nd|rd|th|er|º|°)?(?: de\b)? ?([^\W\d_]{3,10})\.?(?: (\d{1,2})(?:st|nd|rd|th)?)?", re.I
)
_MONTHS = (
    "january januar janvier enero gennaio januari janeiro",
    "february februar fevrier febrero febbraio fevereiro",
    "march marz maerz mrz mars marzo maart marco",
    "april avril abril aprile",
    "may mai mayo maggio mei maio maj",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro desember",
)


@lru_cache(maxsize=20_000)
def read_yearless(text: str, *, month_first: bool | None = None) -> str | None:
    """Return `--MM-DD` for a text that names a day without its year, None for other text. Raises UnreadableValue."""
    if match := YEARLESS.fullmatch(text):
        month, day = int(match[1]), int(match[2])
    elif match := _DAY_MONTH.fullmatch(text):
        day, month = _ordered(int(match[1]), int(match[3]), month_first if match[2] else False)
    elif (match := _NAMED.fullmatch(text)) and (match[1] is None) != (match[3] is None):
        name = "".join(sign for sign in normalize("NFKD", match[2].lower()) if not combining(sign))
        named = [at for at, names in enumerate(_MONTHS, 1) if any(one.startswith(name) for one in names.split())]
        day, month = int(match[1] or match[3]), named[0] if len(named) == 1 else 0
    else:
        return None
    try:
        return f"-{date(LEAP_YEAR, month, day):-%m-%d}"
    except ValueError:
        raise UnreadableValue(ValueFault.NOT_A_DATE) from None


def _ordered(first: int, second: int, month_first: bool | None) -> tuple[int, int]:
    """Return (day, month). Raises UnreadableValue if the order is unknown."""
    if second > 12:
        return second, first
    if first > 12 or first == second:
        return first, second
    if month_first is None:
        raise UnreadableValue(ValueFault.AMBIGUOUS_DATE)
    return (second, first) if month_first else (first, second)


_YES = frozenset(["true", "yes", "y", "1", "on", "ja", "j", "wahr", "oui", "o", "vrai", "sí", "si", "x", "✓"])
_NO = frozenset(["false", "no", "n", "0", "off", "nein", "falsch", "non", "faux"])


def read_boolean(text: str) -> bool:
    """Return True or False for a word that means yes or no. Raises UnreadableValue."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise UnreadableValue(ValueFault.NOT_YES_OR_NO)


def _choice(choices: Sequence[str], text: str) -> str:
    folded = " ".join(text.split()).casefold()
    found = next((choice for choice in choices if choice.casefold() == folded), None)
    return _known(found, ValueFault.NOT_A_CHOICE)


def _choices(choices: Sequence[str], raw: object) -> list[str] | None:
    """Return the chosen ones in the field's order, each once; several in one text are separated by ; | or commas."""
    if isinstance(raw, list | tuple):
        if any(not isinstance(one, str) for one in raw):
            raise UnreadableValue(ValueFault.NOT_A_CHOICE)
        parts = [str(one) for one in raw]
    elif isinstance(raw, str):
        parts = _split(choices, raw)
    else:
        raise UnreadableValue(ValueFault.NOT_A_CHOICE)
    if len(parts) > MAX_CHOICES:
        raise UnreadableValue(ValueFault.TOO_LONG)
    chosen = {_choice(choices, part) for part in parts if part.strip()}
    return [choice for choice in choices if choice in chosen] or None


def _split(choices: Sequence[str], text: str) -> list[str]:
    try:
        return [_choice(choices, text)]
    except UnreadableValue:
        return re.split(r"[;|\n]" if re.search(r"[;|\n]", text) else ",", text)


def suited_values(
    values: Mapping[str, object],
    fields: Mapping[str, FieldDefinition],
    unread: Counter[tuple[str, str]],
    *,
    month_first: bool = False,
) -> dict[str, object]:
    """Return the values in the form of their fields; values of unknown fields are unchanged.

    A value that doesn't fit its field is left out, and counted in `unread` by key and fault.
    """
    found: dict[str, object] = {}
    for key, raw in values.items():
        try:
            value = raw if key not in fields else normalize_value(fields[key], raw, month_first=month_first)
        except UnreadableValue as error:
            unread[key, error.fault.value] += 1
            continue
        if value is not None:
            found[key] = value
    return found


def value_text(value: object) -> str:
    """Return a stored value as text to read, for a file, a page or a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def with_defaults(attributes: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    """Return a contact's values, with the field's default in place of each missing one."""
    filled = {**defaults, **attributes}
    return {
        key: defaults[key] if key in defaults and (value is None or value == "") else value
        for key, value in filled.items()
    }
