"""How a sign-up form looks with the account's brand."""

from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.rules.forms.content import Font, FormStyle
from mailflatrate.settings.schema import load_settings

_SERIFS = frozenset({"georgia", "palatino"})


def form_style(brand: BrandStyle) -> FormStyle:
    """Return the style of a form in this brand.

    A logo is used only with https or from our own host, because the form's page accepts no other.
    """
    logo = brand.logo_url if brand.logo_url.startswith(("https://", f"{load_settings().public_url}/")) else ""
    return FormStyle(brand.primary.lower(), logo, Font.SERIF if brand.body_font in _SERIFS else Font.SANS)
