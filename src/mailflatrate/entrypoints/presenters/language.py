"""The language of the reader, and how languages and the texts of a campaign are called in it."""

from django.utils.translation import get_language

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.variants import as_variant
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.ab_test import VARIANT_LETTERS
from mailflatrate.rules.finding_texts import word


def reading_language() -> str:
    """Return the language of the reader of this page, for texts of the rules."""
    return known_language(get_language())


def language_name(code: str) -> str:
    """Return the name of a language for the reader of this page."""
    return word(f"language.{code}", reading_language())


def text_name(campaign: Campaign, number: int) -> str:
    """Return the name of one text of a campaign: A to D for a variant, or its language."""
    return VARIANT_LETTERS[number] if campaign.variants else language_name(as_variant(campaign, number).language)
