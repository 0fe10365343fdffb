"""Proposes the type of a new field, from its name and the values that it will hold.

A type other than text is proposed only if it fits every value, and never for numbers that are identifiers: postal
codes, phone and customer numbers stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mailflatrate.rules.contact_fields import (
    ContactFieldType,
    UnreadableValue,
    read_boolean,
    read_date,
    read_number,
    read_yearless,
)
from mailflatrate.rules.countries import ATTRIBUTES, country_code
from mailflatrate.rules.languages import language_code
from mailflatrate.rules.personal_data import is_yearly

_LANGUAGE_KEYS = frozenset({"language", "lang", "sprache", "locale", "langue"})
_NAMES_A_THING = re.compile(
    r"(?:^|_)(?:id|nr|no|num|nummer|number|plz|zip|zipcode|postal|postcode|postleitzahl|tel|telefon|phone|mobile|mobil|fax|"
    r"code|sku|ean|iban|vat)(?:_|$)|nummer$|_?nr$|plz|telefon|phone"
)
_WRITTEN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:[.,]\d+)?|-?[1-9]\d{0,2}(?:[.,' ]\d{3})+(?:[.,]\d+)?")
_DIGIT = re.compile(r"\d")


class TypeGuess:
    """The field types that fit all values seen so far."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        """Begin with every type that can be told from values."""
        self._open = dict(_SUITS)

    @classmethod
    def of(cls, types: Iterable[str]) -> TypeGuess:
        """Return a guess that continues from these remaining types."""
        guess = cls()
        guess._open = {known: _SUITS[known] for known in types}
        return guess

    def add(self, value: object) -> None:
        """Narrow the types by one value; a blank value changes nothing."""
        if isinstance(value, bool):
            text = "yes" if value else "no"
        else:
            text = str(value).strip()
            if not text:
                return
        if self._open:
            self._open = {known: suits for known, suits in self._open.items() if suits(text)}

    def types(self) -> list[str]:
        """Return the remaining types; before any value, all of them. Text always fits and isn't listed."""
        return [str(known) for known in self._open]


def propose_type(key: str, suited: Iterable[str], title: str = "") -> ContactFieldType:
    """Return the type for a field of this name, if all types in `suited` fit its values. `title`: of its column."""
    types = tuple(suited)
    if len(types) == len(_SUITS):
        return ContactFieldType.TEXT  # there was no value: none suits everything
    if _DAY in types and is_yearly(key, title):
        return ContactFieldType.DATE  # 4/2 under any other title may be a size or a score
    if ContactFieldType.COUNTRY in types and key in ATTRIBUTES:
        return ContactFieldType.COUNTRY
    if ContactFieldType.LANGUAGE in types and key in _LANGUAGE_KEYS:
        return ContactFieldType.LANGUAGE
    if ContactFieldType.NUMBER in types:
        return ContactFieldType.TEXT if _NAMES_A_THING.search(key) else ContactFieldType.NUMBER
    for one in (ContactFieldType.BOOLEAN, ContactFieldType.DATE):
        if one in types:
            return one
    return ContactFieldType.TEXT


def propose_for(key: str, values: Iterable[object], title: str = "") -> ContactFieldType:
    """Return the type that fits all these values of a field."""
    guess = TypeGuess()
    for value in values:
        guess.add(value)
    return propose_type(key, guess.types(), title)


def _boolean(text: str) -> bool:
    # A cross or an o may be anything else; 0 and 1 are rather numbers.
    try:
        read_boolean(text)
    except UnreadableValue:
        return False
    return len(text) > 1


def _number(text: str) -> bool:
    try:
        read_number(text)
    except UnreadableValue:
        return False
    return _WRITTEN_NUMBER.fullmatch(text) is not None


def _date(text: str) -> bool:
    if _DIGIT.search(text) is None:
        return False
    try:
        read_date(text, month_first=False)
    except UnreadableValue:
        return False
    return True


def _day(text: str) -> bool:
    try:
        return read_yearless(text, month_first=False) is not None or _date(text)
    except UnreadableValue:
        return False


def _country(text: str) -> bool:
    return country_code(text) is not None


def _language(text: str) -> bool:
    return language_code(text) is not None


_DAY = "day"
"""A date with or without its year, which suits a field of dates under the title of a birthday."""
_SUITS: dict[str, Callable[[str], bool]] = {
    ContactFieldType.BOOLEAN: _boolean,
    ContactFieldType.NUMBER: _number,
    ContactFieldType.DATE: _date,
    _DAY: _day,
    ContactFieldType.COUNTRY: _country,
    ContactFieldType.LANGUAGE: _language,
}
