"""R-52: placeholder text from our blocks and templates is found in a campaign, in both languages, and nothing else."""

import html
import re

import pytest

from mailflatrate.apps.campaigns.actions import templates
from mailflatrate.apps.campaigns.content.default_blocks import STANDS_FOR_SOMETHING, palette_words
from mailflatrate.apps.campaigns.content.placeholders import LONG, placeholders, placeholders_in
from mailflatrate.apps.campaigns.content.starting_content import starter
from mailflatrate.apps.campaigns.gallery import (
    KEYS,
    LANGUAGES,
    closing,
    gallery_template,
    headline,
    invented_words,
)
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.base import tenancy
from mailflatrate.locale.texts import languages
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.rules.checks.links_finished import is_unfinished
from mailflatrate.rules.verdict import Finding
from support.cast import per_module
from support.customers import CONTENT, Customer, sending_customer
from support.gallery_messages import template_source, written
from support.scope import rows

R52 = ("placeholders-replaced", "pictures-chosen", "links-finished")
SHEET = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
OWN = {palette_words(each)[name] for each in languages() for name in STANDS_FOR_SOMETHING}
SENTENCES = {
    "en": ["Heading", "Write here.", "Product name", "Product price", "Headline"],
    "de": ["Überschrift", "Schreiben Sie hier.", "Name des Produkts", "Preis des Produkts"],
}
anna = per_module(sending_customer, people=1)


def failures(anna: Customer, draft: Campaign) -> list[Finding]:
    with tenancy.account(anna.account_id):
        return [finding for finding in check_campaign(draft.id).failures if finding.key in R52]


def found(anna: Customer, draft: Campaign) -> list[str]:
    return [finding.key for finding in failures(anna, draft)]


def words(anna: Customer, draft: Campaign) -> str:
    """Return the text that the rule says is in the campaign, which breaks nothing else of it."""
    (finding,) = failures(anna, draft)
    assert finding.key == "placeholders-replaced"
    return str(dict(finding.params)["texts"])


def from_gallery(anna: Customer, key: str, language: str) -> Campaign:
    with tenancy.account(anna.account_id):
        values = {"sender_id": anna.sender_id, "list_ids": [anna.list_id]}
        return templates.start_from_gallery(key, language, name=f"{key} {language}", by=None, values=values)


@pytest.mark.parametrize(
    ("key", "language", "keys"),
    [
        ("repermission", "fr", []),
        ("survey", "de", ["links-finished"]),
        ("sale", "en", ["placeholders-replaced", "links-finished"]),
        ("thanks", "de", ["placeholders-replaced"]),
    ],
)
def test_no_template_goes_out_as_it_is_but_the_one_that_says_what_is_meant(
    anna: Customer, key: str, language: str, keys: list[str]
) -> None:
    assert found(anna, from_gallery(anna, key, language)) == keys


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_blank_draft_lacks_nothing_but_its_first_sentence(anna: Customer, language: str) -> None:
    """The letter that every new draft and every new message of an automation begins with isn't one to send."""
    news = closing(language)[0]
    for kind in ("markdown", "html", "blocks", "mjml"):
        content = starter(kind, language, BrandStyle())
        assert words(anna, anna.draft("Blank", content_kind=kind, content=content)) == news, kind
        own = content.replace(news, "the bulbs are here.")
        assert found(anna, anna.draft("Written", content_kind=kind, content=own)) == [], kind


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_that_was_written_over_is_finished(anna: Customer, language: str) -> None:
    """Every invented word replaced, every link led home: then, and not before, the rule is content."""
    draft = from_gallery(anna, "product", language)
    content, subject = re.sub(r"https://example\.org/\w+", "https://lindenhof.example/shop", draft.content), "Figs"
    invented = invented_words("product", language)
    for number, text in enumerate(invented):
        rows(anna, Campaign).filter(id=draft.id).update(content=content, subject=draft.subject)
        assert found(anna, draft) == ["placeholders-replaced"], invented[number:]
        content = content.replace(text, f"Our own words {number}")
    rows(anna, Campaign).filter(id=draft.id).update(content=content, subject=subject)
    assert found(anna, draft) == []


@pytest.mark.parametrize("text", sorted({text for each in SENTENCES.values() for text in each}))
def test_a_block_s_words_are_found_in_every_way_of_writing(anna: Customer, text: str) -> None:
    for kind, content in (
        ("markdown", f"{CONTENT}\n\n## {text}\n"),
        ("html", f"<p>Bulbs are here.</p><table><tr><td>\n {text}</td></tr></table>"),
        ("blocks", SHEET.format(f"<mj-text>{text}</mj-text>")),
    ):
        draft = anna.draft("Blocks", content_kind=kind, content=content)
        assert words(anna, draft) == text, kind


def test_a_word_inside_a_sentence_of_the_author_s_own_is_his(anna: Customer) -> None:
    own = "**Product price** 12 €\n\nA heading: *Heading* for home. Write here. Or there.\n\n- Heading north"
    assert found(anna, anna.draft("Own", content=f"{CONTENT}\n\n{own}\n")) == []
    assert placeholders_in(["Überschriften", "heading", "A Heading"]) == ()


def test_a_paragraph_that_the_author_edited_is_his(anna: Customer) -> None:
    """Bug of a walk: with words added to a sample paragraph, it still counted as sample text."""
    lead = next(text for text in invented_words("event", "en") if len(text) > LONG)
    assert found(anna, anna.draft("As it was", content=f"{CONTENT}\n\n{lead}\n")) == ["placeholders-replaced"]
    assert found(anna, anna.draft("Edited", content=f"{CONTENT}\n\n{lead} Come!\n")) == []


def test_a_short_heading_of_a_template_may_be_any_author_s(anna: Customer) -> None:
    short = {text for key in KEYS for each in LANGUAGES for text in invented_words(key, each) if len(text) < LONG}
    assert "Winter sale" in short
    assert [text for text in short if placeholders_in([text, "Come by."]) and text not in OWN] == []
    for kind, content in (
        ("markdown", "# Winter sale\n\nCome by."),
        ("html", "<h1>Winter sale</h1><p>Come by.</p>"),
        ("blocks", SHEET.format("<mj-text><h1>Winter sale</h1></mj-text><mj-text>Come by.</mj-text>")),
    ):
        assert found(anna, anna.draft("Sale", content_kind=kind, content=content)) == [], kind
    beside = [text for text in invented_words("sale", "en") if len(text) < LONG][:2]
    assert set(placeholders_in(beside)) == set(beside)


def test_subject_preheader_and_text_part_are_looked_at_too(anna: Customer) -> None:
    template = gallery_template("event", "de")
    for values in (
        {"subject": template.subject},
        {"preheader": template.preheader},
        {"text_override": "Hallo\n\nÜberschrift\n"},
    ):
        assert found(anna, anna.draft("Around", **values)) == ["placeholders-replaced"], values


def test_every_variant_is_looked_at(anna: Customer) -> None:
    other = {"subject": "B", "preheader": "", "content": "# Headline\n\nThe bulbs are here.", "text_override": ""}
    assert found(anna, anna.draft("Variants", variants=[other])) == ["placeholders-replaced"]


def test_a_picture_that_liquid_prints_is_one(anna: Customer) -> None:
    picture = '<p>Bulbs are here.</p><img src="{}" alt="Bulbs">'
    for address, keys in (
        ("", ["pictures-chosen"]),
        (" ", ["pictures-chosen"]),
        ("{{ contact.city }}", []),
        ("https://lindenhof.example/a.png", []),
    ):
        draft = anna.draft("Picture", content_kind="html", content=picture.format(address))
        assert found(anna, draft) == keys, address


def test_links_of_the_blocks_are_unfinished_until_they_are_written(anna: Customer) -> None:
    for address, keys in (
        ("https://", ["links-finished"]),
        ("https://example.org/", ["links-finished"]),
        ("https://shop.example.com/a?b", ["links-finished"]),
        ("https://example.org.lindenhof.example/", []),
        ("https://notexample.org/", []),
        ("mailto:anna@example.org", []),
        ("{{ preferences_url }}", []),
    ):
        draft = anna.draft("Links", content_kind="html", content=f'<p>Bulbs are <a href="{address}">here</a>.</p>')
        assert found(anna, draft) == keys, address


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_headline_that_drafts_once_began_with_is_not_finished(anna: Customer, language: str) -> None:
    draft = anna.draft("Old", content=f"# {headline(language)}\n\nThe bulbs are here.")
    assert words(anna, draft) == headline(language)


def test_no_template_leads_to_a_page_of_somebody_else() -> None:
    """Each invents something that the rule finds, but for the two that may go out with links of their own."""
    for key, language in written():
        for url in re.findall(r'href="(https?://[^"]*)"', template_source(key, language, BrandStyle())):
            assert is_unfinished(html.unescape(url)), (key, url)
        assert bool(invented_words(key, language)) is (key not in ("repermission", "survey")), key


def test_no_placeholder_is_so_short_that_somebody_could_mean_it() -> None:
    assert all(len(text) >= 7 for text in placeholders())
    assert not any("<" in text or "{" in text for text in placeholders())


@pytest.mark.slow
@pytest.mark.parametrize(
    "tag",
    ["*|FNAME|*", "*|IF:FNAME|*", "*|LIST:ADDRESS|*", "{$name}", "{$contact->firstname}", "%%first_name%%", "[FNAME]"],
)
def test_another_systems_tags_are_found_however_the_text_is_written(anna: Customer, tag: str) -> None:
    """Markdown makes emphasis of Mailchimp's asterisks before anyone reads them."""
    for kind, content in (
        ("markdown", f"# Bulbs\n\nHello {tag}, and *{tag}*, the bulbs are here."),
        ("html", f"<h1>Bulbs</h1><p>Hello {tag}, the bulbs are here.</p>"),
        ("blocks", SHEET.format(f"<mj-text>Hello {tag}, the bulbs are here.</mj-text>")),
    ):
        draft = anna.draft("Tags", content_kind=kind, content=content)
        with tenancy.account(anna.account_id):
            blocked = {one.key: dict(one.params) for one in check_campaign(draft.id).blocked_by}
        assert tag in str(blocked["merge-tags-filled"]["tags"]), kind


def test_ordinary_markdown_is_no_tag(anna: Customer) -> None:
    own = "# Bulbs\n\n*Half* | *price* | **SALE** {2 + 2} costs $5 {really} a|b|c"
    draft = anna.draft("Plain", content=own)
    with tenancy.account(anna.account_id):
        assert "merge-tags-filled" not in [one.key for one in check_campaign(draft.id).blocked_by]
