"""Compiles a landing page: a campaign's blocks without reader, imprint or unsubscribe link, in a sandboxed frame
without scripts (ADR 0091). The sanitizer of campaigns runs, then Liquid, and last a browser's parser with a closed list
of elements and attributes: nothing is edited after it, and what it would read differently a second time is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import nh3
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.content.campaign import (
    MAX_FINISHED,
    ContentSource,
    SourceFormat,
    find_merge_errors,
)
from mailflatrate.mail.html.finish import finish
from mailflatrate.mail.html.inline import normalise
from mailflatrate.mail.html.links import LinkBook
from mailflatrate.mail.html.mjml import render_mjml
from mailflatrate.mail.html.sanitise import DROPPED_WITH_CONTENT, Sanitizer
from mailflatrate.mail.html.scoped_css import safe_style, scoped_css, style_pictures
from mailflatrate.mail.html.tokens import Token, TokenKind, tokenise, write
from mailflatrate.mail.liquid import LiquidTemplate, RenderRefused, SourceRefused
from mailflatrate.mail.liquid.protect import protect
from mailflatrate.mail.liquid.sandbox import SAFE_SCHEMES

SCOPE: Final = ".landing-content"
KNOWN: Final = frozenset({"account.name"})
_BACKGROUND = re.compile(r"background-color\s*:\s*(#[0-9a-f]{3,8})\b", re.IGNORECASE)
_LOADED = ("src", "background", "poster")
_HEAD_KINDS: Final = frozenset({TokenKind.COMMENT, TokenKind.RAW, TokenKind.DOCTYPE})
_GONE_WITH_CONTENT: Final = DROPPED_WITH_CONTENT | {"head", "noscript", "style", "svg", "title"}
_TAGS: Final = (nh3.ALLOWED_TAGS | {"address", "big", "font", "main", "section", "tfoot"}) - _GONE_WITH_CONTENT
_LAYOUT: Final = {"align", "background", "bgcolor", "border", "cellpadding", "cellspacing", "height", "valign", "width"}
_ATTRIBUTES: Final = {
    "*": {"class", "color", "dir", "id", "lang", "role", "style", "title"} | _LAYOUT,
    "a": {"href", "name"},
    "area": {"alt", "coords", "href", "shape"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "font": {"face", "size"},
    "img": {"alt", "loading", "src"},
    "map": {"name"},
    "ol": {"reversed", "start", "type"},
    "td": {"colspan", "headers", "nowrap", "rowspan"},
    "th": {"abbr", "colspan", "headers", "nowrap", "rowspan", "scope"},
    "ul": {"type"},
}


@dataclass(frozen=True, slots=True)
class CompiledPage:
    """`html` is inside its place; `background` is `#rrggbb` or ""."""

    html: str
    css: str
    background: str
    pictures: tuple[str, ...]


def compile_page(source: str, language: str, company: str) -> CompiledPage:
    """Raises SourceRefused with every mistake and its line; a personal field is one. `company` is the account's name,
    the only field that a page knows.
    """
    errors = find_merge_errors(ContentSource(SourceFormat.MJML, source, ""), KNOWN)
    if errors:
        raise SourceRefused(tuple(errors))
    protected = protect(_without_liquid(source, company), entities=True)
    document = normalise(render_mjml(protected.text))
    sanitiser = Sanitizer(protected, LinkBook(None, frozenset()))
    tokens = finish(
        sanitiser.document(tokenise(document)), language=language, title="", wraps=False, word=protected.word
    )
    begins = [at for at, token in enumerate(tokens) if token.kind is TokenKind.START and token.name == "body"]
    ends = [at for at, token in enumerate(tokens) if token.kind is TokenKind.END and token.name == "body"]
    if not begins or not ends or ends[-1] <= begins[0]:
        raise SourceRefused((mistake(1, "no-body"),))
    inside = [_in_this_window(token) for token in tokens[begins[0] + 1 : ends[-1]] if token.kind not in _HEAD_KINDS]
    html = _as_browsers_read(protected.restore_html(write(inside), lambda tag: tag))
    styles = "".join(token.text for token in tokens if token.kind is TokenKind.RAW and token.name == "style")
    match = _BACKGROUND.search(write([tokens[begins[0]], *inside[:1]]))
    page = CompiledPage(
        html=html,
        css=scoped_css(styles, SCOPE),
        background=match[1] if match else "",
        pictures=_pictures(html),
    )
    if len(page.html) > MAX_FINISHED:
        raise SourceRefused((mistake(1, "becomes-too-long", str(MAX_FINISHED // 1000)),))
    return page


def _in_this_window(token: Token) -> Token:
    if token.name == "a" and "target" in token.attributes and (token.attributes.get("href") or "").startswith("#"):
        token.attributes = {name: value for name, value in token.attributes.items() if name != "target"}
        token.changed = True
    return token


def _as_browsers_read(html: str) -> str:
    """Return what html5ever understands and writes. Unlisted elements and attributes are gone, foreign ones (`svg`,
    `math`) with all in them. Raises SourceRefused for what it would read differently the next time.
    """
    parsed = _parse(html)
    if _parse(parsed) != parsed:
        raise SourceRefused((mistake(1, "markup-ambiguous"),))
    return parsed


def _parse(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_GONE_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        generic_attribute_prefixes={"aria-"},
        tag_attribute_values={"a": {"target": {"_blank"}}},
        attribute_filter=_attribute,
        url_schemes=set(SAFE_SCHEMES) | {"data"},
        link_rel="noopener",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return safe_style(value) or None
    if name in ("aria-roledescription", "role") and value in ("email", "article"):
        return None  # a message's
    is_picture = tag == "img" and name == "src" and value.startswith("data:image/")
    return None if value.lstrip().lower().startswith("data:") and not is_picture else value


def _without_liquid(source: str, company: str) -> str:
    try:
        return LiquidTemplate.parse(source, autoescape=True, known_variables=KNOWN).render(
            {"account": {"name": company}}
        )
    except RenderRefused as refused:
        raise SourceRefused((refused.error,)) from None


def _pictures(html: str) -> tuple[str, ...]:
    urls: dict[str, None] = {}
    for element in LexborHTMLParser(html).css("*"):
        urls |= {url: None for name in _LOADED if (url := element.attributes.get(name))}
        urls |= dict.fromkeys(style_pictures(element.attributes.get("style") or ""))
    return tuple(urls)
