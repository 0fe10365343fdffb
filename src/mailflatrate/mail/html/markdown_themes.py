"""Themes for Markdown, in the account's colors and fonts. A theme adds elements to the HTML that our own parser wrote,
so no markup of an author is involved. Without one, a message looks as it did before there were themes.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final

from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.html.brand_style import BrandStyle

LOGO_MOST_PX: Final = 200
WIDTH_PX: Final = 520
"""The width of a text, and of a picture alone in its paragraph, in a sheet of 600 px."""
IN_BROWSER: Final = N_("View in your browser")


@dataclass(frozen=True, slots=True)
class MarkdownTheme:
    key: str
    masthead: str
    align: str
    title_px: int
    wide_buttons: bool = False


THEMES: Final = {
    theme.key: theme
    for theme in (
        MarkdownTheme("classic", "left", "left", 32),
        MarkdownTheme("centered", "center", "center", 36),
        MarkdownTheme("banner", "band", "left", 34, wide_buttons=True),
    )
}
DEFAULT_THEME: Final = "classic"
"""What a new campaign in Markdown begins with in the studio."""

_LINK = r"<a href=(?:(?!</a>).)*</a>"
_BUTTONS = re.compile(rf"<p>((?:<strong>{_LINK}</strong>(?:<br />)?\s*)+)</p>", re.DOTALL)
_BUTTON = re.compile(rf"<strong>({_LINK})</strong>", re.DOTALL)
_FIGURE = re.compile(r"<p>(<a href=[^>]*>)?<img ([^>]*?)/?>(</a>)?</p>")


def with_buttons(body: str, theme: MarkdownTheme) -> str:
    body = _BUTTONS.sub(lambda match: "".join(_button(button[1], theme) for button in _BUTTON.finditer(match[1])), body)
    return _FIGURE.sub(
        lambda match: f'<p class="figure">{match[1] or ""}<img width="{WIDTH_PX}" {match[2]}>{match[3] or ""}</p>', body
    )


def _button(link: str, theme: MarkdownTheme) -> str:
    width = ' width="100%"' if theme.wide_buttons else ""
    return (
        f'<table role="presentation" class="action" align="{theme.align}"{width} cellpadding="0" cellspacing="0" '
        f'border="0"><tr><td class="action" align="center">{link}</td></tr></table><div class="below"></div>'
    )


def masthead(brand: BrandStyle, theme: MarkdownTheme, name: str) -> str:
    inner, kind = name, "name"
    if brand.logo_url:
        width = min(brand.logo_width or LOGO_MOST_PX, LOGO_MOST_PX)
        inner = f'<img src="{html.escape(brand.logo_url)}" alt="{name}" width="{width}">'
        kind = "logo"
    align = "left" if theme.masthead == "left" else "center"
    # A logo is drawn for light or dark grounds, seldom for the brand's own color, so the band becomes a line.
    return f'<tr><td class="mast {theme.masthead}-{kind} {kind}" align="{align}">{inner}</td></tr>'


def footer(theme: MarkdownTheme, name: str, address: str, language: str) -> str:
    words = html.escape(translate(IN_BROWSER, language))
    return (
        f'<tr><td class="foot" align="{theme.align}"><strong>{name}</strong><br>'
        f'<a href="{address}">{words}</a></td></tr>'
    )


def style(brand: BrandStyle, theme: MarkdownTheme) -> str:
    centered = "margin-left: auto; margin-right: auto; " if theme.align == "center" else ""
    return _STYLE.format(
        **brand.words(),
        title_px=theme.title_px,
        small_px=min(theme.title_px, 28),
        align=theme.align,
        centered=centered,
        display="block" if theme.wide_buttons else "inline-block",
    )


_STYLE = """
.sheet td.mast {{ padding: 32px 40px 0; font-family: {heading_font}; font-size: 20px; line-height: 1.3; \
font-weight: 700; color: {link}; }}
.sheet td.mast img {{ display: block; height: auto; border: 0; font-size: 14px; }}
.sheet td.center-logo img, .sheet td.band-logo img {{ margin: 0 auto; }}
.sheet td.band-name {{ padding: 26px 40px; font-size: 24px; background-color: {primary}; color: {on_primary}; }}
.sheet td.band-logo {{ border-top: 6px solid {primary}; }}
.sheet td.letter {{ padding-top: 28px; padding-bottom: 16px; }}
.sheet td.letter h1 {{ font-size: {title_px}px; line-height: 1.2; font-weight: 700; text-align: {align}; }}
.sheet td.letter p.figure {{ margin: 8px 0 24px; }}
.sheet td.letter p.figure img {{ display: block; width: 100%; height: auto; border-radius: {radius}; }}
.sheet table.action {{ {centered}width: auto; margin-top: 8px; margin-bottom: 8px; border-collapse: separate; }}
.sheet table.action[width] {{ width: 100%; }}
.sheet td.letter td.action {{ padding: 0; border: 0; text-align: center; background-color: {primary}; \
border-radius: {radius}; }}
.sheet td.letter td.action a {{ display: {display}; padding: 14px 26px; font-size: 16px; line-height: 1.25; \
font-weight: 600; color: {on_primary}; text-decoration: none; }}
.sheet div.below {{ clear: both; height: 12px; line-height: 12px; font-size: 1px; }}
.sheet td.foot {{ padding: 20px 40px 28px; border-top: 1px solid {rule}; font-family: {body_font}; \
font-size: 14px; line-height: 1.6; color: {soft}; }}
.sheet td.foot a {{ color: {link}; text-decoration: {link_line}; font-weight: {link_weight}; }}
@media (max-width: 480px) {{
.sheet td.mast {{ padding-left: 20px !important; padding-right: 20px !important; }}
.sheet td.foot {{ padding: 16px 20px 28px !important; }}
.sheet td.letter h1 {{ font-size: {small_px}px !important; }}
}}
@media (prefers-color-scheme: dark) {{
.sheet td.mast {{ color: {dark_link} !important; }}
.sheet td.band-name {{ background-color: {dark_link} !important; color: {dark_on_link} !important; }}
.sheet td.band-logo {{ border-color: {dark_link} !important; }}
.sheet td.letter td.action {{ background-color: {dark_link} !important; }}
.sheet td.letter td.action a {{ color: {dark_on_link} !important; }}
.sheet td.foot {{ color: {dark_soft} !important; border-color: {dark_rule} !important; }}
.sheet td.foot a {{ color: {dark_link} !important; }}
{dark_logo}
}}
"""
