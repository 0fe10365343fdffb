"""Dates, with or without their year, in the spellings of several countries."""

import re
from datetime import date
from functools import lru_cache
from unicodedata import combining, normalize

from mailflatrate.locale.texts import N_
from mailflatrate.rules.conditions import DATE_OPS, DAY_SPANS, Op
from mailflatrate.rules.contacts.personal_data import is_yearly
from mailflatrate.rules.fields.field_type import (
    ContactFieldType,
    FieldDefinition,
    Sorting,
    UnreadableValue,
    ValueFault,
    ValueWriter,
)

NOT_A_DATE = ValueFault(
    "not_a_date", N_("“%(label)s” must be a date, such as 2026-03-31"), N_("Enter a date, such as 2026-03-31.")
)
AMBIGUOUS_DATE = ValueFault(
    "ambiguous_date",
    N_("“%(label)s” can be read two ways: write the date like 2026-03-31"),
    N_("This date can be read two ways. Write it like 2026-03-31."),
)
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
        raise UnreadableValue(NOT_A_DATE)
    if (rest and not _CLOCK_AFTER.match(rest)) or not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        raise UnreadableValue(NOT_A_DATE)
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableValue(NOT_A_DATE) from None


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
        named = [at for at, names in enumerate(_MONTHS, 1) if any(month.startswith(name) for month in names.split())]
        day, month = int(match[1] or match[3]), named[0] if len(named) == 1 else 0
    else:
        return None
    try:
        return f"-{date(LEAP_YEAR, month, day):-%m-%d}"
    except ValueError:
        raise UnreadableValue(NOT_A_DATE) from None


def _ordered(first: int, second: int, month_first: bool | None) -> tuple[int, int]:
    """Return (day, month). Raises UnreadableValue if the order is unknown."""
    if second > 12:
        return second, first
    if first > 12 or first == second:
        return first, second
    if month_first is None:
        raise UnreadableValue(AMBIGUOUS_DATE)
    return (second, first) if month_first else (first, second)


_DIGIT = re.compile(r"\d")
_YEARLY = "day"
"""A date with or without its year, which suits a field of dates under the title of a birthday."""


class _Date(ContactFieldType):
    def read(self, definition: FieldDefinition, text: str, *, month_first: bool | None) -> str:
        yearly = YEARLESS.fullmatch(text) or is_yearly(definition.key, definition.label)
        day = read_yearless(text, month_first=month_first) if yearly else None
        return day or read_date(text, month_first=month_first).isoformat()

    def fits(self, form: str, text: str) -> bool:
        try:
            if form == _YEARLY and read_yearless(text, month_first=False) is not None:
                return True
            return _DIGIT.search(text) is not None and bool(read_date(text, month_first=False))
        except UnreadableValue:
            return False

    def rank(self, form: str, key: str, title: str) -> int:
        if form == _YEARLY:
            return 6 if is_yearly(key, title) else 0  # 4/2 under any other title may be a size or a score
        return 1

    def words(self, value: str | int | float, write: ValueWriter) -> str:
        return write.date(str(value))


TYPE = _Date(
    name="date",
    label=N_("Date"),
    place=3,
    comparisons=(*DATE_OPS, *DAY_SPANS, Op.SET, Op.EMPTY),
    quick_comparisons=(Op.EQUALS, Op.BEFORE, Op.AFTER, Op.SET, Op.EMPTY),
    faults=(NOT_A_DATE, AMBIGUOUS_DATE),
    forms=("date", _YEARLY),
    sorting=Sorting.EXACT,
    input_type="date",
    is_date=True,
    suits_free_values=True,
)
