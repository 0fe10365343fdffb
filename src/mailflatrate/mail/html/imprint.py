"""The block that no customer can leave out: why the reader gets this, how to opt out, who is responsible (R-40, R-44,
R-51). It comes last in both parts, outside the customer's elements and conditions, at least 11 px, with a contrast of
at least 4.5 : 1; `!important` keeps the content's style sheet from hiding it.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass, replace

from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, MINIMUM_FONT_PX, contrast
from mailflatrate.mail.html.finish import shows_dark
from mailflatrate.mail.html.tokens import Token, TokenKind, write
from mailflatrate.mail.liquid.closures import LINK_FILTER
from mailflatrate.mail.liquid.protect import literal, protect

DARK_INK = "#b9b1a3"
DARK_GROUND = "#16191f"
"""The block's colors if the reader's client is in dark mode and the message declares that it supports it."""


@dataclass(frozen=True, slots=True)
class FooterLine:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class BlockStyle:
    text_color: str = "#57504a"
    background_color: str = "#f7f4ee"
    font_px: int = 12

    def readable(self) -> BlockStyle:
        plain = BlockStyle()
        try:
            faint = contrast(self.text_color, self.background_color) < MINIMUM_CONTRAST
        except ValueError:
            faint = True
        size = max(self.font_px, MINIMUM_FONT_PX)
        if faint:
            return BlockStyle(plain.text_color, plain.background_color, size)
        return BlockStyle(self.text_color, self.background_color, size)


@dataclass(frozen=True, slots=True)
class FooterImprint:
    """`reason` may hold Liquid; everything else is printed as it is."""

    lines: tuple[FooterLine, ...]
    reason: str
    mailing_id: str
    language: str
    privacy_url: str | None = None
    offers_preferences: bool = True
    is_transactional: bool = False
    """Nothing to unsubscribe from; readers say instead that the message isn't meant for them (R-112)."""
    style: BlockStyle = BlockStyle()
    anchor: str = ""
    """The block's id where it can be dark; empty where it is always light."""


_PAGE = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_SOURCE = re.compile(r"\{\{\s*subscription\.source\s*\}\}")
_WORDS = {
    "unsubscribe": N_("Unsubscribe"),
    "preferences": N_("Change your settings"),
    "not_me": N_("This wasn't me"),
    "privacy": N_("Privacy"),
    "mailing": N_("Mailing ID"),
    "imprint": N_("Imprint"),
}


def with_dark_colors(tokens: list[Token], imprint: FooterImprint) -> FooterImprint:
    """Add the imprint's dark colors to the head: its own are inline and `!important`, so dark mode paints over them.
    The id depends on the whole document, so that no style sheet in it can name it.
    """
    end = next((at for at, token in enumerate(tokens) if token.kind is TokenKind.END and token.name == "head"), None)
    if end is None or not shows_dark(tokens):
        return imprint
    anchor = f"m{hashlib.sha256(write(tokens).encode()).hexdigest()[:16]}"
    ink = f"-webkit-text-fill-color:{DARK_INK}!important;text-decoration-color:{DARK_INK}!important"
    ground = f"background-image:linear-gradient({DARK_GROUND},{DARK_GROUND})!important"
    css = f"@media (prefers-color-scheme:dark){{ #{anchor},#{anchor} *{{{ink}}} #{anchor}{{{ground}}} }}"
    tokens[end:end] = [
        Token(TokenKind.START, "<style>", "style"),
        Token(TokenKind.RAW, css, "style"),
        Token(TokenKind.END, "</style>", "style"),
    ]
    return replace(imprint, anchor=anchor)


def imprint_html(imprint: FooterImprint) -> str:
    words, style = _words(imprint.language), imprint.style.readable()
    ink = f"color:{style.text_color}!important;"
    if not imprint.anchor:
        ink += "-webkit-text-fill-color:currentcolor!important;"
    lock = (
        "display:block!important;visibility:visible!important;opacity:1!important;position:relative!important;"
        "z-index:2147483647!important;margin:0!important;border:0!important;padding:24px 16px!important;"
        "width:auto!important;max-width:none!important;white-space:normal!important;letter-spacing:normal;"
        "word-spacing:normal;text-indent:0!important;-webkit-text-stroke:0!important;"
        "-webkit-text-security:none!important;text-shadow:none!important;"
        "height:auto!important;max-height:none!important;overflow:visible!important;clear:both!important;"
        f"{ink}background-color:{style.background_color}!important;"
        f"font-size:{style.font_px}px!important;line-height:1.5!important;"
        "font-family:Arial,Helvetica,sans-serif!important;text-align:center;overflow-wrap:anywhere;"
        "word-break:break-word;"
    )
    inline = f"display:inline!important;visibility:visible!important;{ink}"
    inline += f"font-size:{style.font_px}px!important;font-family:inherit!important;background:none!important;"
    inline += "margin:0!important;border:0!important;padding:0!important"

    def link(url: str, text: str) -> str:
        return f'<a href="{url}" style="{inline};text-decoration:underline!important">{text}</a>'

    def shown(line: FooterLine) -> str:
        if not _PAGE.fullmatch(line.value):
            return literal(html.escape(_line(line, words["colon"])))
        url = literal(html.escape(line.value))
        return literal(html.escape(f"{line.label}{words['colon']}")) * bool(line.label) + link(url, url)

    if imprint.is_transactional:
        links = [link("{{ not_me_url }}", words["not_me"])]
    else:
        links = [link("{{ unsubscribe_url }}", words["unsubscribe"])]
    if imprint.offers_preferences and not imprint.is_transactional:
        links.append(link("{{ preferences_url }}", words["preferences"]))
    if imprint.privacy_url:
        links.append(link(literal(html.escape(imprint.privacy_url)), words["privacy"]))
    name = f' id="{imprint.anchor}"' if imprint.anchor else ""
    lines = "<br>".join(shown(line) for line in imprint.lines)
    reason = protect(imprint.reason, entities=False)
    return (
        f'<div{name} lang="{imprint.language}" dir="ltr" style="{lock}">'
        f"{reason.restore_html(html.escape(reason.text), _with_link)}<br>{' &middot; '.join(links)}<br><br>"
        f'<strong style="{inline}">{words["imprint"]}</strong><br>{lines}<br><br>'
        f"{words['mailing']}{words['colon']}{literal(html.escape(imprint.mailing_id))}</div>"
    )


def _with_link(tag: str) -> str:
    return f"{{{{ subscription.source | {LINK_FILTER} }}}}" if _SOURCE.fullmatch(tag) else tag


def imprint_text(imprint: FooterImprint) -> str:
    """Liquid source; `-- ` marks a signature (RFC 3676 4.3)."""
    words = _words(imprint.language)
    colon = words["colon"]
    lines = ["-- ", imprint.reason, ""]
    if imprint.is_transactional:
        lines.append(f"{words['not_me']}{colon}{{{{ not_me_url }}}}")
    else:
        lines.append(f"{words['unsubscribe']}{colon}{{{{ unsubscribe_url }}}}")
    if imprint.offers_preferences and not imprint.is_transactional:
        lines.append(f"{words['preferences']}{colon}{{{{ preferences_url }}}}")
    if imprint.privacy_url:
        lines.append(f"{words['privacy']}{colon}{literal(imprint.privacy_url)}")
    lines += ["", f"{words['imprint']}{colon.rstrip(' ')}", *(literal(_line(line, colon)) for line in imprint.lines)]
    lines += ["", f"{words['mailing']}{colon}{literal(imprint.mailing_id)}"]
    return "\n".join(lines) + "\n"


def _line(line: FooterLine, colon: str) -> str:
    return f"{line.label}{colon}{line.value}" if line.label else line.value


def _words(language: str) -> dict[str, str]:
    words = {name: translate(message, language) for name, message in _WORDS.items()}
    return {**words, "colon": formats_of(language).colon}
