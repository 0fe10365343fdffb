"""What the visual editor's blocks say when they are put into a mailing, until their author writes something."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

WORDS: Final = {
    "heading_text": gettext_noop("Heading"), "text_text": gettext_noop("Write here."),
    "button_text": gettext_noop("To the page"), "picture_alt": "",
    "product_name": gettext_noop("Name of the product"), "product_price": gettext_noop("Price of the product"),
    "product_button": gettext_noop("To the product"),
    "footer_text": gettext_noop("Questions? Just answer this mail."),
}  # fmt: skip
STANDS_FOR_SOMETHING: Final = ("heading_text", "text_text", "product_name", "product_price")
"""Those in whose place something of the author's own belongs; the others may well stay as they are."""


def palette_words() -> dict[str, str]:
    """All of them, in the language of the reader."""
    return {name: gettext(text) if text else "" for name, text in WORDS.items()}
