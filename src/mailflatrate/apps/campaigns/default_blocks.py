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
    "quote_text": N_("Write the quote here."),
    "quote_source": N_("Who said it"),
    "table_name": N_("Item"),
    "table_price": N_("Price"),
    "table_first": N_("First item"),
    "table_second": N_("Second item"),
    "table_amount": N_("Price of this item"),
    "html_text": N_("Put your own HTML here."),
    "menu_first": N_("First link"),
    "menu_second": N_("Second link"),
    "menu_third": N_("Third link"),
    "video_text": N_("Watch the video"),
    "coupon_title": N_("What the code is good for"),
    "coupon_code": N_("YOUR-CODE"),
    "coupon_terms": N_("Until when and for what the code is valid"),
    "coupon_button": N_("Use the code"),
    "event_name": N_("Name of the event"),
    "event_when": N_("When"),
    "event_date": N_("Date and time"),
    "event_where": N_("Where"),
    "event_place": N_("Name and address of the place"),
    "event_button": N_("Sign up for the event"),
    "event_calendar": N_("Add to calendar"),
    "countdown_left": N_("Time left"),
    "countdown_until": N_("What ends, and when"),
    "map_text": N_("Open the map"),
    "map_place": N_("Street, postal code and city"),
    "signature_name": N_("First and last name"),
    "signature_role": N_("Position"),
}
STANDS_FOR_SOMETHING: Final = (
    "heading_text",
    "text_text",
    "product_name",
    "product_price",
    "quote_text",
    "quote_source",
    "table_first",
    "table_second",
    "table_amount",
    "html_text",
    "menu_first",
    "menu_second",
    "menu_third",
    "coupon_title",
    "coupon_code",
    "coupon_terms",
    "event_name",
    "event_date",
    "event_place",
    "countdown_until",
    "map_place",
    "signature_name",
    "signature_role",
)
"""Texts that the author has to replace with their own content; the others may stay as they are."""


def palette_words(language: str) -> dict[str, str]:
    """Return the default texts in the language of the campaign that they are added to."""
    return {name: translate(text, language) for name, text in WORDS.items()}
