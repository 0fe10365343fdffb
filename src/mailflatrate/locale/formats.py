"""Dates and numbers in each language, for code that does not use Django."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo

from mailflatrate.locale.texts import N_, known_language, languages, translate


@dataclass(frozen=True, slots=True)
class Formats:
    name: str
    """In English; a message id."""
    months: tuple[str, ...]
    date: str = "{day} {month} {year}"
    first_day: str = "1"
    """The day at the beginning of a month."""
    moment: str = "{date}, {time} ({zone})"
    time: str = "%H:%M"
    timestamp: str = "%Y-%m-%d %H:%M:%S"
    """A moment to the second in a table."""
    thousands: str = ","
    colon: str = ": "
    """What is between a label and its value."""
    home_zone: str = "UTC"
    """The time zone of papers that are printed in this language."""
    zones: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations of time zones that have another name in this language."""
    is_complete: bool = False
    """Whether the studio and the operator's pages are translated too, not only what recipients see."""


@cache
def formats_of(language: str) -> Formats:
    """Return the formats of English for a language that we do not support."""
    module = import_module(f"mailflatrate.locale.{known_language(language)}.formats")
    formats: Formats = module.FORMATS
    return formats


def complete_languages() -> list[str]:
    """Return the languages in which everything is translated, including the studio's pages."""
    return [code for code in languages() if formats_of(code).is_complete]


@lru_cache(maxsize=4096)
def written_date(day: date, language: str) -> str:
    """`3 May 2025`, `3. Mai 2025`, `3 mai 2025`."""
    formats = formats_of(language)
    number = formats.first_day if day.day == 1 else str(day.day)
    return formats.date.format(day=number, month=formats.months[day.month - 1], year=day.year)


def written_moment(moment: datetime, language: str, time_zone: str) -> str:
    """ "24 November 2026, 10:12 (CET)"."""
    formats = formats_of(language)
    local = moment.astimezone(ZoneInfo(time_zone))
    zone = local.tzname() or ""
    return formats.moment.format(
        date=written_date(local.date(), language), time=local.strftime(formats.time), zone=formats.zones.get(zone, zone)
    )


def written_number(number: int, language: str) -> str:
    """`12,345`, `12.345`."""
    return f"{number:,}".replace(",", formats_of(language).thousands)


_CURRENCY_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_WITHOUT_DECIMALS = frozenset({"JPY", "KRW", "ISK", "HUF", "CLP", "VND"})


def written_price(amount: Decimal, currency: str, language: str) -> str:
    """`€1,249.90`, `1.249,90 €`; without a currency (ISO 4217), the number alone."""
    thousands = formats_of(language).thousands
    places = 0 if currency in _WITHOUT_DECIMALS and amount == amount.to_integral_value() else 2
    whole, _point, decimals = f"{amount:,.{places}f}".partition(".")
    is_first = thousands == ","
    number = whole.replace(",", thousands) + (("." if is_first else ",") + decimals if decimals else "")
    if not currency:
        return number
    sign = _CURRENCY_SIGNS.get(currency, "")
    if not is_first:
        return f"{number}\u00a0{sign or currency}"
    return f"{sign}{number}" if sign else f"{currency}\u00a0{number}"


_MOST_DIGITS = 15
_PERCENT = N_("%(number)s%%")


def written_rate(percent: float | None, language: str, *limits: float, least: int = 2) -> str:
    """`1.50%`, `1,50 %`; a dash if there is nothing to measure yet."""
    if percent is None:
        return "–"
    return translate(_PERCENT, language) % {"number": rate_number(percent, language, *limits, least=least)}


def rate_number(percent: float, language: str, *limits: float, least: int = 2) -> str:
    """Return a rate without sign, in `least` digits or as many as show on which side of its limits it is: 0.1042 beside
    a limit of 0.1 is 0.104, and 0.0996 is never 0.10. A limit beside itself is written in full.
    """
    written = f"{_rounded(percent, rate_digits(percent, limits, least)):,f}"
    thousands = formats_of(language).thousands
    return written if thousands == "," else written.replace(",", thousands).replace(".", ",")


def rate_digits(percent: float, limits: Iterable[float], least: int) -> int:
    value, borders = Decimal(str(percent)), [Decimal(str(limit)) for limit in limits]
    sides = [value.compare(border) for border in borders]
    for digits in range(least, _MOST_DIGITS):
        if [_rounded(percent, digits).compare(border) for border in borders] == sides:
            return digits
    return _MOST_DIGITS


def _rounded(number: float, digits: int) -> Decimal:
    return Decimal(str(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
