"""Removes what is not allowed in a message (R-50, R-111: script, form, iframe, object, event handler), and keeps
conditional comments, VML and media queries, which nh3 would drop. Works on html5ever's tokens with protected Liquid.
Whichever part a condition drops later, the rest stays harmless: no fixed text outside tags and no attribute contains a
bare `<`, and titles and styles cannot close themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

from mailflatrate.mail.html.guarded_css import PAGE, guarded_css, guarded_style, is_font_sheet
from mailflatrate.mail.html.outputs import find_scheme_outputs, find_style_outputs
from mailflatrate.mail.html.tokens import Token, TokenKind, tokenise, write
from mailflatrate.mail.liquid.protect import ProtectedText
from mailflatrate.mail.liquid.sandbox import SAFE_SCHEMES

DROPPED_WITH_CONTENT = frozenset({
    "script", "iframe", "object", "applet", "frame", "frameset", "noframes", "noembed", "textarea", "select",
    "datalist", "xmp", "plaintext", "template", "audio", "video", "dialog", "math", "foreignobject", "portal",
    "fencedframe",
})  # fmt: skip
DROPPED = frozenset({
    "form", "input", "button", "option", "optgroup", "label", "fieldset", "legend", "embed", "base",
    "noscript", "keygen", "param", "source", "track", "isindex", "animate", "animatetransform",
    "animatemotion", "set", "use", "feimage", "slot", "output",
})  # fmt: skip
URL_ATTRIBUTES = frozenset({
    "href", "src", "background", "xlink:href", "cite", "longdesc", "poster", "data", "lowsrc", "dynsrc", "usemap",
    "codebase", "classid", "archive", "profile", "manifest", "xml:base",
})  # fmt: skip
_LINKING_TAGS = frozenset({"a", "area"})
_BANNED_PREFIXES = ("on", "data-css-inline")
_BANNED_ATTRIBUTES = frozenset({"srcdoc", "ping", "is", "slot", "formaction", "action"})
_DROP = "\x00"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[:_-][a-z0-9]+)*")
_META = frozenset(
    {"viewport", "color-scheme", "supported-color-schemes", "format-detection", "x-apple-disable-message-reformatting"}
)
_CONDITION = re.compile(r"\[if\s[^\]]*\]", re.IGNORECASE)
_DOWNLEVEL_HIDDEN = re.compile(r"(\[if\s[^\]]*\]>)(.*)<!\s*\[endif\]", re.IGNORECASE | re.DOTALL)
_REVEALED_OPEN = re.compile(r"(\[if\s[^\]]*\]>)(?:<!(?:--.*)?)?", re.IGNORECASE | re.DOTALL)
_CSS_DANGER = re.compile(r"expression\s*\(|javascript\s*:|vbscript\s*:|-moz-binding|behavior\s*:", re.IGNORECASE)
_SETTLED = re.compile(r"[/?#]")
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)


class Sanitizer:
    """`link` gets each fixed URL of a hyperlink, VML included, and returns the URL to write. Afterward `url_words`
    numbers the outputs that begin a URL, whose scheme must be checked, and `style_words` those in CSS.
    """

    def __init__(self, protected: ProtectedText, link: Callable[[str], str]) -> None:
        self._protected = protected
        self._link = link
        self._base: str | None = None
        self._page_names: set[str] = set()
        self.url_words: set[int] = set()
        self.style_words: set[int] = set()

    def document(self, tokens: list[Token]) -> list[Token]:
        for page in (token.attributes for token in tokens if token.kind is TokenKind.START and token.name in PAGE):
            self._page_names |= {*(page.get("class") or "").split(), page.get("id") or ""}
        kept: list[Token] = []
        dropping: list[str] = []
        for token in tokens:
            if dropping:
                self._track_dropped(token, dropping)
            elif token.kind is TokenKind.START and token.name in DROPPED_WITH_CONTENT:
                if not token.self_closing:
                    dropping.append(token.name)
            else:
                kept.extend(self._token(token))
        return kept

    def _track_dropped(self, token: Token, dropping: list[str]) -> None:
        if token.kind is TokenKind.START and token.name == dropping[-1] and not token.self_closing:
            dropping.append(token.name)
        elif token.kind is TokenKind.END and token.name == dropping[-1]:
            dropping.pop()

    def _token(self, token: Token) -> list[Token]:
        match token.kind:
            case TokenKind.TEXT:
                token.text = token.text.replace("<", "&lt;")
                return [token]
            case TokenKind.RAW:
                return [self._raw(token)]
            case TokenKind.COMMENT:
                return self._comment(token)
            case TokenKind.START:
                return self._start(token)
            case TokenKind.END:
                return [token] if self._allowed_name(token.name) and token.name not in DROPPED else []
            case TokenKind.DOCTYPE:
                return [token] if self._allowed_declaration(token.text) else []

    def _allowed_name(self, name: str) -> bool:
        return _NAME.fullmatch(name) is not None and not self._protected.word.search(name)

    def _allowed_declaration(self, text: str) -> bool:
        inner = text[2:-1].strip()
        return bool(re.fullmatch(r"doctype[^<>]*", inner, re.IGNORECASE) or _is_marker(inner))

    def _raw(self, token: Token) -> Token:
        if token.name == "style":
            css = re.sub(r"<!--|-->", "", token.text)
            css = re.sub(r"<(?=[a-zA-Z/!?])", r"\\3c ", css)
            css = guarded_css(css, self._page_names, self._protected.word)
            css = re.sub(r"\{(?=[{%])", "{ ", css)  # no entity can say here that it isn't Liquid
            token.text = self._style(css) or ""
        else:
            token.text = token.text.replace("<", "&lt;").replace(">", "&gt;")
        return token

    def _comment(self, token: Token) -> list[Token]:
        text = token.text.strip()
        if self._protected.word.fullmatch(text):
            return [token]
        if _is_marker(text):
            # html5ever reads `<![if !mso]>` as a comment; Outlook needs it as it was.
            return [Token(TokenKind.DOCTYPE, f"<!{text}>")]
        if revealed := _REVEALED_OPEN.fullmatch(text):
            return [Token(TokenKind.COMMENT, revealed[1] + ("<!" if "<!" in text else ""))]
        if text.lower() == "<![endif]":
            return [token]
        if hidden := _DOWNLEVEL_HIDDEN.fullmatch(text):
            inner = write(self.document(tokenise(hidden[2])))
            return [Token(TokenKind.COMMENT, hidden[1] + inner.replace("-->", "--&gt;") + "<![endif]")]
        return []

    def _start(self, token: Token) -> list[Token]:
        if token.name == "base":
            self._base = token.attributes.get("href") or self._base
        if token.name in DROPPED or not self._allowed_name(token.name):
            return []
        if token.name == "meta" and not _allowed_meta(token):
            return []
        if token.name == "link" and not _is_stylesheet(token):
            return []
        kept = {
            name: self._value(token, name, value)
            for name, value in token.attributes.items()
            if self._keeps(token, name)
        }
        kept = {name: value for name, value in kept.items() if value is not _DROP}
        if kept != token.attributes or any(value and ("<" in value or ">" in value) for value in kept.values()):
            token.changed = True
        token.attributes = kept
        return [token]

    def _keeps(self, token: Token, name: str) -> bool:
        if word := self._protected.word.fullmatch(name):
            # A condition may appear among attributes; a value may not, it could become an event handler.
            return not self._protected.is_output(int(word[1]))
        return self._allowed_name(name) and not name.startswith(_BANNED_PREFIXES) and name not in _BANNED_ATTRIBUTES

    def _value(self, token: Token, name: str, value: str | None) -> str | None:
        if value is None:
            return None
        if name == "style":
            css = self._style(guarded_style(value, self._protected.word, page=token.name in PAGE))
            return _DROP if css is None else css
        if name in URL_ATTRIBUTES:
            return self._url(token, name, value)
        if name == "srcset":
            return value if _harmless_everywhere(self._protected, value) else _DROP
        return value

    def _url(self, token: Token, name: str, value: str) -> str:
        if (
            self._base
            and not _SCHEME.match(value)
            and not value.startswith("#")
            and not self._protected.word.match(value)
        ):
            value = urljoin(self._base, value)
        image = token.name not in _LINKING_TAGS
        pieces = self._protected.word.split(value)
        texts = ["".join(pieces[::2]), *pieces[::2]]
        if not all(_harmless(_compact(text), image=image) for text in texts):
            return _DROP
        if len(pieces) > 1:
            return value if self._guard_scheme(pieces) else _DROP
        links = name in {"href", "xlink:href"} and token.name != "link"
        return self._link(value) if links else value

    def _guard_scheme(self, pieces: list[str]) -> bool:
        outputs = find_scheme_outputs(pieces, self._protected)
        self.url_words.update(outputs or ())
        return outputs is not None

    def _style(self, css: str) -> str | None:
        if self._protected.word.search(css):
            outputs = find_style_outputs(css, self._protected)
            if outputs is None:
                return None
            self.url_words.update(outputs.urls)
            self.style_words.update(outputs.values)
        return _CSS_DANGER.sub(" ", css)


def _compact(url: str) -> str:
    """Remove control characters and spaces, which browsers ignore in a scheme."""
    return re.sub(r"[\x00-\x20]+", "", url)


def _harmless(url: str, *, image: bool) -> bool:
    scheme = _SCHEME.match(url)
    if scheme is None:
        return True
    return scheme[1].lower() in SAFE_SCHEMES or (image and (bool(_DATA_IMAGE.match(url)) or scheme[1].lower() == "cid"))


def _harmless_everywhere(protected: ProtectedText, value: str) -> bool:
    numbers = [int(word[1]) for word in protected.word.finditer(value)]
    if any(map(protected.is_output, numbers)) and not all(map(protected.is_output, numbers)):
        return False  # a condition could omit what determines the scheme
    for candidate in value.split(","):
        first = protected.word.search(candidate)
        if first is not None and protected.is_output(int(first[1])) and not _SETTLED.search(candidate[: first.start()]):
            return False
    return all(_harmless(_compact(candidate), image=True) for candidate in protected.word.sub("", value).split(","))


def _is_marker(text: str) -> bool:
    return bool(_CONDITION.fullmatch(text)) or text.lower() == "[endif]"


def _allowed_meta(token: Token) -> bool:
    if "http-equiv" in token.attributes:  # it counts whatever else the tag says, and may lead away
        return (token.attributes["http-equiv"] or "").strip().lower() in {"content-type", "x-ua-compatible"}
    return "charset" in token.attributes or (token.attributes.get("name") or "").lower() in _META


def _is_stylesheet(token: Token) -> bool:
    return (token.attributes.get("rel") or "").lower() == "stylesheet" and is_font_sheet(
        (token.attributes.get("href") or "").strip().lower()
    )
