"""The context of the visual editor: texts, colors, conditions, and the block that every campaign has."""

import json
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.campaign_content import imprint_block
from mailflatrate.apps.campaigns.default_blocks import palette_words
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, brand_style, newest_imprint
from mailflatrate.apps.campaigns.samples import sample_values
from mailflatrate.apps.lists.fields import fields
from mailflatrate.entrypoints.web.studio.access import StudioRequest
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import imprint_html
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.settings import load_settings

MOST_CONDITIONS = 12


def blocks_config(request: StudioRequest, campaign: Campaign) -> dict[str, Any]:
    """Return the context of the editor's part of the page; `json` is what its script reads."""
    brand = brand_style()
    whole = {
        "words": {**_words(), **palette_words(campaign.language)},
        "brand": {"colours": _colours(brand), "link": brand.link},
        "conditions": _conditions(),
        "imprint": _imprint(request, campaign, brand),
        "public": load_settings().public_url,
    }
    return {"json": json.dumps(whole, ensure_ascii=False), "words": whole["words"], "parts": _parts()}


def _colours(brand: BrandStyle) -> list[tuple[str, str]]:
    return [
        (brand.primary, _("Primary color")),
        (brand.ink, _("Text")),
        (brand.soft, _("Secondary text")),
        (brand.sheet, _("Content background")),
        (brand.tint, _("Tinted box")),
        (brand.page, _("Page background")),
    ]


def _conditions() -> list[tuple[str, str]]:
    """Return who a part can be shown to: the Liquid of the condition, and how a person would say it."""
    found = [
        ("contact.first_name", _("Only people with a first name")),
        ('contact.first_name == ""', _("Only people without a first name")),
    ]
    labels = {field.key: field.label for field in fields()}
    names = [*labels, *sorted(attribute_names() - labels.keys())]
    for name in names[:MOST_CONDITIONS]:
        said = _("Only people whose “%(name)s” is …") % {"name": labels.get(name, name)}
        found.append((f'contact.{name} == "…"', said))
    return found


def _imprint(request: StudioRequest, campaign: Campaign, brand: BrandStyle) -> str:
    """Return the block below the campaign as readers see it; empty if there is no imprint."""
    imprint = newest_imprint()
    if imprint is None:
        return ""
    source = imprint_html(imprint_block(campaign, imprint, brand))
    values = sample_values(campaign, request.account, None, bare=False)
    return LiquidTemplate.parse(source, autoescape=True).render(values)


def _parts() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the palette: groups of key, icon and label, in page order."""
    return [
        (_("Blocks"), [
            ("heading", "type", _("Heading")), ("text", "text-cursor-input", _("Text")),
            ("image", "image", _("Image")),
            ("button", "square", _("Button")), ("divider", "minus", _("Divider")),
            ("spacer", "chevrons-up-down", _("Spacer")),
        ]),
        (_("Sections"), [
            ("one_column", "square", _("One column")), ("two_columns", "columns-2", _("Two columns")),
            ("three_columns", "columns-3", _("Three columns")), ("image_left", "panel-left", _("Image and text")),
        ]),
        (_("Prebuilt"), [
            ("header", "panel-top", _("Header")), ("product", "tag", _("Products")),
            ("social", "share-2", _("Social links")),
            ("footer", "panel-bottom", _("Footer")),
        ]),
    ]  # fmt: skip


def _words() -> dict[str, str]:
    """Return every text that the script shows to the author."""
    return {
        "mj-body": _("Campaign"), "mj-section": _("Section"), "mj-wrapper": _("Section group"),
        "mj-column": _("Column"),
        "mj-group": _("Columns that don't stack"), "mj-text": _("Text"), "mj-image": _("Image"),
        "mj-button": _("Button"), "mj-divider": _("Divider"), "mj-spacer": _("Spacer"),
        "mj-table": _("Table"),
        "mj-source": _("Source"), "mf-imprint": _("Imprint and unsubscribe link"),
        "canvas": _("Campaign editor"), "no_block": _("No block selected"),
        "nothing_chosen": _("Select a block in the campaign or in the outline to edit it."),
        "imprint_stays": _(
            "Every campaign includes this block: who it's from, why people receive it, and how to unsubscribe. It "
            "can't be removed. You can change its colors under Content, Brand."
        ),
        "text": _("Text"), "text_hint": _("Use HTML for bold text, links and lists. Or type directly in the campaign."),
        "source_hint": _("The editor can't display this part. It stays exactly as it is."),
        "label": _("Button text"), "href": _("Link"), "picture": _("Image URL"),
        "choose_picture": _("Choose from Media"),
        "alt": _("Alt text, read aloud and shown when images are off"),
        "align": _("Alignment"), "left": _("left"), "centre": _("center"), "right": _("right"),
        "vertical": _("Vertical alignment"), "top": _("top"), "middle": _("middle"), "bottom": _("bottom"),
        "space": _("Padding (pixels)"), "above": _("top"), "below": _("bottom"),
        "left_side": _("left"), "right_side": _("right"),
        "share": _("Width (percent)"), "equal_share": _("equal"), "as_set": _("default"),
        "color": _("Text color"), "background-color": _("Background"), "border-color": _("Border color"),
        "font-size": _("Text size (pixels)"), "border-radius": _("Corner radius (pixels)"),
        "border-width": _("Thickness (pixels)"), "height": _("Height (pixels)"), "width": _("Width (pixels)"),
        "page-width": _("Campaign width (pixels)"),
        "shown_to": _("Show to"), "everybody": _("everyone"), "value": _("Value"), "only_if": _("Only if …"),
        "added": _("Added: …"), "deleted": _("Deleted: …"), "copied": _("Copied: …"), "moved": _("Moved: …"),
        "add_heading": _("Heading"), "add_text": _("Text"), "add_image": _("Image"), "add_button": _("Button"),
        "add_divider": _("Divider"), "add_spacer": _("Spacer"), "add_one_column": _("One column"),
        "add_two_columns": _("Two columns"), "add_three_columns": _("Three columns"),
        "add_image_left": _("Image and text"), "add_header": _("Header"), "add_product": _("Products"),
        "add_social": _("Social links"), "add_footer": _("Footer"),
    }  # fmt: skip
