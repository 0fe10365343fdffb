"""What the visual editor needs to know: words, colours, conditions, and the block that no mailing is without."""

import json
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.compiling import imprint_block
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.palette import palette_words
from mailflatrate.apps.campaigns.queries import attribute_names, brand_look, newest_imprint
from mailflatrate.apps.campaigns.samples import sample_values
from mailflatrate.entrypoints.web.studio.access import StudioRequest
from mailflatrate.mail.html.imprint import imprint_html
from mailflatrate.mail.html.look import Look
from mailflatrate.mail.liquid import Template
from mailflatrate.settings import load_settings

MOST_CONDITIONS = 12


def blocks_config(request: StudioRequest, campaign: Campaign) -> dict[str, Any]:
    """The context of the editor's part of the page; `json` is what its script reads."""
    look = brand_look()
    whole = {
        "words": _words(),
        "brand": {"colours": _colours(look), "link": look.link},
        "conditions": _conditions(),
        "imprint": _imprint(request, campaign, look),
        "public": load_settings().public_url,
    }
    return {"json": json.dumps(whole, ensure_ascii=False), "words": whole["words"], "parts": _parts()}


def _colours(look: Look) -> list[tuple[str, str]]:
    return [
        (look.primary, _("Main colour")), (look.ink, _("Text")), (look.soft, _("Soft text")), (look.sheet, _("Sheet")),
        (look.tint, _("Tinted box")), (look.page, _("Around the sheet")),
    ]  # fmt: skip


def _conditions() -> list[tuple[str, str]]:
    """Who may be shown a part: the Liquid of the condition, and how somebody would say it."""
    found = [
        ("contact.first_name", _("Only people whose first name is known")),
        ('contact.first_name == ""', _("Only people whose first name is not known")),
    ]
    for name in sorted(attribute_names())[:MOST_CONDITIONS]:
        found.append((f'contact.{name} == "…"', _("Only people whose “%(name)s” is …") % {"name": name}))
    return found


def _imprint(request: StudioRequest, campaign: Campaign, look: Look) -> str:
    """The block under the mailing as readers see it; a word about it where the imprint is missing."""
    imprint = newest_imprint()
    if imprint is None:
        return ""
    source = imprint_html(imprint_block(campaign, imprint, look))
    values = sample_values(campaign, request.account, None, bare=False)
    return Template.parse(source, autoescape=True).render(values)


def _parts() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The palette: groups of key, icon and word, in the order of the page."""
    return [
        (_("Blocks"), [
            ("heading", "type", _("Heading")), ("text", "text-cursor-input", _("Text")),
            ("image", "image", _("Picture")),
            ("button", "square", _("Button")), ("divider", "minus", _("Dividing line")),
            ("spacer", "chevrons-up-down", _("Empty space")),
        ]),
        (_("Sections"), [
            ("one_column", "square", _("One column")), ("two_columns", "columns-2", _("Two columns")),
            ("three_columns", "columns-3", _("Three columns")), ("image_left", "panel-left", _("Picture and text")),
        ]),
        (_("Ready-made"), [
            ("header", "panel-top", _("Header")), ("product", "tag", _("Products")),
            ("social", "share-2", _("Networks")),
            ("footer", "panel-bottom", _("Footer")),
        ]),
    ]  # fmt: skip


def _words() -> dict[str, str]:
    """Every word that the script writes."""
    return {
        "mj-body": _("Mailing"), "mj-section": _("Section"), "mj-wrapper": _("Sections together"),
        "mj-column": _("Column"),
        "mj-group": _("Columns that stay side by side"), "mj-text": _("Text"), "mj-image": _("Picture"),
        "mj-button": _("Button"), "mj-divider": _("Dividing line"), "mj-spacer": _("Empty space"),
        "mj-table": _("Table"),
        "mj-source": _("Source"), "mf-imprint": _("Imprint and way out"),
        "canvas": _("The mailing, to be changed"), "no_block": _("Nothing chosen"),
        "nothing_chosen": _("Choose a block in the mailing or in the list below to change it."),
        "imprint_stays": _(
            "This block is part of every mailing: who writes, why, and how to leave. It cannot be left out. "
            "Its colors are set under Content, Brand."
        ),
        "text": _("Text"), "text_hint": _("With HTML for bold, links and lists. Or write in the mailing itself."),
        "source_hint": _("A part that the blocks do not draw. It is kept as it is."),
        "label": _("Words on it"), "href": _("Link"), "picture": _("Address of the picture"),
        "choose_picture": _("Choose from your pictures"),
        "alt": _("Description, read aloud and shown where images are off"),
        "align": _("Alignment"), "left": _("left"), "centre": _("centred"), "right": _("right"),
        "vertical": _("Height"), "top": _("top"), "middle": _("middle"), "bottom": _("bottom"),
        "space": _("Space around it, in pixels"), "above": _("above"), "below": _("below"),
        "left_side": _("left"), "right_side": _("right"),
        "share": _("Share of the width, in percent"), "equal_share": _("equal"), "as_set": _("as usual"),
        "color": _("Colour of the text"), "background-color": _("Background"), "border-color": _("Colour of the line"),
        "font-size": _("Size of the text, in pixels"), "border-radius": _("Roundness of the corners, in pixels"),
        "border-width": _("Thickness, in pixels"), "height": _("Height, in pixels"), "width": _("Width, in pixels"),
        "page-width": _("Width of the mailing, in pixels"),
        "shown_to": _("Who sees it"), "everybody": _("everybody"), "value": _("Value"), "only_if": _("Only if …"),
        "added": _("Added: …"), "deleted": _("Deleted: …"), "copied": _("Copied: …"), "moved": _("Moved: …"),
        "add_heading": _("Heading"), "add_text": _("Text"), "add_image": _("Picture"), "add_button": _("Button"),
        "add_divider": _("Dividing line"), "add_spacer": _("Empty space"), "add_one_column": _("One column"),
        "add_two_columns": _("Two columns"), "add_three_columns": _("Three columns"),
        "add_image_left": _("Picture and text"), "add_header": _("Header"), "add_product": _("Products"),
        "add_social": _("Networks"), "add_footer": _("Footer"),
        **palette_words(),
    }  # fmt: skip
