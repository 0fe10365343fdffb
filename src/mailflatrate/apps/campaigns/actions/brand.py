"""The account's brand: how its campaigns look."""

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.people import change_colour
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import BrandKit, Media
from mailflatrate.base import tenancy
from mailflatrate.mail.html.brand_style import BUTTON_SHAPES, FONTS, LINK_STYLES, is_colour

COLOURS = ("primary", "ink", "sheet", "page", "imprint_ink", "imprint_ground")
CHOICES: Mapping[str, Collection[str]] = {
    "heading_font": FONTS,
    "body_font": FONTS,
    "button_shape": BUTTON_SHAPES,
    "link_style": LINK_STYLES,
}
USUAL = {"button_shape": "rounded", "link_style": "underline"}


def save_brand(values: Mapping[str, str], *, logo_id: int | None, dark_logo_id: int | None = None) -> BrandKit:
    """Colors are `#rrggbb`. The only place that sets an account's look; public pages and confirmation email use the
    primary color, too. Raises CampaignError.
    """
    values = {**USUAL, **values}
    wrong = [name for name in COLOURS if not is_colour(values.get(name, ""))]
    wrong += [name for name, offered in CHOICES.items() if values.get(name) not in offered]
    if wrong:
        raise CampaignError(_("Not one of the available colors or fonts: %(names)s") % {"names": ", ".join(wrong)})
    logo = Media.objects.filter(id=logo_id).first() if logo_id else None
    dark = Media.objects.filter(id=dark_logo_id).first() if dark_logo_id else None
    change_colour(tenancy.current_account_id(), values["primary"].lower())
    kit, _made = BrandKit.objects.update_or_create(
        account_id=tenancy.current_account_id(),
        defaults={**{name: values[name] for name in (*COLOURS, *CHOICES)}, "logo": logo, "logo_dark": dark},
    )
    return kit
