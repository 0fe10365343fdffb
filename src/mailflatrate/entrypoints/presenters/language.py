"""The language of the reader."""

from django.utils.translation import get_language

from mailflatrate.locale.texts import known_language


def reading_language() -> str:
    """Return the language of the reader of this page, for texts of the rules."""
    return known_language(get_language())
