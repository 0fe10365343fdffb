"""Turns Markdown into a message with our own plain theme: 600 px, its own colors in dark mode."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.html.brand_style import BrandStyle, mixed
from mailflatrate.mail.html.markdown_themes import THEMES, MarkdownTheme, footer, masthead, style, with_buttons
from mailflatrate.mail.html.outline import count_table_cells
from mailflatrate.mail.liquid.protect import ProtectedText
from mailflatrate.mail.source_errors import SourceRefused

MAX_TABLE_CELLS = 8_000
"""Cells of all tables in one Markdown text."""


@lru_cache(maxsize=64)
def _style(brand: BrandStyle) -> str:
    words = brand.words()
    return _STYLE.format(**words | {"code": mixed(brand.sheet, brand.ink, 0.06)})


def _style_for(brand: BrandStyle, body: str) -> str:
    """Drop selectors of elements that the text does not contain: every octet is sent to every recipient."""

    def matching(rule: re.Match[str]) -> str:
        selectors = [selector for selector in rule[1].split(", ") if _has_element(body, selector)]
        return ", ".join(selectors) + rule[2] if selectors else ""

    return _RULE.sub(matching, _style(brand))


def _has_element(body: str, selector: str) -> bool:
    _, _, element = selector.partition("td.letter ")
    return not element or re.search(rf"<{element}[\s/>]", body) is not None


_RULE = re.compile(r"^(td\.letter[^{@\n]*)( \{.*\}\n)", re.MULTILINE)


_STYLE = """
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
body {{ margin: 0; padding: 0; background-color: {page}; -webkit-text-size-adjust: 100%; }}
table.sheet {{ width: 100%; max-width: 600px; background-color: {sheet}; border: 1px solid {rule}; }}
td.letter {{ padding: 40px 40px 32px; font-family: {body_font}; font-size: 17px; line-height: 1.6; color: {ink};
  overflow-wrap: anywhere; word-break: break-word; }}
td.letter h1, td.letter h2, td.letter h3 {{ font-family: {heading_font}; font-weight: 600; color: {ink}; }}
td.letter h1 {{ margin: 0 0 20px; font-size: 30px; line-height: 1.25; }}
td.letter h2 {{ margin: 32px 0 12px; font-size: 22px; line-height: 1.3; }}
td.letter h3 {{ margin: 24px 0 8px; font-size: 18px; line-height: 1.4; }}
td.letter p {{ margin: 0 0 16px; }}
td.letter ul, td.letter ol {{ margin: 0 0 16px; padding: 0 0 0 24px; }}
td.letter li {{ margin: 0 0 6px; }}
td.letter a {{ color: {link}; text-decoration: {link_line}; font-weight: {link_weight}; }}
td.letter blockquote {{ margin: 0 0 16px; padding: 2px 0 2px 16px; border-left: 3px solid {rule}; color: {soft}; }}
td.letter hr {{ margin: 28px 0; border: 0; border-top: 1px solid {rule}; }}
td.letter img {{ max-width: 100%; height: auto; border: 0; }}
td.letter code {{ font-family: Consolas,Menlo,monospace; font-size: 15px; background-color: {code}; }}
td.letter pre {{ margin: 0 0 16px; padding: 12px; background-color: {code}; white-space: pre-wrap; }}
td.letter table {{ margin: 0 0 16px; border-collapse: collapse; width: 100%; }}
td.letter th, td.letter td {{ padding: 8px; border-bottom: 1px solid {rule}; text-align: left; vertical-align: top; }}
@media (max-width: 480px) {{
td.letter {{ padding: 28px 20px 24px !important; font-size: 16px !important; }}
}}
@media (prefers-color-scheme: dark) {{
body, table.page {{ background-color: {dark_page} !important; }}
table.sheet {{ background-color: {dark_sheet} !important; border-color: {dark_rule} !important; }}
td.letter, td.letter h1, td.letter h2, td.letter h3 {{ color: {dark_ink} !important; }}
td.letter a {{ color: {dark_link} !important; }}
td.letter blockquote {{ color: {dark_soft} !important; border-color: {dark_rule} !important; }}
td.letter code, td.letter pre {{ background-color: {dark_page} !important; }}
td.letter hr, td.letter th, td.letter td {{ border-color: {dark_rule} !important; }}
}}
"""


def _markdown() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "linkify": True, "typographer": False}).enable(
        ["table", "strikethrough", "linkify"]
    )
    # A target has to stay byte for byte what the author wrote; the sanitizer judges schemes.
    md.normalizeLink = lambda url: url  # type: ignore[method-assign]
    md.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return md


_MARKDOWN = _markdown()


def markdown_as_html(text: str) -> str:
    refuse_large_tables(text)
    return str(_MARKDOWN.render(text))


def refuse_large_tables(text: str) -> None:
    """Raises SourceRefused: markdown-it fills short rows up, so some kilobytes become 100,000 cells."""
    if count_table_cells(text) > MAX_TABLE_CELLS:
        raise SourceRefused((mistake(1, "too-many-cells", str(MAX_TABLE_CELLS)),))


@dataclass(frozen=True, slots=True)
class Theme:
    look: MarkdownTheme
    name: str
    address: str


def with_theme(protected: ProtectedText, key: str) -> tuple[ProtectedText, Theme | None]:
    look = THEMES.get(key)
    if look is None:
        return protected, None
    protected, name = protected.adding("{{ account.name }}")
    protected, address = protected.adding("{{ web_url }}")
    return protected, Theme(look, name, address)


def render_markdown(
    protected: ProtectedText, *, title: str, language: str, brand: BrandStyle, theme: Theme | None = None
) -> str:
    """Liquid is protected; block tags in a separate paragraph are not wrapped."""
    refuse_large_tables(protected.text)
    body = _MARKDOWN.render(protected.text)
    word = protected.word.pattern
    free = re.compile(rf"<p>((?:{word}\s*)+)</p>")

    def unwrap(match: re.Match[str]) -> str:
        words = list(protected.word.finditer(match[1]))
        if any(protected.is_output(int(tag[1])) for tag in words):
            return match.group()
        return "".join(f"<!--{tag.group()}-->" for tag in words)

    body = free.sub(unwrap, body)
    above = below = own_style = ""
    if theme is not None:
        body = with_buttons(body, theme.look)
        above = masthead(brand, theme.look, theme.name)
        below = footer(theme.look, theme.name, theme.address, language)
        own_style = style(brand, theme.look)
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{_style_for(brand, body)}{own_style}</style></head><body>"
        '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="background-color:' + brand.page + '"><tr><td align="center" style="padding:24px 8px">'
        '<!--[if mso]><table role="presentation" width="600" align="center"><tr><td><![endif]-->'
        '<table role="presentation" class="sheet" cellpadding="0" cellspacing="0" border="0">'
        f'{above}<tr><td class="letter">{body}</td></tr>{below}</table>'
        "<!--[if mso]></td></tr></table><![endif]--></td></tr></table></body></html>"
    )
