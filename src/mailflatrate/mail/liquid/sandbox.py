"""The Liquid that customers may write: python-liquid, cut down to what cannot hurt them, us or a recipient. Only `TAGS`
and `FILTERS` exist; nothing loads another template. In an HTML part every output is escaped, literals and captured
blocks too, or a script in a literal would walk around the sanitizer. A recipient's empty or absent value is missing
(R-52): printing it raises, testing it is false, `default` fixes it. Loops, nesting, output, arguments and work
(`work_limit`) are bounded; `marks` finds marks in linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import StringIO
from typing import Any, TextIO, cast
from urllib.parse import urlsplit

from liquid import Environment, Mode, RenderContext, StrictUndefined, Undefined
from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.capture_tag import CaptureNode, CaptureTag
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.exceptions import LiquidError, UndefinedError
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.token import TOKEN_CONTENT, TOKEN_OUTPUT, Token
from markupsafe import escape as html_escape

from mailflatrate.mail.liquid.closures import LINK_FILTER, linked
from mailflatrate.mail.liquid.lexer import tokenize
from mailflatrate.mail.liquid.marks import BadMark, LiquidMark, find_marks
from mailflatrate.mail.liquid.work_limit import (
    STEP,
    TEXT_LIMIT,
    metered,
    refuse_large,
    spend,
    strip_html,
    weigh,
    weigh_lookup,
    without_tags,
)

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
"""Put by the compiler after an expression that begins a URL; not for authors."""
SAFE_STYLE_FILTER = "mailflatrate_css"
"""Put by the compiler after an expression in CSS; not for authors."""
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})


class SafeHtml(str):
    """HTML that a filter has escaped; any further string filter turns it back into plain text."""

    __slots__ = ()


class MissingError(UndefinedError):
    """Raised when a missing value is printed; `variable` is its dotted name."""

    def __init__(self, variable: str, token: Token | None) -> None:
        super().__init__(f"{variable} is missing", token=token)
        self.variable = variable


class _Nothing(Undefined):
    """Equal to nil, "", blank and empty. python-liquid's `blank` compares with strings only, so the class claims to be
    one.
    """

    __slots__ = ()
    __class__ = property(lambda _self: str)

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or other == ""

    __hash__ = Undefined.__hash__


_NOTHING = _Nothing("nothing")


class Missing:
    """It can be tested, compared and defaulted; printing it or looping over it raises an error that names it."""

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
    __slots__ = ()

    def get(self, path: list[object], *, token: Token | None, default: object = None) -> object:
        value = super().get(path, token=token, default=_ABSENT)
        spend(STEP + weigh_lookup(value))
        if value is _ABSENT or (
            (value is None or value == "") and path[0] in self.globals and path[0] not in self.locals
        ):
            name = ".".join(str(part) for part in path)
            return Missing(name, token)
        return value

    def assign(self, key: str, val: Any) -> None:
        refuse_large("assign", val)
        spend(STEP + _STEP_PER_NAME * len(self.locals))
        super().assign(key, val)


_STEP_PER_NAME = 32


class SandboxTemplate(BoundTemplate):
    context_class = Context


class _MeteredOutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(to_liquid_string(_counted(self.expression.evaluate(context)), autoescape=False))


class _MeteredOutput(Output):
    node_class = _MeteredOutputNode


def _counted(value: object) -> object:
    refuse_large("output", value)
    spend(2 * weigh(value))
    return value


class _Turn(BlockNode):
    __slots__ = ("_work",)

    def __init__(self, block: BlockNode) -> None:
        super().__init__(block.token, block.nodes)
        self._work = STEP * _tags_in(block)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        spend(self._work)
        return super().render_to_output(context, buffer)


def _tags_in(node: Node) -> int:
    return 1 + sum(map(_tags_in, node.children(None, include_partials=False)))  # type: ignore[arg-type]


class _MeteredForNode(ForNode):
    def __init__(self, token: Token, expression: LoopExpression, block: BlockNode, default: BlockNode | None) -> None:
        super().__init__(token, expression, _Turn(block), default)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        spend(STEP + weigh(self.expression.iterable.evaluate(context), 0))
        return super().render_to_output(context, buffer)


class _MeteredFor(ForTag):
    node_class: type[ForNode] = _MeteredForNode


class _EscapedOutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = _counted(self.expression.evaluate(context))
        if isinstance(value, SafeHtml):
            return buffer.write(str(value))
        return buffer.write(str(html_escape(to_liquid_string(value, autoescape=False))))


class _EscapedOutput(Output):
    node_class = _EscapedOutputNode


class _TextCaptureNode(CaptureNode):
    def _assign(self, context: RenderContext, buf: StringIO) -> None:
        context.assign(self.name, html.unescape(without_tags(buf.getvalue())))


class _TextCapture(CaptureTag):
    node_class = _TextCaptureNode


def _text(value: object) -> str:
    return to_liquid_string("" if value is None else value, autoescape=False)


def _escape(value: object) -> str:
    return SafeHtml(html_escape(_text(value)))


def _escape_once(value: object) -> str:
    return SafeHtml(html_escape(html.unescape(_text(value))))


def _newline_to_br(value: object) -> str:
    return SafeHtml(re.sub(r"\r?\n", "<br />\n", str(html_escape(_text(value)))))


def safe_url(value: object) -> str:
    """Return "" unless it is relative or has a scheme allowed in a message's links."""
    text = _text(value).strip()
    try:
        scheme = urlsplit("".join(text.split())).scheme
    except ValueError:
        return ""
    return text if scheme.lower() in SAFE_SCHEMES or not (scheme or text.startswith(("//", "\\"))) else ""


_STYLE_VALUE = re.compile(r"[^():;@\\<>{}\"']*")


def safe_style(value: object) -> str:
    """Return "" unless it can only be part of a CSS value, such as a color or a size."""
    text = _text(value)
    return text if _STYLE_VALUE.fullmatch(text) else ""


_HTML_FILTERS: dict[str, Callable[..., Any]] = {
    "escape": _escape, "escape_once": _escape_once, "newline_to_br": _newline_to_br,
    LINK_FILTER: lambda value: SafeHtml(linked(_text(value))),
}  # fmt: skip
# A text part needs no escaping: what an author escapes for HTML reads plainly there.
_TEXT_FILTERS: dict[str, Callable[..., Any]] = {
    "escape": _text, "escape_once": lambda value: html.unescape(_text(value)), "newline_to_br": _text,
    LINK_FILTER: _text,
}  # fmt: skip


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if name == "default":
        return function

    def call(value: object, *args: object, **named: object) -> object:
        if isinstance(value, Missing):
            raise MissingError(value.name, value.token)
        return function(value, *args, **named)

    call.__dict__.update(function.__dict__)
    return call


class Sandbox(Environment):
    block_nesting_limit = NESTING_LIMIT
    loop_iteration_limit = LOOP_LIMIT
    local_namespace_limit = TEXT_LIMIT
    output_stream_limit = TEXT_LIMIT * 10
    template_class = SandboxTemplate
    suppress_blank_control_flow_blocks = False

    def __init__(self, *, html_part: bool) -> None:
        super().__init__(tolerance=Mode.STRICT, undefined=StrictUndefined, strict_filters=True)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        filters = {name: self.filters[name] for name in sorted(FILTERS)}
        filters |= {SAFE_URL_FILTER: safe_url, SAFE_STYLE_FILTER: safe_style, "strip_html": strip_html}
        filters |= _HTML_FILTERS if html_part else _TEXT_FILTERS
        self.filters = {name: _named(name, metered(name, function)) for name, function in filters.items()}
        self.add_tag(_MeteredFor)
        self.add_tag(_MeteredOutput)
        if html_part:
            self.add_tag(_EscapedOutput)
            self.add_tag(_TextCapture)

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        return tokenize


HTML_SANDBOX = Sandbox(html_part=True)
TEXT_SANDBOX = Sandbox(html_part=False)


def parse(source: str, *, html_part: bool) -> SandboxTemplate:
    """Raises `liquid.exceptions.LiquidError` with the token that is wrong."""
    sandbox = HTML_SANDBOX if html_part else TEXT_SANDBOX
    return cast(SandboxTemplate, sandbox.from_string(source))


def describe(error: LiquidError, source: str, *, html_part: bool) -> tuple[int, str]:
    """Return the line, from 1, and a plain message."""
    message = str(error.message or "this Liquid tag cannot be read")
    index = error.token.start_index if error.token is not None else -1
    if index < 0:
        index = _unclosed(message, source) if "expected tag end" in message else _guilty(message, source, html_part)
    return source.count("\n", 0, index) + 1, message


def _tags_of(source: str) -> list[LiquidMark]:
    marks: list[LiquidMark] = []
    with suppress(BadMark):
        marks.extend(find_marks(source))
    return marks


def _unclosed(message: str, source: str) -> int:
    tag = message.partition("expected tag end")[2].partition(",")[0]
    begun: list[int] = []
    for mark in _tags_of(source):
        if mark.name == tag:
            begun.append(mark.start)
        elif mark.name == f"end{tag}" and begun:
            begun.pop()
    return begun[-1] if begun else 0


def _guilty(message: str, source: str, html_part: bool) -> int:
    """Return where the tag without end begins, which python-liquid does not report: the source up to it is the shortest
    prefix that is rejected with the same words.
    """
    tags = _tags_of(source)
    first, last = 0, len(tags)
    while first < last:
        middle = (first + last) // 2
        if _refusal(source[: tags[middle].end], html_part) == message:
            last = middle
        else:
            first = middle + 1
    return tags[first].start if first < len(tags) else 0


def _refusal(source: str, html_part: bool) -> str:
    try:
        parse(source, html_part=html_part)
    except LiquidError as error:
        return str(error.message)
    return ""


def dotted_names(segments: Iterable[object]) -> list[str] | None:
    parts = list(segments)
    if not all(isinstance(part, str | int) for part in parts):
        return None
    return [".".join(map(str, parts[: end + 1])) for end in range(len(parts))]
