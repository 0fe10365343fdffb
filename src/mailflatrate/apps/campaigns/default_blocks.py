"""Default text of the visual editor's blocks when added to a campaign, until the author replaces it."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

WORDS: Final = {
    "heading_text": gettext_noop("Heading"),
    "text_text": gettext_noop("Write here."),
    "button_text": gettext_noop("Visit our site"),
    "picture_alt": "",
    "product_name": gettext_noop("Product name"),
    "product_price": gettext_noop("Product price"),
    "product_button": gettext_noop("View product"),
    "footer_text": gettext_noop("Questions? Reply to this email."),
}
STANDS_FOR_SOMETHING: Final = ("heading_text", "text_text", "product_name", "product_price")
"""Blocks that the author has to replace with their own content; the others may stay as they are."""


def palette_words() -> dict[str, str]:
    """Return all palette labels in the reader's language."""
    return {name: gettext(text) if text else "" for name, text in WORDS.items()}
