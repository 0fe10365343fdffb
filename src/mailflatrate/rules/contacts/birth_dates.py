"""Dates of birth; read only to find out whether a person is a minor (R-39)."""

import re
from collections.abc import Callable
from datetime import date

from mailflatrate.rules.contacts.countries import MONTH_FIRST_COUNTRIES
from mailflatrate.rules.contacts.personal_data import MINOR_BELOW_YEARS, is_minor
from mailflatrate.rules.contacts.timestamps import moment_reader

_YEAR = re.compile(r"(?:19|20)\d\d")
_SHORT_YEAR = re.compile(r"\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2}")
_AGE = re.compile(r"(\d{1,3})(?:\.0+)?(?: ?(?:years?|jahre?))?", re.IGNORECASE)


def minor_reader(country: str, today: date) -> Callable[[str], bool]:
    """The function is False for anything that isn't a date or year."""
    # The only question is whether a person is a minor, so each cell may be read alone.
    read = moment_reader("UTC", country.upper() in MONTH_FIRST_COUNTRIES, strict=False)

    def says_minor(text: str) -> bool:
        text = text.strip()
        if _YEAR.fullmatch(text):
            return is_minor(date(int(text), 12, 31), today)
        moment = read(text)
        if moment is None:
            return False
        born = moment.at.date()
        if born > today and _SHORT_YEAR.fullmatch(text):
            return False  # 15.03.58 is 1958
        return is_minor(born, today)

    return says_minor


def age_says_minor(text: str) -> bool:
    match = _AGE.fullmatch(text.strip())
    return match is not None and int(match[1]) < MINOR_BELOW_YEARS
