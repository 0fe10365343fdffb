"""A form's own style sheet: what the pages and the script get of it, and what its author reads about the rest."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.entrypoints.presenters.signup.embeds import FACES
from mailflatrate.mail.form_css.sheet import MAX_CHARACTERS, PARTS, CssFault, CssFinding, form_css
from mailflatrate.mail.form_css.values import PROPERTIES
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.rules.forms.content import Font, FormStyle
from mailflatrate.settings.schema import load_settings

# What follows a background of the customer's: texts without a color of their own, and controls that the theme colors.
_BEFORE = (
    ":where(.mf-intro,.mf-title,.mf-label,.mf-steps,.mf-back,.mf-form .field-hint,.mf-form small)"
    "{color:var(--mf-ink,var(--mf-text))}:where(.mf-form .btn-plain,.mf-back){background:transparent}"
    ":where(.mf-form .notice,.mf-input){color:var(--mf-own-text)}:where(.mf-title){line-height:1.3}"
)
# Consent, names of lists, notice, imprint, errors and links: nothing of the customer's sheet applies to them.
_KEPT = (
    ":is({kept}),:is({kept}) *{{color:var(--mf-ink,var(--mf-text))!important;font-family:{face}!important;"
    "font-size:.875rem!important;font-style:normal!important;line-height:1.45!important;letter-spacing:normal!important;"
    "text-transform:none!important}}"
    ":is({kept}){{position:relative;z-index:1}}.mf-close{{color:var(--mf-ink,CanvasText)!important}}"
    ".mf-form :focus-visible{{outline-color:var(--mf-ink,var(--mf-text))!important}}"
)
_PAGE = ":root{--mf-text:var(--color-base-content);--mf-own-text:var(--color-base-content)}"
_KEPT_ON_PAGE = ".mf-kept,.sender-name,.sender-text,.paper-foot"
_SCRIPT = ":host{--mf-text:CanvasText;--mf-own-text:FieldText}"


def page_css(style: FormStyle) -> str:
    """Return the rules of our own pages; empty for a form without a style sheet. They can't end a style element."""
    return _whole(_PAGE, style, _KEPT_ON_PAGE)


def script_css(style: FormStyle) -> str:
    return _whole(_SCRIPT, style, ".mf-kept")


def _whole(names: str, style: FormStyle, kept: str) -> str:
    css = form_css(style.css).css
    return f"{names}{_BEFORE}{css}{_KEPT.format(face=FACES[style.font], kept=kept)}" if css else ""


def css_lines(source: str) -> Sequence[dict[str, Any]]:
    return [{"line": finding.line, "text": _sentence(finding)} for finding in form_css(source).findings]


def css_parts() -> str:
    return " ".join(f".{part}" for part in PARTS)


def css_properties() -> str:
    return ", ".join(sorted(PROPERTIES))


def _sentence(finding: CssFinding) -> str:
    named = {"text": finding.text, "of": finding.of, "parts": css_parts(), "limit": MAX_CHARACTERS}
    if finding.fault is CssFault.VALUE:
        return _value_sentence(finding)
    words = {
        CssFault.TOO_LONG: _("This is too long and was left out. Use up to %(limit)d characters and 200 rules."),
        CssFault.SYNTAX: _("This can't be read and was left out. Check the braces, colons and semicolons."),
        CssFault.AT_RULE: _("“%(text)s” was left out. Of at-rules, only @media works here, and not inside another."),
        CssFault.MEDIA: _(
            "“%(text)s” was left out. Ask for min-width, max-width, prefers-color-scheme or prefers-reduced-motion."
        ),
        CssFault.SELECTOR: _("“%(text)s” was left out. Name one part and, if you like, a state: %(parts)s."),
        CssFault.PROPERTY: _("“%(text)s” was left out: it can't be set here. The list below has what can be set."),
        CssFault.FILE: _("“%(text)s” was left out: a form loads no files. Use a color or a linear-gradient."),
        CssFault.CONTRAST: _(
            "The color %(text)s was left out: it's too close to the background. Choose one with a contrast of "
            "4.5 or more."
        ),
        CssFault.BACKGROUND: _(
            "“%(text)s” was left out: neither black nor white text is readable on all of it. Choose a lighter or "
            "darker background."
        ),
        CssFault.DARK: _(
            "On devices in dark mode, the form's background is dark, and this text may be unreadable. Set a background "
            "for .form, too."
        ),
    }
    return words[finding.fault] % named


def _value_sentence(finding: CssFinding) -> str:
    named = {"text": finding.text, "of": finding.of}
    if finding.of in ("color", "background", "background-color", "accent-color"):
        return _("“%(text)s” was left out. For %(of)s, write an opaque color such as #00595a or rgb(0 89 90).") % named
    if finding.of == "font-family":
        return _("“%(text)s” was left out. Name typefaces of the device, such as Georgia, serif.") % named
    if finding.of == "font-size":
        return _("“%(text)s” was left out. Use a size between 12px and 48px, in px or rem.") % named
    if finding.of == "max-width":
        return _("“%(text)s” was left out. Use a width between 240px and 960px, in px or rem.") % named
    return _("“%(text)s” was left out: %(of)s can't have this value here. Use px or rem, and less of it.") % named


_SERIFS = frozenset({"georgia", "palatino"})


def form_style(brand: BrandStyle) -> FormStyle:
    """A logo is used only with https or from our own host, because the form's page accepts no other."""
    logo = brand.logo_url if brand.logo_url.startswith(("https://", f"{load_settings().public_url}/")) else ""
    return FormStyle(brand.primary.lower(), logo, Font.SERIF if brand.body_font in _SERIFS else Font.SANS)
