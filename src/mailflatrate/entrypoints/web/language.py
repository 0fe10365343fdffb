"""The language of whoever reads a page, as the rules know it."""

from django.utils.translation import get_language

from mailflatrate.locale.texts import known_language


def reading_language() -> str:
    """The language in which the rules speak to whoever reads this page."""
    return known_language(get_language())
