"""Default text of the visual editor's blocks when added to a campaign, until the author replaces it."""

from typing import Final

from mailflatrate.locale.texts import N_, translate

WORDS: Final = {
    "heading_text": N_("Heading"),
    "text_text": N_("Write here."),
    "button_text": N_("Visit our site"),
    "picture_alt": "",
    "product_name": N_("Product name"),
    "product_price": N_("Product price"),
    "product_button": N_("View product"),
    "footer_text": N_("Questions? Reply to this email."),
}
STANDS_FOR_SOMETHING: Final = ("heading_text", "text_text", "product_name", "product_price")
"""Blocks that the author has to replace with their own content; the others may stay as they are."""


def palette_words(language: str) -> dict[str, str]:
    """Return the default texts in the language of the campaign that they are added to."""
    return {name: translate(text, language) for name, text in WORDS.items()}
