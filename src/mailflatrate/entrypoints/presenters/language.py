"""The language of the reader, and how languages and the texts of a campaign are called in it."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.variants import as_variant
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.campaigns.ab_test import VARIANT_LETTERS
from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.fields.types.date import LEAP_YEAR, YEARLESS, read_date
from mailflatrate.rules.gate.finding_texts import word


def reading_language() -> str:
    return known_language(get_language())


def language_name(code: str) -> str:
    return word(f"language.{code}", reading_language())


def text_name(campaign: Campaign, number: int) -> str:
    """Return the name of one text of a campaign: A to D for a variant, or its language."""
    return VARIANT_LETTERS[number] if campaign.variants else language_name(as_variant(campaign, number).language)


def date_words(value: str, form: str) -> str:
    """Return a stored date in Django's format `form`, one without a year by day and month; other text is unchanged."""
    try:
        if YEARLESS.fullmatch(value):
            return str(date_format(date.fromisoformat(f"{LEAP_YEAR}{value[1:]}"), "MONTH_DAY_FORMAT"))
        return str(date_format(read_date(value), form))
    except (ValueError, UnreadableValue):
        return value
