"""Prices and days that a text states in English, German and French. What can be read in two ways, such as 03/04/2026,
is left out: a check that compares two texts must not guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from mailflatrate.locale.cldr import month_names
from mailflatrate.locale.texts import languages

LONGEST_TEXT = 20_000
"""Characters of a text that are read."""
MOST_STATED = 20
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "CHF": "CHF", "EUR": "EUR", "USD": "USD", "GBP": "GBP", "EURO": "EUR"}
_SIGN = r"(€|\$|£|\bCHF\b|\bEUR(?:O)?\b|\bUSD\b|\bGBP\b)"
_CENTS = r"(?:[.,](?:\d{2}|[-–—]{1,2}))?"
_NUMBER = rf"(\d{{1,3}}(?:[.,'\u2019\u00a0\u202f ]\d{{3}}){{1,3}}{_CENTS}|\d{{1,9}}{_CENTS})(?!\d)"
_PRICE = re.compile(rf"{_SIGN}[ \u00a0\u202f]?{_NUMBER}|(?<![\d.,]){_NUMBER}[ \u00a0\u202f]?{_SIGN}", re.IGNORECASE)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.[ \u00a0]?(\d{1,2})\.[ \u00a0]?(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True, order=True)
class StatedPrice:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, order=True)
class StatedDay:
    year: int
    month: int
    day: int

    def is_within(self, first: date, last: date) -> bool:
        """Return whether the day is one of these; without a year, in any of their years."""
        return any(
            _in_range(self, year, first, last) for year in ([self.year] if self.year else (first.year, last.year))
        )


def _in_range(day: StatedDay, year: int, first: date, last: date) -> bool:
    try:
        return first <= date(year, day.month, day.day) <= last
    except ValueError:
        return False


def read_amount(text: str) -> Decimal | None:
    plain = re.sub(r"['\u2019\u00a0\u202f ]", "", text.strip())
    plain = re.sub(r"[.,][-–—]{1,2}$", "", plain)
    cents = re.search(r"[.,](\d{1,2})$", plain)
    whole = plain[: cents.start()] if cents else plain
    digits = re.sub(r"[.,]", "", whole)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 12:
        return None
    try:
        return Decimal(f"{digits}.{cents[1] if cents else '0'}").quantize(Decimal("0.01"))
    except InvalidOperation:
        return None


def stated_prices(text: str) -> tuple[StatedPrice, ...]:
    prices: dict[StatedPrice, None] = {}
    for match in _PRICE.finditer(text[:LONGEST_TEXT]):
        sign, number = (match[1], match[2]) if match[1] else (match[4], match[3])
        amount = read_amount(number)
        if amount is not None and len(prices) < MOST_STATED:
            prices[StatedPrice(amount, _SIGNS[sign.upper()])] = None
    return tuple(prices)


def stated_days(text: str) -> tuple[StatedDay, ...]:
    text = text[:LONGEST_TEXT]
    stated = [
        (iso_match.start(), StatedDay(int(iso_match[1]), int(iso_match[2]), int(iso_match[3])))
        for iso_match in _ISO.finditer(text)
    ]
    stated += [
        (dotted_match.start(), StatedDay(int(dotted_match[3]), int(dotted_match[2]), int(dotted_match[1])))
        for dotted_match in _DOTTED.finditer(text)
    ]
    for match in _named().finditer(text):
        month = _months()[(match["before"] or match["after"]).lower().rstrip(".")]
        day, year = int(match["day"] or match["day_after"]), int(match["year"] or match["year_after"] or 0)
        stated.append((match.start(), StatedDay(year, month, day)))
    days = dict.fromkeys(day for _at, day in sorted(stated) if _exists(day))
    return tuple(days)[:MOST_STATED]


def _exists(day: StatedDay) -> bool:
    try:
        date(day.year or 2024, day.month, day.day)  # a leap year, where the text names none
    except ValueError:
        return False
    return True


@cache
def _months() -> dict[str, int]:
    return {
        name.lower().rstrip("."): number
        for language in languages()
        for names in month_names(language)
        for number, name in names.items()
        if len(name.rstrip(".")) >= 3
    }


@cache
def _named() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    space = r"[ \u00a0]{0,2}"
    return re.compile(
        rf"(?<![\d.])(?P<day>\d{{1,2}})(?:\.|er|st|nd|rd|th)?{space}(?P<after>\b(?:{names})\b\.?),?(?:{space}(?P<year>\d{{4}})\b)?"
        rf"|(?P<before>\b(?:{names})\b\.?){space}(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?{space}(?P<year_after>\d{{4}})\b)?",
        re.IGNORECASE,
    )
