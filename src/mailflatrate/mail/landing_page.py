"""Compiles a landing page: the blocks of a campaign for everyone, without a reader, imprint or unsubscribe link.

The page's frame (form, imprint, privacy link) isn't part of the content, so the content can't leave it out. Style
sheets reach only the content (`mail.html.scoped_css`); what the sanitizer of campaigns removes is removed here, too.
Liquid is carried out first: of what is sanitized, nothing is left out afterward, so every element that begins in the
content ends in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.content import (
    MAX_FINISHED,
    ContentSource,
    SourceFormat,
    find_merge_errors,
)
from mailflatrate.mail.html.finish import finish, is_balanced
from mailflatrate.mail.html.inline import normalise
from mailflatrate.mail.html.links import LinkBook
from mailflatrate.mail.html.mjml import render_mjml
from mailflatrate.mail.html.sanitise import Sanitizer
from mailflatrate.mail.html.scoped_css import scoped_css
from mailflatrate.mail.html.tokens import Token, TokenKind, tokenise, write
from mailflatrate.mail.liquid import LiquidTemplate, RenderRefused, SourceRefused
from mailflatrate.mail.liquid.protect import protect

SCOPE: Final = ".landing-content"
KNOWN: Final = frozenset({"account.name"})
_BACKGROUND = re.compile(r"background-color\s*:\s*(#[0-9a-f]{3,8})\b", re.IGNORECASE)
_LOADED = ("src", "background", "poster")
_HEAD_KINDS: Final = frozenset({TokenKind.COMMENT, TokenKind.RAW, TokenKind.DOCTYPE})
_HEAD_NAMES: Final = frozenset({"style", "title", "meta", "link", "base", "noscript", "template"})
"""What belongs into a page's head, or hides markup from a parser; the body has none of it."""


@dataclass(frozen=True, slots=True)
class CompiledPage:
    """The content of a page: the HTML inside its place, its style sheet, the page's color (`#rrggbb` or empty).

    `pictures` are the addresses of its images.
    """

    html: str
    css: str
    background: str
    pictures: tuple[str, ...]


def compile_page(source: str, language: str, company: str) -> CompiledPage:
    """Compile MJML as a landing page. Raises SourceRefused with every mistake and its line.

    It has no reader, so a personal field is a mistake. `company` is the account's name, the only field that it knows.
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
    inside = [token for token in tokens[begins[0] + 1 : ends[-1]] if token.kind not in _HEAD_KINDS]
    body = [_on_a_page(token) for token in inside if token.name not in _HEAD_NAMES]
    if not is_balanced(body):
        raise SourceRefused((mistake(1, "no-body"),))
    styles = "".join(token.text for token in tokens if token.kind is TokenKind.RAW and token.name == "style")
    found = _BACKGROUND.search(write([tokens[begins[0]], *body[:1]]))
    page = CompiledPage(
        html=protected.restore_html(write(body), lambda tag: tag),
        css=scoped_css(styles, SCOPE),
        background=found[1] if found else "",
        pictures=_pictures(body),
    )
    if len(page.html) > MAX_FINISHED:
        raise SourceRefused((mistake(1, "becomes-too-long", str(MAX_FINISHED // 1000)),))
    return page


def _on_a_page(token: Token) -> Token:
    """Return a token without what is meant for mail programs: a message's role, a new window for a link in the page."""
    names = {"aria-roledescription", "role"} if token.attributes.get("aria-roledescription") == "email" else set()
    if token.name == "a" and (token.attributes.get("href") or "").startswith("#"):
        names = {"target"}
    if token.kind is TokenKind.START and names & token.attributes.keys():
        token.attributes = {name: value for name, value in token.attributes.items() if name not in names}
        token.changed = True
    return token


def _without_liquid(source: str, company: str) -> str:
    """Return MJML with its Liquid carried out."""
    try:
        return LiquidTemplate.parse(source, autoescape=True, known_variables=KNOWN).render(
            {"account": {"name": company}}
        )
    except RenderRefused as refused:
        raise SourceRefused((refused.error,)) from None


def _pictures(body: list[Token]) -> tuple[str, ...]:
    """Return the addresses of all images, each once."""
    found: dict[str, None] = {}
    for token in body:
        if token.kind is TokenKind.START:
            found |= {url: None for name in _LOADED if (url := token.attributes.get(name))}
            found |= dict.fromkeys(re.findall(r"url\(\s*['\"]?([^'\")\s]+)", token.attributes.get("style") or ""))
    return tuple(found)
