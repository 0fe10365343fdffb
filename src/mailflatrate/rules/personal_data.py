"""Data that asks for more care than an address: birth dates (R-39) and what GDPR Art. 9 protects (R-97).

Judged by what a column or a field is called, in English and German; whoever calls it something else is not found out.
"""

from __future__ import annotations

import re
from datetime import date

from mailflatrate.rules.limits import LIMITS

MINOR_BELOW_YEARS = int(LIMITS["minor_below_years"].value)

# GDPR Art. 9(1), in the words in which a form would ask.
_SPECIAL = re.compile(
    r"religion|konfession|glaube|\bbelief|\bfaith\b|ethni|\brace\b|hautfarbe|herkunftsland|partei|political|politisch|"
    r"gewerkschaft|trade union|krank|gesundheit|health|disease|diagnos|behinder|disab|schwanger|pregnan|sexu|genetic|"
    r"genetisch|biometr",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"geb(?:urts?|\.)?[ _-]?(?:datum|tag|dat|jahr)\b|\bgeb(?:oren)?(?:[ _-]?am)?\b|\bgeburt\b|\bjahrgang\b|"
    r"\bbirth|\bborn\b|\bb[ _-]?day\b|\bdob\b|date[ _-]of[ _-]birth|year[ _-]of[ _-]birth",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")
_AGE = re.compile(r"\b(?:lebens)?alter\b|\bage\b", re.IGNORECASE)


def is_special(*names: str) -> bool:
    """True where a name asks about health, belief, origin, politics or sex life (R-97)."""
    return any(_SPECIAL.search(_in_words(name)) for name in names)


def is_birth(*names: str) -> bool:
    """True where a name asks when somebody was born."""
    return any(_BIRTH.search(_in_words(name)) for name in names)


def is_age(*names: str) -> bool:
    """True where a name asks how old somebody is."""
    return any(_AGE.search(_in_words(name)) for name in names)


def _in_words(name: str) -> str:
    """A name as a person would write it: `customerRace` and `customer_race` become two words each."""
    return _CAMEL.sub(" ", name).replace("_", " ").replace("-", " ")


def is_minor(born: date, today: date) -> bool:
    """True below the age at which a person consents alone (R-39); a day that is still to come is a child's, too."""
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) < MINOR_BELOW_YEARS
