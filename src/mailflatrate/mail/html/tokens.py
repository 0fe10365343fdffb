"""HTML as tokens to change and write back, everything else byte for byte. Small because html5ever wrote it; it
tolerates what authors write in conditional comments, which no parser reads.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class TokenKind(Enum):
    TEXT = "text"
    RAW = "raw"  # the content of style, script and title
    START = "start"
    END = "end"
    COMMENT = "comment"
    DOCTYPE = "doctype"


@dataclass(slots=True)
class Token:
    """`text` is its source; `name` (lower case) and `attributes` are a tag's, values unescaped, None without a value.
    Setting `changed` makes `write` rebuild the tag.
    """

    kind: TokenKind
    text: str
    name: str = ""
    attributes: dict[str, str | None] = field(default_factory=dict)
    self_closing: bool = False
    changed: bool = False


RAW_TEXT = frozenset({"style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"})
# HTML Living Standard 13.2.5.32 to 40: a name runs to white space, `/`, `>` or `=` and may hold quotes; only
# after `=` do quotes quote. Possessive, so that no input makes it backtrack.
_START = re.compile(
    r"<(?P<start>[a-zA-Z][^\s/>]*+)"
    r"(?P<rest>(?:[\s/]++|=?+[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+|=)*+)(?P<closed>>)?"
)
_END = re.compile(r"</(?P<end>[a-zA-Z][^\s/>]*+)")
_ATTRIBUTE = re.compile(
    r"(?P<name>=?+[^\s/>=]++)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s>\"'][^\s>]*+))?+)?+"
)


def tokenise(source: str) -> list[Token]:
    """Never raises, takes linear time. A tag still open at the end is text, with everything after it."""
    return [token for _, token in scan(source)]


def scan(source: str) -> Iterator[tuple[int, Token]]:
    done, at = 0, 0
    comments = _Search(source, "-->")
    closing = _Search(source, ">")
    while (at := source.find("<", at)) >= 0:
        token, end = _markup(source, at, comments, closing)
        if token is None:
            if end < 0:
                break
            at += 1
            continue
        if at > done:
            yield at, Token(TokenKind.TEXT, source[done:at])
        yield end, token
        done = at = end
        if token.kind is TokenKind.START and token.name in RAW_TEXT and not token.self_closing:
            close = re.compile(rf"</{re.escape(token.name)}[\s/>]", re.IGNORECASE).search(source, at)
            stop = close.start() if close else len(source)
            if stop > at:
                yield stop, Token(TokenKind.RAW, source[at:stop], token.name)
            done = at = stop
    if done < len(source):
        yield len(source), Token(TokenKind.TEXT, source[done:])


class _Search:
    def __init__(self, source: str, mark: str) -> None:
        self._source, self._mark, self._next = source, mark, -1
        self._is_over = False

    def find(self, at: int) -> int:
        if self._next < at and not self._is_over:
            self._next = self._source.find(self._mark, at)
            self._is_over = self._next < 0
        return self._next if self._next >= at else -1


def _markup(source: str, at: int, comments: _Search, closing: _Search) -> tuple[Token | None, int]:
    """Return None with `at` if no token begins there, and with -1 if none can begin from here to the end."""
    if source.startswith("<!--", at) and (end := comments.find(at + 4)) >= 0:
        return Token(TokenKind.COMMENT, source[at + 4 : end]), end + 3
    if source.startswith("<!", at):
        end = closing.find(at + 2) + 1
        return (Token(TokenKind.DOCTYPE, source[at:end]), end) if end else (None, -1)
    if tag_match := _END.match(source, at):
        end = closing.find(tag_match.end()) + 1
        return (Token(TokenKind.END, source[at:end], tag_match["end"].lower()), end) if end else (None, -1)
    if tag_match := _START.match(source, at):
        return (_start_token(tag_match), tag_match.end()) if tag_match["closed"] else (None, -1)
    return None, at


def _start_token(match: re.Match[str]) -> Token:
    rest = match["rest"]
    attributes: dict[str, str | None] = {}
    for attribute in _ATTRIBUTE.finditer(rest):
        value = next((attribute[g] for g in ("double", "single", "bare") if attribute[g] is not None), None)
        attributes.setdefault(attribute["name"].lower(), None if value is None else unescape_attribute(value))
    return Token(TokenKind.START, match.group(), match["start"].lower(), attributes, rest.rstrip().endswith("/"))


@dataclass(frozen=True, slots=True)
class MarkupFault:
    """`code` and `facts` as in `author_mistakes`, `line` from 1."""

    line: int
    code: str
    facts: tuple[str, ...] = ()


def find_fault(source: str) -> MarkupFault | None:
    for end, token in scan(source):
        if token.kind is TokenKind.START and len(token.attributes) > MAX_ATTRIBUTES:
            return MarkupFault(_line(source, end), "too-many-attributes", (str(MAX_ATTRIBUTES),))
        if token.kind is TokenKind.DOCTYPE and token.text.startswith("<!--"):
            return MarkupFault(_line(source, end - len(token.text)), "markup-comment-open")
        if token.kind is TokenKind.TEXT and (match := _OPEN.search(token.text)) and end == len(source):
            begin = end - len(token.text) + match.start()
            if match["comment"]:
                return MarkupFault(_line(source, begin), "markup-comment-open")
            return MarkupFault(_line(source, begin), "markup-tag-open", (match["name"],))
    return None


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, max(index, 0)) + 1


_OPEN = re.compile(r"(?P<comment><!--)|<(?P<name>/?[a-zA-Z][\w:-]{0,40})")
MAX_ATTRIBUTES = 200
"""Attributes of one tag. Parsers compare each with all others."""
MAX_DEPTH = 250
"""The libraries behind the compiler walk a document recursively, and too deep a nesting ends their process."""
# Elements that a parser closes automatically, and empty elements.
_NEVER_DEEP = frozenset({
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "option", "optgroup", "rp", "rt",
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip


def too_deep_line(source: str) -> int | None:
    if source.count("<") <= MAX_DEPTH:
        return None
    depth = 0
    for end, token in scan(source):
        if token.kind is TokenKind.START and not token.self_closing and token.name not in _NEVER_DEEP:
            depth += 1
            if depth > MAX_DEPTH:
                return _line(source, end)
        elif token.kind is TokenKind.END and token.name not in _NEVER_DEEP:
            depth = max(0, depth - 1)
    return None


_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]*;?)(?P<next>=?)")


def unescape_attribute(value: str) -> str:
    """`&copy=1` of a query string stays: a named reference without semicolon before `=`, an alphabetic character or a
    digit is none (HTML Living Standard 13.2.5.73).
    """

    def resolve(match: re.Match[str]) -> str:
        name = match[1]
        bare = not name.startswith("#") and not name.endswith(";")
        if (bare and match["next"]) or not (name.startswith("#") or name in html.entities.html5):
            return match.group()
        return html.unescape(f"&{name}") + match["next"]

    return _REFERENCE.sub(resolve, value) if "&" in value else value


def escape_attribute(value: str) -> str:
    """For double quotes; < and > too, so that no context can turn the value into markup."""
    return (
        value.replace("&", "&amp;")
        .replace('"', "&quot;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\u00a0", "&nbsp;")
    )


def write(tokens: list[Token]) -> str:
    return "".join(map(_write_token, tokens))


def _write_token(token: Token) -> str:
    if token.kind is TokenKind.COMMENT:
        return f"<!--{token.text}-->"
    if token.kind is not TokenKind.START or not token.changed:
        return token.text
    attributes = "".join(
        f" {name}" if value is None else f' {name}="{escape_attribute(value)}"'
        for name, value in token.attributes.items()
    )
    return f"<{token.name}{attributes}{' /' if token.self_closing else ''}>"
