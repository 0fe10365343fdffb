"""The texts that blocks begin with: in the language of the campaign, whoever writes it."""

from html import unescape

from mailflatrate.apps.campaigns.content.default_blocks import palette_words
from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.mail.html.brand_style import BrandStyle
from support.customers import sending_customer


def test_each_language_has_its_own_words() -> None:
    english, german = palette_words("en"), palette_words("de")
    assert english["text_text"] == "Write here."
    assert german["text_text"] == "Schreiben Sie hier."
    assert {name for name in english if english[name] == german[name]} == {"picture_alt"}, "which is empty"


def test_an_english_author_gets_german_blocks_in_a_german_campaign() -> None:
    anna = sending_customer()
    campaign = anna.draft(content_kind="blocks", language="de", content=blank_source("de", BrandStyle()))
    page = unescape(anna.page(f"campaigns/{campaign.id}/edit/"))
    assert "<mj-text>Schreiben Sie hier.</mj-text>" in page
    assert '"mj-divider": "Divider"' in page, "labels are in the author's language"
