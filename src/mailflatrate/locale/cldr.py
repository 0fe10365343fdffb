"""Names of countries and languages in each language, from the CLDR that comes with Babel."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from babel import Locale


@cache
def country_names(language: str) -> Mapping[str, str]:
    """Return names by ISO 3166 code."""
    return _two_letters(Locale(language).territories)


@cache
def language_names(language: str) -> Mapping[str, str]:
    """Return names by ISO 639-1 code."""
    return _two_letters(Locale(language).languages)


def _two_letters(names: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({code: name for code, name in names.items() if len(code) == 2 and code.isalpha()})


@cache
def month_names(language: str) -> tuple[Mapping[int, str], ...]:
    """Return the months by number as a language writes them in a date: in full, and short."""
    locale = Locale(language)
    return tuple(
        locale.months[context][width] for context in ("format", "stand-alone") for width in ("wide", "abbreviated")
    )
