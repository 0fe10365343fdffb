"""Dates and times in international English: 26 November 2026, 14:05. Formats not defined here are Django's own."""

from mailflatrate.locale.formats import Formats
from mailflatrate.locale.texts import N_

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
FIRST_DAY_OF_WEEK = 1

FORMATS = Formats(
    name=N_("English"),
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    is_complete=True,
)  # fmt: skip
