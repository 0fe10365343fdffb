"""Dates with times in French: 26 novembre 2026 à 14:05. Formats not defined here are Django's own."""

from mailflatrate.locale.formats import Formats
from mailflatrate.locale.texts import N_

DATETIME_FORMAT = "j F Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y, H:i"

FORMATS = Formats(
    name=N_("French"),
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    first_day="1er",
    moment="{date} à {time} ({zone})",
    timestamp="%d/%m/%Y %H:%M:%S",
    thousands="\u202f",
    colon="\u00a0: ",
    home_zone="Europe/Paris",
)  # fmt: skip
