"""The language of whoever reads a page, as the rules know it."""

from django.utils.translation import get_language

from mailflatrate.rules.verdict import Language


def reading_language() -> Language:
    """The language in which the rules speak to whoever reads this page."""
    return Language.GERMAN if (get_language() or "").startswith("de") else Language.ENGLISH
