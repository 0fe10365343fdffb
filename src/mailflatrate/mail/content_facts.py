"""What can be seen in a finished HTML and text part, as plain facts: the rules decide what they mean.

Works on our own compiled mailings and on any message in the world (`mailflatrate lint`), so it never raises on
broken HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from mailflatrate.mail.content import Compiled
from mailflatrate.mail.html.imprint import contrast
from mailflatrate.mail.html.tokens import RAW_TEXT, Kind, Token, tokenise
from mailflatrate.mail.liquid.protect import LITERAL_BRACE, protect

UNSUBSCRIBE_SLOT = re.compile(r"\{\{-?\s*unsubscribe_url\s*-?\}\}")
_FOREIGN_TAGS = re.compile(
    r"\{\{.{0,80}?\}\}|\{%.{0,80}?%\}|\{\{|%%[A-Za-z_][\w .:-]{0,60}%%|\*\|[A-Z][A-Z0-9_:]{0,60}\|\*"
    r"|\[(?:F|L|FIRST|LAST|FULL)?_?NAME\]|\[(?:EMAIL|UNSUBSCRIBE|COMPANY)\]|\$\{[\w.]{1,60}\}|<%=?.{0,80}?%>",
    re.DOTALL,
)
_VOID = frozenset({
    "br", "img", "hr", "meta", "link", "input", "col", "area", "wbr", "source", "track", "embed", "param", "base",
})  # fmt: skip
_REMOTE_ATTRIBUTES = ("src", "background", "poster")
_CSS_URL = re.compile(r"url\(\s*[\"']?([^)\"']+)|@import\s+[\"']([^\"']+)", re.IGNORECASE)
_LOOKS_LIKE_URL = re.compile(
    r"(?:https?://|www\.)[^\s/<>]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?=/|$)", re.IGNORECASE
)


class Hiding(Enum):
    """How text is kept from a reader's eyes (R-48)."""

    NOT_DISPLAYED = "not displayed"
    TINY = "font size of at most 1 px"
    TRANSPARENT = "transparent"
    SAME_COLOR = "text in the colour of its background"
    OFF_SCREEN = "placed outside of the page"
    NO_HEIGHT = "no height"


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A piece of text that is in the part but not to be seen."""

    text: str
    how: Hiding


@dataclass(frozen=True, slots=True)
class LinkText:
    """A link whose visible text is itself an address: `shown` is that text, `target` where it leads."""

    shown: str
    target: str


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """Sizes are bytes of UTF-8 before transfer encoding; a recipient's own values are not counted.

    `missing_imprint_*` are the imprint's values not found as visible text. `preheader` is the hidden text before
    any visible one, which R-48 allows; `hidden_text` is the rest. `remote_hosts` are where a mail client would
    load something from.
    """

    html_bytes: int
    text_bytes: int
    unsubscribe_in_html: bool
    unsubscribe_in_text: bool
    missing_imprint_html: tuple[str, ...]
    missing_imprint_text: tuple[str, ...]
    merge_tags: tuple[str, ...]
    image_count: int
    images_without_alt: tuple[str, ...]
    remote_hosts: frozenset[str]
    insecure_urls: tuple[str, ...]
    link_texts: tuple[LinkText, ...]
    hidden_text: tuple[HiddenText, ...]
    preheader: str
    visible_chars: int
    forbidden_elements: frozenset[str]

    @property
    def total_bytes(self) -> int:
        """Both parts together."""
        return self.html_bytes + self.text_bytes


FORBIDDEN_ELEMENTS = frozenset({"script", "form", "iframe", "object", "embed", "applet", "frame", "frameset", "base"})


def lint_compiled(compiled: Compiled) -> ContentFacts:
    """Return the facts of a mailing of ours, before any recipient."""
    imprint = compiled.imprint
    wanted = [line.value for line in imprint.lines] + [imprint.mailing_id]
    html_source, text_source = compiled.html.source, compiled.text.source
    without_html = _without_liquid(html_source)
    without_text = _without_liquid(text_source)
    targets = {link.number: link.url for link in compiled.links}
    return lint_parts(
        without_html,
        without_text,
        wanted=wanted,
        unsubscribe_in_html=bool(UNSUBSCRIBE_SLOT.search(html_source)),
        unsubscribe_in_text=bool(UNSUBSCRIBE_SLOT.search(text_source)),
        sizes=(len(html_source.encode()), len(text_source.encode())),
        targets=targets.values(),
    )


def _without_liquid(source: str) -> str:
    """Return a part as it is before any recipient: what Liquid prints is left out, a literal brace stays."""
    protected = protect(source, entities=False)
    return protected.word.sub(
        lambda found: "{" if protected.tags[int(found[1])] == LITERAL_BRACE else "", protected.text
    )


def lint_parts(
    html_part: str,
    text_part: str,
    *,
    wanted: Iterable[str] = (),
    unsubscribe_in_html: bool = False,
    unsubscribe_in_text: bool = False,
    sizes: tuple[int, int] | None = None,
    targets: Iterable[str] = (),
) -> ContentFacts:
    """Return the facts of two parts as a recipient gets them.

    `wanted` are strings that must be readable in both, `targets` the web targets behind redirecting links.
    """
    page = _Page()
    page.read(tokenise(html_part))
    visible = _squeezed("".join(page.visible))
    plain = _squeezed(text_part)
    wanted = list(wanted)
    html_bytes, text_bytes = sizes or (len(html_part.encode(errors="replace")), len(text_part.encode(errors="replace")))
    preheader, hidden = page.split_preheader()
    urls = [*page.urls, *targets]
    return ContentFacts(
        html_bytes=html_bytes,
        text_bytes=text_bytes,
        unsubscribe_in_html=unsubscribe_in_html,
        unsubscribe_in_text=unsubscribe_in_text,
        missing_imprint_html=tuple(one for one in wanted if _squeezed(one) not in visible),
        missing_imprint_text=tuple(one for one in wanted if _squeezed(one) not in plain),
        merge_tags=tuple(dict.fromkeys(_FOREIGN_TAGS.findall("".join(page.texts) + "\n" + text_part))),
        image_count=page.images,
        images_without_alt=tuple(page.without_alt),
        remote_hosts=frozenset(host for host in map(_host, page.remote) if host),
        insecure_urls=tuple(dict.fromkeys(url for url in urls + page.remote if url.lower().startswith("http://"))),
        link_texts=tuple(page.link_texts),
        hidden_text=hidden,
        preheader=preheader,
        visible_chars=len(visible),
        forbidden_elements=frozenset(page.forbidden),
    )


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "") if re.match(r"\s*(?:https?:)?//", url, re.IGNORECASE) else ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class _Style:
    """What an element's text inherits."""

    hiding: Hiding | None = None
    color: str = "#000000"
    background: str = "#ffffff"
    tiny: bool = False

    def inside(self, token: Token) -> _Style:
        declared = _declarations(token.attributes.get("style") or "")
        color = _color(declared.get("color") or token.attributes.get("color")) or self.color
        background = (
            _color(declared.get("background-color") or declared.get("background") or token.attributes.get("bgcolor"))
            or self.background
        )
        pictures = declared.get("background", "") + declared.get("background-image", "")
        if token.attributes.get("background") or "url(" in pictures:
            background = ""  # over a picture no colour can be judged
        size = declared.get("font-size")
        tiny = self.tiny if size is None else re.fullmatch(r"0(?:\.0+)?[a-z%]*|1(?:\.\d+)?(?:px|pt)", size) is not None
        return _Style(self.hiding or _hiding(declared, token), color, background, tiny)

    def verdict(self) -> Hiding | None:
        if self.hiding:
            return self.hiding
        if self.tiny:
            return Hiding.TINY
        if self.background and contrast(self.color, self.background) < 1.1:
            return Hiding.SAME_COLOR
        return None


def _hiding(declared: dict[str, str], token: Token) -> Hiding | None:
    if declared.get("display") == "none" or declared.get("visibility") == "hidden" or "hidden" in token.attributes:
        return Hiding.NOT_DISPLAYED
    if declared.get("mso-hide") == "all" and len(declared) == 1:
        return Hiding.NOT_DISPLAYED
    if re.fullmatch(r"0?\.?0+", declared.get("opacity", "")):
        return Hiding.TRANSPARENT
    if re.match(r"0(?:\D|$)", declared.get("max-height", "")) and declared.get("overflow") == "hidden":
        return Hiding.NO_HEIGHT
    moved = [declared.get(name, "") for name in ("text-indent", "left", "top", "margin-left", "margin-top")]
    if any(re.match(r"-\d{3,}", one) for one in moved):
        return Hiding.OFF_SCREEN
    return None


def _declarations(style: str) -> dict[str, str]:
    pairs = (one.split(":", 1) for one in style.split(";") if ":" in one)
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, value in pairs}


_NAMED = {"white": "#ffffff", "black": "#000000", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0"}


def _color(value: str | None) -> str | None:
    """Return a colour as `#rrggbb`, or None where the notation is not a plain one."""
    for word in (value or "").lower().split():
        if word in _NAMED:
            return _NAMED[word]
        if re.fullmatch(r"#[0-9a-f]{6}", word):
            return word
        if re.fullmatch(r"#[0-9a-f]{3}", word):
            return "#" + "".join(2 * digit for digit in word[1:])
    found = re.match(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})", value or "")
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups()) if found else None


@dataclass(slots=True)
class _Page:
    """Collects while the tokens go by."""

    visible: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hidden: list[tuple[HiddenText, bool]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    remote: list[str] = field(default_factory=list)
    without_alt: list[str] = field(default_factory=list)
    link_texts: list[LinkText] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    images: int = 0
    _stack: list[tuple[str, _Style]] = field(default_factory=list)
    _link: tuple[str, list[str]] | None = None

    def read(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.kind is Kind.START:
                self._start(token)
            elif token.kind is Kind.END:
                self._end(token.name)
            elif token.kind is Kind.TEXT:
                self._text(html.unescape(token.text))
            elif token.kind is Kind.RAW:
                self._raw(token)
        self._close_link()

    def _start(self, token: Token) -> None:
        style = (self._stack[-1][1] if self._stack else _Style()).inside(token)
        if token.name not in _VOID and not token.self_closing:
            self._stack.append((token.name, style))
        if token.name in FORBIDDEN_ELEMENTS:
            self.forbidden.add(token.name)
        href = (token.attributes.get("href") or "").strip()
        if token.name in {"a", "area"} and href:
            self.urls.append(href)
        if token.name == "a":
            self._close_link()
            self._link = (href, [])
        if token.name == "link" and href:
            self.remote.append(href)
        self._loads(token)
        if token.name == "img":
            self.images += 1
            if token.attributes.get("alt") is None:
                self.without_alt.append(token.attributes.get("src") or "")

    def _loads(self, token: Token) -> None:
        self.remote += [value for name in _REMOTE_ATTRIBUTES if (value := token.attributes.get(name))]
        self.remote += [one.split()[0] for one in (token.attributes.get("srcset") or "").split(",") if one.split()]
        self.remote += [a or b for a, b in _CSS_URL.findall(token.attributes.get("style") or "")]

    def _end(self, name: str) -> None:
        if name == "a":
            self._close_link()
        if any(one == name for one, _ in self._stack):
            while self._stack.pop()[0] != name:
                pass

    def _text(self, text: str) -> None:
        self.texts.append(text)
        if self._stack and self._stack[-1][0] in RAW_TEXT:
            return
        hiding = self._stack[-1][1].verdict() if self._stack else None
        words = _squeezed(re.sub("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]", "", text))
        if hiding is None:
            self.visible.append(text + (" " if text.endswith(" ") else ""))
            if self._link is not None:
                self._link[1].append(text)
        elif words:
            self.hidden.append((HiddenText(words, hiding), not "".join(self.visible).strip()))

    def _raw(self, token: Token) -> None:
        if token.name == "style":
            self.remote += [a or b for a, b in _CSS_URL.findall(token.text)]
        elif token.name == "title":
            self.texts.append(html.unescape(token.text))

    def _close_link(self) -> None:
        if self._link is None:
            return
        href, texts = self._link
        self._link = None
        shown = _squeezed("".join(texts))
        if href and _LOOKS_LIKE_URL.match(shown) and "@" not in shown:
            self.link_texts.append(LinkText(shown, href))

    def split_preheader(self) -> tuple[str, tuple[HiddenText, ...]]:
        """The hidden text before anything visible is the preheader; the rest is hidden text."""
        first = [one.text for one, early in self.hidden if early]
        return " ".join(first), tuple(one for one, early in self.hidden if not early)
