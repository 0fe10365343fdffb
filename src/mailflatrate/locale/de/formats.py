"""Dates with times in German: 26. November 2026, 14:05. Formats not defined here are Django's own."""

from mailflatrate.locale.formats import Formats
from mailflatrate.locale.texts import N_

DATETIME_FORMAT = "j. F Y, H:i"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"

FORMATS = Formats(
    name=N_("German"),
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
        "Dezember",
    ),
    date="{day}. {month} {year}",
    moment="{date} um {time} Uhr ({zone})",
    timestamp="%d.%m.%Y %H:%M:%S",
    thousands=".",
    home_zone="Europe/Berlin",
    zones={"CET": "MEZ", "CEST": "MESZ"},
    is_complete=True,
)  # fmt: skip
