"""Stored dates in words of the active language."""

from datetime import date

from django.utils.formats import date_format

from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.fields.types.date import LEAP_YEAR, YEARLESS, read_date


def date_words(value: str, form: str) -> str:
    """Return a stored date in Django's format `form`, one without a year by day and month; other text is unchanged."""
    try:
        if YEARLESS.fullmatch(value):
            return str(date_format(date.fromisoformat(f"{LEAP_YEAR}{value[1:]}"), "MONTH_DAY_FORMAT"))
        return str(date_format(read_date(value), form))
    except (ValueError, UnreadableValue):
        return value
