"""How the account's campaigns look."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import BrandKit, Media
from mailflatrate.base import tenancy
from mailflatrate.mail.html.brand_style import FONTS, is_colour

COLOURS = ("primary", "ink", "sheet", "page", "imprint_ink", "imprint_ground")
CHOICES = ("heading_font", "body_font")


def save_brand(values: Mapping[str, str], *, logo_id: int | None) -> BrandKit:
    """Save colors (`#rrggbb`), fonts and logo. Raises CampaignError for an invalid value."""
    wrong = [name for name in COLOURS if not is_colour(values.get(name, ""))]
    wrong += [name for name in CHOICES if values.get(name) not in FONTS]
    if wrong:
        raise CampaignError(_("Not one of the available colors or fonts: %(names)s") % {"names": ", ".join(wrong)})
    logo = Media.objects.filter(id=logo_id).first() if logo_id else None
    kit, _made = BrandKit.objects.update_or_create(
        account_id=tenancy.current_account_id(),
        defaults={**{name: values[name] for name in (*COLOURS, *CHOICES)}, "logo": logo},
    )
    return kit
