"""Facts about a finished HTML and text part, which `mailflatrate lint` reads too: never raises."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mailflatrate.mail.content.layout import HEADINGS, is_oversized, unsupported_css
from mailflatrate.mail.content.merge_tags import find_merge_tags
from mailflatrate.mail.content.style import Hiding, Style, is_pixel
from mailflatrate.mail.html.applied_styles import names_shown_somewhere
from mailflatrate.mail.html.tokens import RAW_TEXT, Token, TokenKind, tokenise

_VOID = frozenset(
    {"br", "img", "hr", "meta", "link", "input", "col", "area", "wbr", "source", "track", "embed", "param", "base"}
)
_REMOTE_ATTRIBUTES = ("src", "background", "poster")
_CSS_URL = re.compile(r"url\(\s*[\"']?([^)\"']+)|@import\s+[\"']([^\"']+)", re.IGNORECASE)
_SHOWN_URL = re.compile(r"(?:https?://|\bwww\.)[^\s/<>]+\S*", re.IGNORECASE)
_LOOKS_LIKE_URL = re.compile(r"\w[\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2,}(?=[/:?#]|$)", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\W\d_]{2,}", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]")
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_WORDS = re.compile(r"[^\W\d_]{3,}")
MAX_PREHEADER_CHARS = 300
"""No inbox shows more; what is longer is not meant for its reader."""


@dataclass(frozen=True, slots=True)
class HiddenText:
    text: str
    how: Hiding


@dataclass(frozen=True, slots=True)
class LinkText:
    shown: str
    target: str


@dataclass(frozen=True, slots=True)
class Anchor:
    href: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CompiledContentFacts:
    """Sizes are bytes of UTF-8 before transfer encoding, without recipients' values. `missing_imprint_*`: values not
    found as visible text. `preheader`: hidden text before any visible one, which R-48 allows. `remote_hosts`: where a
    mail client would load from; `pixels`: of those, hosts of pictures too small to be seen. `faint_imprint`: below 11
    px or a contrast of 4.5 (R-44). `dark_traps`: samples of dark text without its own background, which vanishes in
    dark mode. `shared_words`: percent. `legible_text`: visible and not faint; `outline`: visible, with descriptions of
    pictures; `unseen`: what only machines read (comments, descriptions, hidden text). `blocks`: the visible texts one
    by one.
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
    visible_text: str
    faint_imprint: tuple[str, ...]
    pixels: tuple[str, ...]
    dark_traps: tuple[str, ...]
    html_words: int
    shared_words: int
    forbidden_elements: frozenset[str]
    legible_text: str = ""
    outline: str = ""
    anchors: tuple[Anchor, ...] = ()
    unseen: str = ""
    blocks: tuple[str, ...] = ()
    images_without_source: int = 0
    headings: int = 0
    unsupported_css: tuple[str, ...] = ()
    oversized_images: tuple[str, ...] = ()

    @property
    def visible_chars(self) -> int:
        return len(self.visible_text)

    @property
    def total_bytes(self) -> int:
        return self.html_bytes + self.text_bytes


_EVENT = re.compile(r"on[a-z]{3,}")
_READABLE = re.compile(r"[^\W_]")
FORBIDDEN_ELEMENTS = frozenset({"script", "form", "iframe", "object", "embed", "applet", "frame", "frameset", "base"})


def lint_parts(
    html_part: str,
    text_part: str,
    *,
    required: Iterable[str] = (),
    unsubscribe_in_html: bool = False,
    unsubscribe_in_text: bool = False,
    sizes: tuple[int, int] | None = None,
    targets: Iterable[str] = (),
) -> CompiledContentFacts:
    """`required` must be readable in both parts; `targets` are the web targets behind redirecting links."""
    page = _Page(shown_somewhere=names_shown_somewhere(html_part))
    page.read(tokenise(html_part))
    visible = _squeezed("".join(page.visible))
    plain = _squeezed(text_part)
    required = list(required)
    html_bytes, text_bytes = sizes or (len(html_part.encode(errors="replace")), len(text_part.encode(errors="replace")))
    preheader, hidden = page.split_preheader()
    urls = [*page.urls, *targets]
    words, shared = _shared_words(visible, plain)
    return CompiledContentFacts(
        html_bytes=html_bytes,
        text_bytes=text_bytes,
        unsubscribe_in_html=unsubscribe_in_html,
        unsubscribe_in_text=unsubscribe_in_text,
        missing_imprint_html=tuple(phrase for phrase in required if _squeezed(phrase) not in visible),
        missing_imprint_text=tuple(phrase for phrase in required if _squeezed(phrase) not in plain),
        merge_tags=find_merge_tags("\n".join(("".join(page.texts), *page.urls, *page.descriptions, text_part))),
        image_count=page.images,
        images_without_alt=tuple(page.without_alt),
        remote_hosts=frozenset(host for host in map(_host, page.remote) if host),
        insecure_urls=tuple(dict.fromkeys(url for url in urls + page.remote if url.lower().startswith("http://"))),
        link_texts=tuple(page.link_texts),
        hidden_text=hidden,
        preheader=preheader,
        visible_text=visible,
        faint_imprint=tuple(phrase for phrase in required if page.is_faint(_squeezed(phrase))),
        pixels=tuple(dict.fromkeys(host for host in map(_host, page.pixels) if host)),
        dark_traps=tuple(dict.fromkeys(page.dark_traps)),
        html_words=words,
        shared_words=shared,
        forbidden_elements=frozenset(page.forbidden),
        legible_text=_squeezed("".join(page.legible)),
        outline="".join(page.outline),
        anchors=tuple(page.anchors),
        unseen="\n".join((*page.descriptions, *page.comments, *(text.text for text, _ in page.hidden))),
        blocks=page.closed_blocks(),
        images_without_source=page.without_source,
        headings=page.headings,
        unsupported_css=tuple(dict.fromkeys(page.unsupported)),
        oversized_images=tuple(dict.fromkeys(page.oversized)),
    )


def blocks_of(html_part: str) -> tuple[str, ...]:
    page = _Page()
    page.read(tokenise(html_part))
    return page.closed_blocks()


def _shared_words(visible: str, plain: str) -> tuple[int, int]:
    """Return distinct words of three or more letters in the HTML part, and the percentage the text part shares."""
    visible_words = set(_WORDS.findall(visible.casefold()))
    there = set(_WORDS.findall(plain.casefold()))
    return len(visible_words), 100 * len(visible_words & there) // len(visible_words) if visible_words else 100


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "") if re.match(r"\s*(?:https?:)?//", url, re.IGNORECASE) else ""
    except ValueError:
        return ""


@dataclass(slots=True)
class _Page:
    shown_somewhere: frozenset[str] = frozenset()
    visible: list[str] = field(default_factory=list)
    legible: list[str] = field(default_factory=list)
    outline: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hidden: list[tuple[HiddenText, bool]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    remote: list[str] = field(default_factory=list)
    without_alt: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    link_texts: list[LinkText] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    pixels: list[str] = field(default_factory=list)
    dark_traps: list[str] = field(default_factory=list)
    faint: list[str] = field(default_factory=list)
    images: int = 0
    without_source: int = 0
    headings: int = 0
    unsupported: list[str] = field(default_factory=list)
    oversized: list[str] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=lambda: [[]])
    _outlined: int = 0
    _is_begun: bool = False
    _stack: list[tuple[str, Style]] = field(default_factory=list)
    _open: dict[str, int] = field(default_factory=dict)
    _link: tuple[str, list[str], int] | None = None

    def read(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.kind is TokenKind.START:
                self._start(token)
            elif token.kind is TokenKind.END:
                self._end(token.name)
            elif token.kind is TokenKind.TEXT:
                self._text(html.unescape(token.text))
            elif token.kind is TokenKind.RAW:
                self._raw(token)
            elif token.kind is TokenKind.COMMENT:
                self.comments.append(token.text)
        self._close_link()

    def _start(self, token: Token) -> None:
        style = (self._stack[-1][1] if self._stack else Style()).inside(token, self.shown_somewhere)
        if token.name in _BLOCKS:
            self._show(" ", style)
            self.blocks.append([])
        if token.name not in _VOID and not token.self_closing:
            self._stack.append((token.name, style))
            self._open[token.name] = self._open.get(token.name, 0) + 1
        self._judge_element(token)
        href = (token.attributes.get("href") or "").strip()
        if token.name in {"a", "area"} and href:
            self.urls.append(href)
        if token.name == "a":
            self._close_link()
            self._link = (href, [], self._outlined)
        elif token.name == "area" and href:
            self.anchors.append(Anchor(href, self._outlined, self._outlined))
        if token.name == "link" and href:
            self.remote.append(href)
        self._loads(token, style)
        if token.name == "img":
            self._picture(token, style)
        self.headings += token.name in HEADINGS
        self.unsupported += unsupported_css(token)

    def _judge_element(self, token: Token) -> None:
        # `<base target="_blank">` of a web page moves no link.
        if token.name in FORBIDDEN_ELEMENTS and (token.name != "base" or token.attributes.get("href")):
            self.forbidden.add(token.name)
        if token.name == "meta" and (token.attributes.get("http-equiv") or "").strip().lower() == "refresh":
            self.forbidden.add("meta refresh")
        self.forbidden.update(name for name in token.attributes if _EVENT.fullmatch(name))
        self.descriptions += [value for name in ("alt", "title", "aria-label") if (value := token.attributes.get(name))]

    def _picture(self, token: Token, style: Style) -> None:
        source, alt = token.attributes.get("src") or "", token.attributes.get("alt")
        if is_pixel(token, style, self.shown_somewhere):
            self.pixels.append(source)
            return
        self.images += 1
        if is_oversized(token):
            self.oversized.append(source)
        self.without_source += not source.strip()
        self._outline(alt or "")
        if alt is None:
            self.without_alt.append(source)

    def _loads(self, token: Token, style: Style) -> None:
        self.remote += [value for name in _REMOTE_ATTRIBUTES if (value := token.attributes.get(name))]
        self.remote += [
            candidate.split()[0] for candidate in (token.attributes.get("srcset") or "").split(",") if candidate.split()
        ]
        painted = [a or b for a, b in _CSS_URL.findall(token.attributes.get("style") or "")]
        self.remote += painted
        if painted and token.name != "img" and is_pixel(token, style, self.shown_somewhere):
            self.pixels += painted

    def _end(self, name: str) -> None:
        if name == "a":
            self._close_link()
        if name in _BLOCKS:
            self._show(" ", Style())
            self.blocks.append([])
        while self._open.get(name):
            closed = self._stack.pop()[0]
            self._open[closed] -= 1
            if closed == name:
                break

    def _show(self, text: str, style: Style) -> None:
        self.visible.append(text)
        if not style.is_faint():
            self.legible.append(text)
        self._outline(text)

    def _outline(self, text: str) -> None:
        self.outline.append(text)
        self._outlined += len(text)

    def _text(self, text: str) -> None:
        self.texts.append(text)
        if self._stack and self._stack[-1][0] in RAW_TEXT:
            return
        style = self._stack[-1][1] if self._stack else Style()
        hiding = style.verdict()
        words = _squeezed(_INVISIBLE.sub("", text))
        if hiding is None:
            self._show(text, style)
            self.blocks[-1].append(_INVISIBLE.sub("", text))
            self._is_begun = self._is_begun or bool(text.strip())
            if words and style.is_dark_trap():
                self.dark_traps.append(words[:60])
            if words and style.is_faint():
                self.faint.append(words)
            if self._link is not None:
                self._link[1].append(text)
        elif _READABLE.search(words):
            self.hidden.append((HiddenText(words, hiding), not self._is_begun))

    def _raw(self, token: Token) -> None:
        if token.name == "style":
            self.remote += [a or b for a, b in _CSS_URL.findall(token.text)]
        elif token.name == "title":
            self.texts.append(html.unescape(token.text))

    def _close_link(self) -> None:
        if self._link is None:
            return
        href, texts, start = self._link
        self._link = None
        if self._outlined > start:
            self.anchors.append(Anchor(href, start, self._outlined))
        label = _squeezed(_INVISIBLE.sub("", "".join(texts)))
        is_mail = href.lower().startswith("mailto:")
        if is_mail and _LOOKS_LIKE_ADDRESS.fullmatch(label):
            self.link_texts.append(LinkText(label, href))
        elif href and not is_mail and "@" not in label:
            url_match = _SHOWN_URL.search(label) or _LOOKS_LIKE_URL.match(label)
            if url_match is not None:
                self.link_texts.append(LinkText(url_match.group() if url_match.re is _SHOWN_URL else label, href))

    def closed_blocks(self) -> tuple[str, ...]:
        return tuple(text for block in self.blocks if (text := _squeezed("".join(block))))

    def is_faint(self, value: str) -> bool:
        return any(value in text for text in self.faint)

    def split_preheader(self) -> tuple[str, tuple[HiddenText, ...]]:
        first = " ".join(passage.text for passage, early in self.hidden if early)
        rest = tuple(passage for passage, early in self.hidden if not early)
        if len(first) > MAX_PREHEADER_CHARS:
            rest = (*(passage for passage, early in self.hidden if early), *rest)
        return first, rest
