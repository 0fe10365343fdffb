"""Finishes a cleaned document with what mail programs and screen readers need: language and direction, charset,
viewport, color scheme, whole numbers in `width`, wrapping. Liquid is still protected; nothing is added twice.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from mailflatrate.mail.html.tokens import Token, TokenKind

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_BLOCKS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "td", "th", "div", "dt", "dd"})
_LISTS = frozenset({"ul", "ol", "dl"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_STRONG_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_ALIGN = re.compile(r"(?:^|;)\s*text-align\s*:\s*([a-z]+)", re.IGNORECASE)
_DECIMAL = re.compile(r"\s*(\d+\.\d+)(?:px)?\s*", re.IGNORECASE)
_WIDTH_IN_COMMENT = re.compile(r"(\swidth=\")(\d+\.\d+)(?=(?:px)?\")")
_FULL_BUTTON = "border-collapse:separate;width:100%;"
_WRAPS = "overflow-wrap:break-word;word-break:break-word"
_SCHEME = re.compile(r"(?<![\w-])(?:supported-)?color-schemes?\s*:([^;}]*)", re.IGNORECASE)
HIDDEN_ON_PHONES, HIDDEN_ON_DESKTOPS = "mf-hide-phone", "mf-hide-desktop"
"""Classes that the visual editor gives to blocks; the style sheet that hides them is added here."""
_HIDING = {
    HIDDEN_ON_PHONES: f"@media (max-width:479px){{.{HIDDEN_ON_PHONES}{{display:none!important}}}}",
    HIDDEN_ON_DESKTOPS: f"@media (min-width:480px){{.{HIDDEN_ON_DESKTOPS}{{display:none!important}}}}"
    f".{HIDDEN_ON_DESKTOPS}-outlook{{mso-hide:all}}",
}
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)


def is_right_to_left(language: str) -> bool:
    return language.partition("-")[0].lower() in _RIGHT_TO_LEFT


def finish(tokens: list[Token], *, language: str, title: str, wraps: bool, word: re.Pattern[str]) -> list[Token]:
    """`title` is used if there is none. `wraps`: let long words wrap. `word` matches Liquid's placeholders, which have
    no direction.
    """
    head = _HeadFacts.of(tokens)
    hiding = _hiding_styles(tokens)
    fills = False
    result: list[Token] = []
    for token in tokens:
        if token.name == "title" and not head.title:
            continue  # an empty one
        if token.kind is TokenKind.COMMENT:
            token.text = _WIDTH_IN_COMMENT.sub(lambda match: f"{match[1]}{round(float(match[2]))}", token.text)
        elif token.kind is TokenKind.START:
            _finish_tag(token, language, wraps=wraps)
            fills = _fill_button(token, fills=fills)
        elif token.kind is TokenKind.END and token.name == "head":
            result.extend(hiding)
        result.append(token)
        if token.kind is TokenKind.START and token.name == "head":
            result.extend(head.missing(title))
    _turn_right_to_left(result, word)
    return result


def _hiding_styles(tokens: list[Token]) -> list[Token]:
    classes = {
        name
        for token in tokens
        if token.kind is TokenKind.START
        for name in (token.attributes.get("class") or "").split()
    }
    css = "".join(rule for name, rule in _HIDING.items() if name in classes)
    if not css:
        return []
    return [
        Token(TokenKind.START, '<style type="text/css">', "style", {"type": "text/css"}),
        Token(TokenKind.RAW, css, "style"),
        Token(TokenKind.END, "</style>", "style"),
    ]


@dataclass(frozen=True, slots=True)
class _HeadFacts:
    charset: bool
    viewport: bool
    scheme: bool
    dark: bool
    title: bool

    @classmethod
    def of(cls, tokens: list[Token]) -> _HeadFacts:
        metas = [token.attributes for token in tokens if token.kind is TokenKind.START and token.name == "meta"]
        names = {(meta.get("name") or "").lower() for meta in metas}
        types = {(meta.get("http-equiv") or "").lower() for meta in metas}
        css = "".join(token.text for token in tokens if token.kind is TokenKind.RAW and token.name == "style")
        return cls(
            charset=any("charset" in meta for meta in metas) or "content-type" in types,
            viewport="viewport" in names,
            scheme="color-scheme" in names or _SCHEME.search(css) is not None,
            dark=_DARK.search(css) is not None,
            title=any(token.kind is TokenKind.RAW and token.name == "title" and token.text.strip() for token in tokens),
        )

    def missing(self, title: str) -> Iterator[Token]:
        scheme = "light dark" if self.dark else "light"
        if not self.charset:
            yield _meta('charset="utf-8"', charset="utf-8")
        if not self.viewport:
            content = "width=device-width, initial-scale=1"
            yield _meta(f'name="viewport" content="{content}"', name="viewport", content=content)
        for name in ("color-scheme", "supported-color-schemes") if not self.scheme else ():
            yield _meta(f'name="{name}" content="{scheme}"', name=name, content=scheme)
        if title and not self.title:
            yield from (
                Token(TokenKind.START, "<title>", "title"),
                Token(TokenKind.RAW, html.escape(title), "title"),
                Token(TokenKind.END, "</title>", "title"),
            )


def _meta(written: str, **attributes: str) -> Token:
    return Token(TokenKind.START, f"<meta {written}>", "meta", dict(attributes))


def shows_dark(tokens: list[Token]) -> bool:
    for token in tokens:
        if token.kind is TokenKind.START and token.name == "meta" and token.attributes.get("name") == "color-scheme":
            return "dark" in (token.attributes.get("content") or "").lower()
    return any(
        any("dark" in value.lower() for value in _SCHEME.findall(token.text))
        for token in tokens
        if token.kind is TokenKind.RAW and token.name == "style"
    )


def _finish_tag(token: Token, language: str, *, wraps: bool) -> None:
    attributes = token.attributes
    if token.name == "html" or attributes.get("lang") == "und":
        if language and (attributes.get("lang") or "und") == "und":
            _set(token, "lang", language)
        if not attributes.get("dir") or attributes["dir"] == "auto":
            _set(token, "dir", "rtl" if is_right_to_left(attributes.get("lang") or language) else "ltr")
    if token.name == "body" and wraps:
        _set(token, "style", f"{_WRAPS};{attributes.get('style') or ''}".rstrip(";"))
    for side in ("width", "height"):
        if match := _DECIMAL.fullmatch(attributes.get(side) or ""):
            _set(token, side, str(round(float(match[1]))))
    if (attributes.get("height") or "").strip().lower() == "auto":
        _drop(token, "height")
    if align := attributes.get("vertical-align"):
        _drop(token, "vertical-align")
        style = attributes.get("style") or ""
        if "vertical-align" not in style:
            _set(token, "style", f"{style.rstrip(';')};vertical-align:{align}".lstrip(";"))


def _fill_button(token: Token, *, fills: bool) -> bool:
    """Let the link of a full-width button fill it, to be clickable everywhere. `fills`: `token` is inside one (mrml
    writes a table around the link); the result says it of the next tag.
    """
    style = token.attributes.get("style") or ""
    if token.name == "table":
        return style.startswith(_FULL_BUTTON)
    if fills and token.name == "a" and style.startswith("display:inline-block;"):
        _set(token, "style", style.replace("display:inline-block;", "display:block;", 1))
    return fills and token.name != "a"


def _set(token: Token, name: str, value: str) -> None:
    token.attributes[name] = value
    token.changed = True


def _drop(token: Token, name: str) -> None:
    del token.attributes[name]
    token.changed = True


# -- right to left -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _OpenTag:
    token: Token
    align: str
    decided: bool = False


def _turn_right_to_left(tokens: list[Token], word: re.Pattern[str]) -> None:
    """By each block's first strong character; `dir="auto"` would say the same, but Outlook does not know it. A left
    alignment that a layout sets for every text is turned, too.
    """
    if not any(token.kind is TokenKind.TEXT and _STRONG_RIGHT.search(token.text) for token in tokens):
        return
    stack: list[_OpenTag] = []
    for token in tokens:
        if token.kind is TokenKind.START and token.name not in _VOID and not token.self_closing:
            own = _ALIGN.search(token.attributes.get("style") or "")
            inherited = stack[-1].align if stack else ""
            stack.append(_OpenTag(token, own[1].lower() if own else inherited))
        elif token.kind is TokenKind.END:
            _close(stack, token.name)
        elif token.kind is TokenKind.TEXT and (first := _first_strong(word.sub("", token.text))):
            _decide(stack, right=first == "R")


def _close(stack: list[_OpenTag], name: str) -> None:
    for at in range(len(stack) - 1, -1, -1):
        if stack[at].token.name == name:
            del stack[at:]
            return


def _decide(stack: list[_OpenTag], *, right: bool) -> None:
    block = next((element for element in reversed(stack) if element.token.name in _BLOCKS), None)
    if block is None or block.decided:
        return
    block.decided = True
    holders = [block]
    if block.token.name in {"li", "dt", "dd"}:
        holders += [element for element in reversed(stack) if element.token.name in _LISTS][:1]
    for holder in holders:
        if right and not holder.token.attributes.get("dir"):
            _set(holder.token, "dir", "rtl")
            holder.decided = True
            if holder.align == "left":
                style = _ALIGN.sub("", holder.token.attributes.get("style") or "").strip("; ")
                _set(holder.token, "style", f"{style};text-align:right".lstrip(";"))


def _first_strong(text: str) -> str:
    for letter in html.unescape(text):
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return "R"
        if kind == "L":
            return "L"
    return ""
