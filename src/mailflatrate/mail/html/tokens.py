"""HTML as a list of tokens that can be changed and written back, leaving everything else byte for byte as it was.

Meant for HTML that a real parser has already written (html5ever, through css-inline), which is why it can be this
small; it is used a second time for the HTML inside conditional comments, which no parser looks into, so it
forgives what authors do there.
"""

from __future__ import annotations

import html
import html.entities
import re
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a token is."""

    TEXT = "text"
    RAW = "raw"  # what stands inside style, script and title
    START = "start"
    END = "end"
    COMMENT = "comment"
    DOCTYPE = "doctype"


@dataclass(slots=True)
class Token:
    """One token; `text` is its source, `name` and `attributes` are set for tags, the names in lower case.

    An attribute's value is unescaped; None stands for an attribute without a value. Setting `changed` makes
    `write` build the tag anew.
    """

    kind: Kind
    text: str
    name: str = ""
    attributes: dict[str, str | None] = field(default_factory=dict)
    self_closing: bool = False
    changed: bool = False


RAW_TEXT = frozenset({"style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"})
# HTML Living Standard 13.2.5.32 to 40: a name runs to white space, `/`, `>` or `=` and may hold quotes; only
# after `=` do quotes quote. Possessive, so that no input makes it backtrack.
_MARKUP = re.compile(
    r"<!--(?P<comment>.*?)-->"
    r"|<!(?P<declaration>[^>]*+)>"
    r"|</(?P<end>[a-zA-Z][^\s/>]*+)[^>]*+>"
    r"|<(?P<start>[a-zA-Z][^\s/>]*+)"
    r"(?P<rest>(?:[\s/]++|=?+[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+|=)*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>=?+[^\s/>=]++)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s>\"'][^\s>]*+))?+)?+"
)


def tokenise(source: str) -> list[Token]:
    """Return the tokens of `source`. Never raises; what is no markup is text."""
    tokens: list[Token] = []
    at = 0
    while found := _MARKUP.search(source, at):
        if found.start() > at:
            tokens.append(Token(Kind.TEXT, source[at : found.start()]))
        at = found.end()
        token = _token(found)
        tokens.append(token)
        if token.kind is Kind.START and token.name in RAW_TEXT and not token.self_closing:
            close = re.compile(rf"</{re.escape(token.name)}[\s/>]", re.IGNORECASE).search(source, at)
            stop = close.start() if close else len(source)
            if stop > at:
                tokens.append(Token(Kind.RAW, source[at:stop], token.name))
            at = stop
    if at < len(source):
        tokens.append(Token(Kind.TEXT, source[at:]))
    return tokens


def _token(found: re.Match[str]) -> Token:
    text = found.group()
    if found["comment"] is not None:
        return Token(Kind.COMMENT, found["comment"])
    if found["declaration"] is not None:
        return Token(Kind.DOCTYPE, text)
    if found["end"]:
        return Token(Kind.END, text, found["end"].lower())
    rest = found["rest"]
    attributes: dict[str, str | None] = {}
    for attribute in _ATTRIBUTE.finditer(rest):
        value = next((attribute[g] for g in ("double", "single", "bare") if attribute[g] is not None), None)
        attributes.setdefault(attribute["name"].lower(), None if value is None else unescape_attribute(value))
    return Token(Kind.START, text, found["start"].lower(), attributes, rest.rstrip().endswith("/"))


MAX_DEPTH = 250
"""Elements inside of one another. The libraries behind the compiler walk a document by recursion, and end their process
where it is deep enough."""
# What a parser closes by itself, and what holds nothing.
_NEVER_DEEP = frozenset({
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "option", "optgroup", "rp", "rt",
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip


def too_deep_line(source: str) -> int | None:
    """The line, from 1, on which elements stand deeper in one another than `MAX_DEPTH`; None where none do."""
    if source.count("<") <= MAX_DEPTH:
        return None
    depth, at = 0, 0
    for token in tokenise(source):
        at = source.find(token.text, at) + len(token.text)
        if token.kind is Kind.START and not token.self_closing and token.name not in _NEVER_DEEP:
            depth += 1
            if depth > MAX_DEPTH:
                return source.count("\n", 0, at) + 1
        elif token.kind is Kind.END and token.name not in _NEVER_DEEP:
            depth = max(0, depth - 1)
    return None


_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]*;?)(?P<next>=?)")


def unescape_attribute(value: str) -> str:
    """Resolve character references as HTML does in attributes: `&copy=1` of a query string stays what it is.

    HTML Living Standard 13.2.5.73: a named reference without semicolon before `=` or a letter or digit is no
    reference.
    """

    def resolve(found: re.Match[str]) -> str:
        name = found[1]
        bare = not name.startswith("#") and not name.endswith(";")
        if (bare and found["next"]) or not (name.startswith("#") or name in html.entities.html5):
            return found.group()
        return html.unescape(f"&{name}") + found["next"]

    return _REFERENCE.sub(resolve, value) if "&" in value else value


def escape_attribute(value: str) -> str:
    """Escape for a double-quoted attribute; also < and >, so that no context can turn the value into markup."""
    return (
        value.replace("&", "&amp;")
        .replace('"', "&quot;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\u00a0", "&nbsp;")
    )


def write(tokens: list[Token]) -> str:
    """Return the HTML of `tokens`."""
    return "".join(map(_write_token, tokens))


def _write_token(token: Token) -> str:
    if token.kind is Kind.COMMENT:
        return f"<!--{token.text}-->"
    if token.kind is not Kind.START or not token.changed:
        return token.text
    attributes = "".join(
        f" {name}" if value is None else f' {name}="{escape_attribute(value)}"'
        for name, value in token.attributes.items()
    )
    return f"<{token.name}{attributes}{' /' if token.self_closing else ''}>"
