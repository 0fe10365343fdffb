"""The context of the visual editor: texts, colors, conditions, and the block that every campaign has."""

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.content.campaign_content import imprint_block
from mailflatrate.apps.campaigns.content.locks import may_design
from mailflatrate.apps.campaigns.content.samples import sample_values
from mailflatrate.apps.campaigns.coupons import pool_names
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.palette import EXTENDED, GROUPS, block_sources, social_networks
from mailflatrate.apps.campaigns.queries import attribute_names, brand_style, newest_imprint
from mailflatrate.apps.lists.fields import fields
from mailflatrate.entrypoints.studio.access import StudioRequest
from mailflatrate.entrypoints.studio.content.lookups import lookup_dialogs
from mailflatrate.entrypoints.studio.content.saved_blocks import saved_rows
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import imprint_html
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.settings import load_settings

MOST_CONDITIONS = 12


def blocks_config(request: StudioRequest, campaign: Campaign) -> dict[str, Any]:
    saved = {
        "rows": saved_rows(),
        "campaign": campaign.id,
        "url": "" if request.membership.is_limited else reverse("studio:saved-blocks"),
    }
    parts = {
        "conditions": _conditions(),
        "fields": _fields(),
        "imprint": _imprint(request, campaign, brand_style()),
        "saved": saved,
        "lock": _lock(request, campaign),
        "zone": campaign.time_zone,
    }
    lookups = [] if request.membership.is_limited else lookup_dialogs()
    return {**editor_config(campaign.language, parts), "lookups": lookups, "language": campaign.language}


def _lock(request: StudioRequest, campaign: Campaign) -> dict[str, bool]:
    designs = may_design(request.user)
    return {"isOn": campaign.is_locked and not designs, "marks": designs}


def editor_config(
    language: str,
    parts: Mapping[str, Any],
    words: Mapping[str, str] = MappingProxyType({}),
    without: Collection[str] = (),
) -> dict[str, Any]:
    """`parts`: conditions, fields, saved rows, time zone, last block. `words` replace those of campaigns."""
    brand = brand_style()
    whole = {
        "words": {**_words(), **words},
        "sources": block_sources(language, brand),
        "brand": {"colours": _colours(brand), "link": brand.link},
        "networks": social_networks(),
        "public": load_settings().public_url,
        **parts,
    }
    return {"json": json.dumps(whole, ensure_ascii=False), "words": whole["words"], "parts": _parts(without)}


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
    conditions = [
        ("contact.first_name", _("Only people with a first name")),
        ('contact.first_name == ""', _("Only people without a first name")),
    ]
    labels = {field.key: field.label for field in fields()}
    names = [*labels, *sorted(attribute_names() - labels.keys())]
    for name in names[:MOST_CONDITIONS]:
        label = _("Only people whose “%(name)s” is …") % {"name": labels.get(name, name)}
        conditions.append((f'contact.{name} == "…"', label))
    return conditions


def _fields() -> list[tuple[str, str]]:
    labels = {field.key: field.label for field in fields()}
    names = [*labels, *sorted(attribute_names() - labels.keys())]
    return [
        ("contact.first_name", _("First name")),
        ("contact.last_name", _("Last name")),
        ("contact.email", _("Email address")),
        *((f"contact.{name}", labels.get(name, name)) for name in names),
        *((f"coupon.{key}", _("Coupon: %(name)s") % {"name": name}) for key, name in pool_names()),
        ("account.name", _("Your company")),
        ("list.name", _("Name of the list")),
        ("subscription.date", _("Date of the sign-up")),
        ("subscription.source", _("Source of the sign-up")),
        ("mailing_id", _("Mailing ID")),
    ]


def _imprint(request: StudioRequest, campaign: Campaign, brand: BrandStyle) -> str:
    imprint = newest_imprint()
    if imprint is None:
        return ""
    source = imprint_html(imprint_block(campaign, imprint, brand))
    values = sample_values(campaign, request.account, None, bare=False)
    return LiquidTemplate.parse(source, autoescape=True).render(values)


def _labels() -> dict[str, str]:
    return {
        "blocks": _("Blocks"), "sections": _("Sections"), "prebuilt": _("Prebuilt"),
        "heading": _("Heading"), "text": _("Text"), "image": _("Image"), "button": _("Button"),
        "button_full": _("Full-width button"), "divider": _("Divider"), "ornament": _("Decorative divider"),
        "spacer": _("Spacer"), "quote": _("Quote"), "table": _("Table"), "html": _("Custom HTML"),
        "one_column": _("One column"), "two_columns": _("Two columns"), "three_columns": _("Three columns"),
        "image_left": _("Image and text"), "gallery": _("Gallery"), "background": _("Background image"),
        "header": _("Header"), "menu": _("Menu"), "product": _("Products"), "video": _("Video"),
        "icon_list": _("Icon list"), "coupon": _("Coupon"), "countdown": _("Countdown"),
        "event": _("Event"), "poll": _("Poll"), "nps": _("NPS question"), "map": _("Map"),
        "signature": _("Signature"), "social": _("Social icons"), "footer": _("Footer"),
        **{block.key: _(block.label) for block in EXTENDED.values()},
    }  # fmt: skip


def _parts(without: Collection[str]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the palette: groups of key, icon and label, in page order."""
    labels = _labels()
    return [
        (labels[group], [(key, icon, labels[key]) for key, icon in kinds.items() if key not in without])
        for group, kinds in GROUPS.items()
    ]


def _words() -> dict[str, str]:
    return {
        "mj-body": _("Campaign"), "mj-section": _("Section"), "mj-wrapper": _("Section group"),
        "mj-column": _("Column"),
        "mj-group": _("Columns that don't stack"), "mj-text": _("Text"), "mj-image": _("Image"),
        "mj-button": _("Button"), "mj-divider": _("Divider"), "mj-spacer": _("Spacer"),
        "mj-table": _("Table"),
        "mj-source": _("Source"), "mj-include": _("Shared row"), "mf-imprint": _("Imprint and unsubscribe link"),
        "canvas": _("Campaign editor"), "no_block": _("No block selected"),
        "nothing_chosen": _("Select a block in the campaign or in the outline to edit it."),
        "imprint_stays": _(
            "Every campaign includes this block: who it's from, why people receive it, and how to unsubscribe. It "
            "can't be removed. You can change its colors under Content, Brand."
        ),
        "write_hint": _("Click the selected text in the campaign to write in it."),
        "edit_markup": _("Edit the HTML"), "markup": _("HTML"),
        "markup_hint": _("For what can't be written in the campaign."),
        "html_only": _("This text has parts that can only be edited as HTML, in the panel beside the campaign."),
        "field_or": _("…1, or: …2"), "field_condition": _("Depends on the reader: …"), "field_if": _("If …"),
        "field_else": _("Otherwise"), "field_end": _("End of the condition"),
        "source_hint": _("The editor can't display this part. It stays exactly as it is."),
        "label": _("Button text"), "href": _("Link"), "picture": _("Image URL"),
        "choose_picture": _("Choose from Media"),
        "alt": _("Alt text, read aloud and shown when images are off"),
        "align": _("Alignment"), "left": _("Left"), "centre": _("Center"), "right": _("Right"),
        "vertical": _("Vertical alignment"), "top": _("top"), "middle": _("middle"), "bottom": _("bottom"),
        "space": _("Padding (pixels)"), "above": _("top"), "below": _("bottom"),
        "left_side": _("Left"), "right_side": _("Right"),
        "share": _("Width (percent)"), "equal_share": _("equal"), "as_set": _("default"),
        "color": _("Text color"), "background-color": _("Background"), "border-color": _("Border color"),
        "font-size": _("Text size (pixels)"), "border-radius": _("Corner radius (pixels)"),
        "border-width": _("Thickness (pixels)"), "height": _("Height (pixels)"), "width": _("Width (pixels)"),
        "page-width": _("Campaign width (pixels)"),
        "shown_to": _("Show to"), "everybody": _("Everyone"), "value": _("Value"), "only_if": _("Only if …"),
        "added": _("Added: …"), "deleted": _("Deleted: …"), "copied": _("Copied: …"), "moved": _("Moved: …"),
        **_setting_words(),
        **_saved_words(),
        **_lock_words(),
        **{f"add_{key}": label for key, label in _labels().items()},
    }  # fmt: skip


def _setting_words() -> dict[str, str]:
    return {
        "screens": _("Screens"),
        "screens_all": _("Phones and computers"),
        "screens_desktop": _("Computers only"),
        "screens_phone": _("Phones only"),
        "stacking": _("Order on phones"),
        "stacking_first": _("Left column first"),
        "stacking_last": _("Right column first"),
        "stacking_hint": _("On a phone, columns are shown one below the other."),
        "backdrop": _("Background image URL"),
        "backdrop_hint": _("Choose a background color too: it shows until the image is loaded, or if it never is."),
        "links": _("Links"),
        "network": _("Network"),
        "link_text": _("Link text"),
        "add_link": _("Add a link"),
        "remove_link": _("Remove link"),
        "leads_to": _("Leads to"),
        "to_page": _("A web page"),
        "to_calendar": _("A calendar file (.ics)"),
        "to_poll": _("An answer to the question above it"),
        "poll_hint": _(
            "The text above is the question, and this button is an answer. Copy the button for another one: 2 to 6. "
            "Readers send their answer on a page of yours."
        ),
        "nps_hint": _("The text above is the question. Readers send their score on a page of yours."),
        "feed_again": _("Look the feed up again"),
        "product_fill": _("Fill from its page"),
        "poll_comment": _("Ask for a comment, too"),
        "event_name": _("Name of the event"),
        "event_start": _("Starts"),
        "event_end": _("Ends"),
        "event_zone": _("Time zone"),
        "event_place": _("Place"),
        "event_note": _("Note in the calendar"),
        "event_hint": _("Readers add the event to their own calendar. The file is the same for everyone."),
        "countdown_date": _("Counts down to"),
        "countdown_hint": _("The days left are counted once, for the day on which the campaign is sent."),
        "countdown_chip": _("Days until …"),
    }


def _lock_words() -> dict[str, str]:
    return {
        "slot": _("Editable in a locked design"),
        "slot_none": _("Nothing"),
        "slot_text": _("Text"),
        "slot_image": _("Image"),
        "slot_rows": _("Its blocks"),
        "slot_hint": _("Save it as a template and lock the design there. Then others change only what you marked."),
        "locked": _("This part is locked. Someone who may change the brand can unlock the design."),
        "locked_rows": _("You can add blocks here, change and remove them."),
        "locked_add": _("Select a part into which you may put blocks."),
        "locked_nowhere": _("This design has no part into which you may put blocks."),
    }


def _saved_words() -> dict[str, str]:
    return {
        "saved_rows": _("Saved rows"),
        "save_row": _("Save row"),
        "saved_name": _("Name"),
        "saved_none": _("Select a section and choose “Save row” to use it again in other campaigns."),
        "saved_shared": _("Shared: a change to this row reaches every draft that uses it, and nothing that was sent."),
        "saved_done": _("Saved: …"),
        "saved_edit": _("Rename or delete"),
        "saved_rename": _("Rename"),
        "saved_cancel": _("Cancel"),
        "saved_delete": _("Delete"),
        "saved_delete_sure": _("Delete this row? Campaigns that contain a copy keep it."),
        "saved_delete_shared": _("Delete this row? … drafts use it. Each of them keeps a copy."),
        "saved_failed": _("The row wasn't saved. Check your connection and try again."),
        "shared_about": _("“…” is a shared row: what it says is the same in every draft that uses it."),
        "shared_change": _("Change it everywhere"),
        "shared_detach": _("Turn into a copy for this campaign"),
        "shared_saves": _("You're changing “…”. Drafts follow when you save it."),
        "shared_save": _("Save for all drafts"),
        "shared_gone": _("This shared row no longer exists. Delete it here."),
    }
