"""The Liquid dialect customers may write: python-liquid, cut down to what cannot hurt them, us or a recipient.

Differences from the standard dialect, all on purpose:

- Only the tags in `TAGS` and the filters in `FILTERS` exist. Nothing loads another template.
- In an HTML part every output is escaped, string literals and captured blocks too. Standard Liquid trusts literals,
  which would let a script in a literal walk around the sanitiser. A captured block therefore is its *text*.
- An empty or absent value of a recipient is missing (R-52): printing it raises, testing it is false, `default`
  mends it.
- Loops, nesting, output and every filter's argument and result are bounded.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from typing import Any, TextIO, cast
from urllib.parse import urlsplit

from liquid import Environment, Mode, RenderContext, StrictUndefined, Undefined
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.capture_tag import CaptureNode, CaptureTag
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.token import TOKEN_CONTENT, TOKEN_OUTPUT, Token
from markupsafe import escape as html_escape

TEXT_LIMIT = 100_000
"""Longest string, in characters, that a filter may take or give, and longest output of one part."""
LOOP_LIMIT = 5_000
NESTING_LIMIT = 20

TAGS = frozenset({
    TOKEN_CONTENT, TOKEN_OUTPUT, "illegal", "if", "unless", "case", "for", "break", "continue", "assign", "capture",
    "comment", "#",
})  # fmt: skip

FILTERS = frozenset({
    "abs", "append", "at_least", "at_most", "capitalize", "ceil", "compact", "concat", "date", "default",
    "divided_by", "downcase", "escape", "escape_once", "first", "floor", "join", "last", "lstrip", "minus", "modulo",
    "newline_to_br", "plus", "prepend", "remove", "remove_first", "remove_last", "replace", "replace_first",
    "replace_last", "reverse", "round", "rstrip", "size", "slice", "sort", "sort_natural", "split", "squish", "strip",
    "strip_html", "strip_newlines", "sum", "times", "truncate", "truncatewords", "uniq", "upcase", "url_decode",
    "url_encode",
})  # fmt: skip

SAFE_URL_FILTER = "mailflatrate_url"
"""Put by the compiler behind an expression that begins a URL; not for authors."""
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})


class Trusted(str):
    """HTML that a filter has already escaped; any further string filter turns it back into plain text."""

    __slots__ = ()


class MissingError(UndefinedError):
    """Raised inside python-liquid when a missing value is printed; `variable` is its dotted name."""

    def __init__(self, variable: str, token: Token | None) -> None:
        super().__init__(f"{variable} is missing", token=token)
        self.variable = variable


class _Nothing(Undefined):
    """What a missing value compares as: equal to nil, "", blank and empty, and false.

    python-liquid knows only undefined values, which equal nil alone, and empty strings, which are true. Its `blank`
    asks whether the other side is a string, therefore the class says that it is one.
    """

    __slots__ = ()
    __class__ = property(lambda _self: str)

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or other == ""

    __hash__ = Undefined.__hash__


_NOTHING = _Nothing("nothing")


class Missing:
    """An absent or empty value: it can be tested, compared and defaulted; printing or looping raises and names it."""

    __slots__ = ("name", "token")

    def __init__(self, name: str, token: Token | None) -> None:
        self.name = name
        self.token = token

    def __liquid__(self) -> object:
        return _NOTHING

    def __str__(self) -> str:
        raise MissingError(self.name, self.token)

    def __iter__(self) -> Iterator[Any]:
        raise MissingError(self.name, self.token)

    def __len__(self) -> int:
        raise MissingError(self.name, self.token)


_ABSENT = object()


class Context(RenderContext):
    """Looks variables up so that an empty value from outside counts as missing and knows its full name."""

    __slots__ = ()

    def get(self, path: list[object], *, token: Token | None, default: object = None) -> object:
        value = super().get(path, token=token, default=_ABSENT)
        if value is _ABSENT or (
            (value is None or value == "") and path[0] in self.globals and path[0] not in self.locals
        ):
            name = ".".join(str(part) for part in path)
            return Missing(name, token)
        return value


class SandboxTemplate(BoundTemplate):
    """A parsed template whose contexts are ours."""

    context_class = Context


class _EscapedOutputNode(OutputNode):
    """`{{ ... }}` in an HTML part: always escaped, unless the last filter was one of our escaping filters."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if isinstance(value, Trusted):
            return buffer.write(str(value))
        return buffer.write(str(html_escape(to_liquid_string(value, autoescape=False))))


class _EscapedOutput(Output):
    node_class = _EscapedOutputNode


class _TextCaptureNode(CaptureNode):
    """`{% capture %}` in an HTML part keeps the text of the block.

    So that its output can be escaped like any other.
    """

    def _assign(self, context: RenderContext, buf: StringIO) -> None:
        context.assign(self.name, html.unescape(re.sub(r"<[^>]*>", "", buf.getvalue())))


class _TextCapture(CaptureTag):
    node_class = _TextCaptureNode


def _too_large(value: object) -> bool:
    return isinstance(value, str | list | tuple | range) and len(value) > TEXT_LIMIT


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter so that neither its input nor its result can grow past `TEXT_LIMIT`."""

    def call(value: object, *args: object, **named: object) -> object:
        if isinstance(value, Missing) and name != "default":
            raise MissingError(value.name, value.token)
        if any(map(_too_large, (value, *args))):
            raise ResourceLimitError(f"{name}: the value is too long", token=None)
        if name == "replace" and len(args) == 2:
            old, new = str(args[0]), str(args[1])
            text = str(value)
            if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > TEXT_LIMIT:
                raise ResourceLimitError("replace: the result is too long", token=None)
        result = function(value, *args, **named)
        if _too_large(result):
            raise ResourceLimitError(f"{name}: the result is too long", token=None)
        return result

    for attribute in ("validate", "with_context", "with_environment"):
        if hasattr(function, attribute):
            setattr(call, attribute, getattr(function, attribute))
    return call


def _text(value: object) -> str:
    return to_liquid_string("" if value is None else value, autoescape=False)


def _escape(value: object) -> str:
    return Trusted(html_escape(_text(value)))


def _escape_once(value: object) -> str:
    return Trusted(html_escape(html.unescape(_text(value))))


def _newline_to_br(value: object) -> str:
    return Trusted(re.sub(r"\r?\n", "<br />\n", str(html_escape(_text(value)))))


def safe_url(value: object) -> str:
    """Return `value` if it is a relative URL or has a scheme that a letter may link to, else an empty string."""
    text = _text(value).strip()
    try:
        scheme = urlsplit("".join(text.split())).scheme
    except ValueError:
        return ""
    return text if not scheme or scheme.lower() in SAFE_SCHEMES else ""


class Sandbox(Environment):
    """python-liquid's environment with our limits; one for HTML parts, one for text parts and subjects."""

    block_nesting_limit = NESTING_LIMIT
    loop_iteration_limit = LOOP_LIMIT
    local_namespace_limit = TEXT_LIMIT
    output_stream_limit = TEXT_LIMIT * 10
    template_class = SandboxTemplate
    suppress_blank_control_flow_blocks = False

    def __init__(self, *, html_part: bool) -> None:
        super().__init__(tolerance=Mode.STRICT, undefined=StrictUndefined, strict_filters=True)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: _bounded(name, self.filters[name]) for name in sorted(FILTERS)}
        self.add_filter(SAFE_URL_FILTER, safe_url)
        if html_part:
            self.add_tag(_EscapedOutput)
            self.add_tag(_TextCapture)
            self.add_filter("escape", _escape)
            self.add_filter("escape_once", _escape_once)
            self.add_filter("newline_to_br", _newline_to_br)
        else:
            # A text part needs no escaping: what an author escapes for HTML reads plainly here.
            self.add_filter("escape", _text)
            self.add_filter("escape_once", lambda value: html.unescape(_text(value)))
            self.add_filter("newline_to_br", _text)


HTML_SANDBOX = Sandbox(html_part=True)
TEXT_SANDBOX = Sandbox(html_part=False)


def parse(source: str, *, html_part: bool) -> SandboxTemplate:
    """Parse Liquid source. Raises `liquid.exceptions.LiquidError` with the token that is wrong."""
    sandbox = HTML_SANDBOX if html_part else TEXT_SANDBOX
    return cast(SandboxTemplate, sandbox.from_string(source))


def describe(error: LiquidError, source: str, *, html_part: bool) -> tuple[int, str]:
    """Return the line in `source`, from 1, and the plain message of a python-liquid error."""
    message = str(error.message or "this Liquid tag cannot be read")
    index = error.token.start_index if error.token is not None else -1
    if index < 0:
        index = _unclosed(message, source) if "expected tag end" in message else _guilty(message, source, html_part)
    return source.count("\n", 0, index) + 1, message


_TAG = re.compile(r"\{\{.*?\}\}|\{%-?\s*(?P<name>\w*).*?%\}", re.DOTALL)


def _unclosed(message: str, source: str) -> int:
    """Where the tag begins whose end is missing."""
    wanted = message.partition("expected tag end")[2].partition(",")[0]
    begun: list[int] = []
    for found in _TAG.finditer(source):
        if found["name"] == wanted:
            begun.append(found.start())
        elif found["name"] == f"end{wanted}" and begun:
            begun.pop()
    return begun[-1] if begun else 0


def _guilty(message: str, source: str, html_part: bool) -> int:
    """Where the tag begins at whose end something is missing, which python-liquid does not say.

    The source up to and with that tag is the shortest beginning that is refused with the same words.
    """
    tags = list(_TAG.finditer(source))
    first, last = 0, len(tags)
    while first < last:
        middle = (first + last) // 2
        if _refusal(source[: tags[middle].end()], html_part) == message:
            last = middle
        else:
            first = middle + 1
    return tags[first].start() if first < len(tags) else 0


def _refusal(source: str, html_part: bool) -> str:
    try:
        parse(source, html_part=html_part)
    except LiquidError as error:
        return str(error.message)
    return ""


def dotted_names(segments: Iterable[object]) -> list[str] | None:
    """Return the path's prefixes, `contact`, `contact.tags`, ..., or None if a part is only known at render time."""
    parts = list(segments)
    if not all(isinstance(part, str | int) for part in parts):
        return None
    return [".".join(map(str, parts[: end + 1])) for end in range(len(parts))]
