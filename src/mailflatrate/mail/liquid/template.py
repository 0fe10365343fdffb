"""A parsed Liquid text: fixed segments and, per recipient, the strings that go between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from itertools import groupby, islice

from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.for_tag import BreakNode, ContinueNode
from liquid.exceptions import LiquidError, LiquidInterrupt
from liquid.output import LimitedStringIO

from mailflatrate.mail.author_mistakes import from_liquid, from_rendering, mistake
from mailflatrate.mail.liquid.closures import Render, Values, compile_output
from mailflatrate.mail.liquid.led_hosts import OURS, LedHosts
from mailflatrate.mail.liquid.lexer import MarkError
from mailflatrate.mail.liquid.sandbox import (
    HTML_SANDBOX,
    TEXT_SANDBOX,
    Context,
    MissingError,
    SandboxTemplate,
    describe,
    dotted_names,
    parse,
)
from mailflatrate.mail.liquid.work_limit import START, STEP, spend, start_work, work_done
from mailflatrate.mail.segments import Dynamic, Segment, Static, join_segments
from mailflatrate.mail.source_errors import ForeignHost, Lines, MissingValue, RenderRefused, SourceError, SourceRefused

_PLAIN_WORK = 200
"""The work that printing a plain value counts as: `work_limit` cannot measure it."""
KNOWN_VARIABLES = frozenset({
    "contact.email", "contact.first_name", "contact.last_name", "account.name", "list.name", "unsubscribe_url",
    "preferences_url", "web_url", "poll_url", "mailing_id", "subscription.date", "subscription.source",
})  # fmt: skip
"""What every campaign may print; a caller adds `contact.<attribute>` for each attribute of the account."""


@dataclass(frozen=True, slots=True)
class LiquidTemplate:
    """`segments` is the order of fixed and dynamic text. Nodes after a top-level `assign` or `capture` may depend on
    it, so they form one dynamic segment together with the fixed text between them.
    """

    segments: tuple[Segment, ...]
    source: str
    _renders: tuple[Render, ...]
    _single_line: bool
    _html_part: bool
    _own_hosts: frozenset[str] | None = None
    _led: LedHosts | None = None

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        autoescape: bool,
        known_variables: Set[str] = KNOWN_VARIABLES,
        single_line: bool = False,
        own_hosts: frozenset[str] | None = None,
    ) -> LiquidTemplate:
        """`single_line`, for headers, removes CR and LF from values. `own_hosts` are where values may lead besides
        hosts in the text (None: anywhere). Raises SourceRefused with the line of every unknown variable, filter or tag.
        """
        errors = find_liquid_errors(text, html_part=autoescape, known_variables=known_variables)
        if errors:
            raise SourceRefused(errors)
        return cls.parse_checked(
            one_line(text) if single_line else text,
            autoescape=autoescape,
            single_line=single_line,
            own_hosts=own_hosts,
        )

    @classmethod
    def parse_checked(
        cls, text: str, *, autoescape: bool, single_line: bool = False, own_hosts: frozenset[str] | None = None
    ) -> LiquidTemplate:
        """Only for a source in which `find_liquid_errors` finds nothing."""
        parsed = parse(text, html_part=autoescape)
        segments: list[Segment] = []
        renders: list[Render] = []
        ours: set[int] = set()
        for run in _runs(list(parsed.nodes)):
            if len(run) == 1 and isinstance(run[0], ContentNode):
                segments.append(Static(run[0].text))
            elif not isinstance(run[0], CommentNode):
                segments.append(Dynamic(len(renders)))
                if len(run) == 1 and OURS.fullmatch(str(getattr(run[0], "expression", ""))):
                    ours.add(len(renders))
                renders.append(_compile_run(run, parsed, html_part=autoescape))
        merged, led = _merged(segments), None
        if own_hosts is not None:
            led = LedHosts.of(text, merged, frozenset(ours), own_hosts, is_html=autoescape)
        return cls(merged, text, tuple(renders), single_line, autoescape, own_hosts, led)

    def __reduce__(self) -> tuple[Callable[..., LiquidTemplate], tuple[object, ...]]:
        """Pickle the source, which was checked when it was first parsed."""
        return _again, (self.source, self._html_part, self._single_line, self._own_hosts)

    def render_dynamic(self, values: Values) -> list[str]:
        """In the order of their indexes. Raises MissingValue for a value that is absent or empty without a default,
        ForeignHost, and RenderRefused for any other error, also work beyond `WORK_LIMIT`.
        """
        start_work()
        if self._single_line:
            dynamic = [one_line(render(values)) for render in self._renders]
        else:
            dynamic = [render(values) for render in self._renders]
        if self._led is not None:
            self._led.check(dynamic, values)
        return dynamic

    def render(self, values: Values) -> str:
        return join_segments(self.segments, self.render_dynamic(values))

    def missing(self, values: Values) -> list[str]:
        """Return all; `render_dynamic` raises for the first one only."""
        return self._attempt(values)[1]

    def unfit(self, values: Values) -> list[str]:
        """Return values for which this recipient is skipped: missing ones, or else one that leads to a foreign host."""
        dynamic, names = self._attempt(values)
        if self._led is not None and len(dynamic) == len(self._renders):
            try:
                self._led.check(dynamic, values)
            except ForeignHost as foreign:
                names.append(foreign.variable)
        return names

    def _attempt(self, values: Values) -> tuple[list[str], list[str]]:
        start_work()
        dynamic, missing = list[str](), list[str]()
        for render in self._renders:
            try:
                text = render(values)
            except MissingValue as refused:
                missing.append(refused.variable)
            except RenderRefused:
                continue
            else:
                dynamic.append(one_line(text) if self._single_line else text)
        return dynamic, missing

    def work(self, values: Values) -> int:
        """Return octets of `work_limit`, up to a missing value or refusal; past the limit after too much work."""
        with suppress(RenderRefused):
            self.render_dynamic(values)
        return work_done() + _PLAIN_WORK * len(self._renders)

    def variables(self) -> frozenset[str]:
        analysis = parse(self.source, html_part=False).analyze(include_partials=False)
        uses = (variable for every in analysis.globals.values() for variable in every)
        return frozenset(name for variable in uses for name in dotted_names(variable.segments) or ())


def _again(text: str, html_part: bool, single_line: bool, own_hosts: frozenset[str] | None) -> LiquidTemplate:
    return LiquidTemplate.parse_checked(text, autoescape=html_part, single_line=single_line, own_hosts=own_hosts)


def one_line(text: str) -> str:
    """Header injection needs a CR or LF (RFC 5322 2.2)."""
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def find_liquid_errors(
    text: str, *, html_part: bool, known_variables: Set[str] = KNOWN_VARIABLES
) -> tuple[SourceError, ...]:
    """Sorted by line: syntax, variables, filters, stray `break`."""
    try:
        parsed = parse(text, html_part=html_part)
        errors = set(islice(_semantic_errors(parsed, text, known_variables), MOST_ERRORS))
    except MarkError as error:
        return (mistake(Lines(text).at(error.bad.index), error.bad.code, *error.bad.facts),)
    except LiquidError as error:
        line, message = describe(error, text, html_part=html_part)
        return (from_liquid(line, message),)
    except RecursionError:
        return (mistake(1, "liquid-too-deep"),)
    return tuple(sorted(errors, key=lambda error: (error.line, error.message)))


MOST_ERRORS = 100
"""The most mistakes reported at once: more would help no one."""


def _semantic_errors(parsed: SandboxTemplate, text: str, known_names: Set[str]) -> Iterator[SourceError]:
    analysis = parsed.analyze(include_partials=False)
    line_at = Lines(text).at
    for uses in analysis.globals.values():
        for variable in uses:
            names = dotted_names(variable.segments)
            if names is None:
                yield mistake(line_at(variable.span.index), "known-later", str(variable))
            elif not any(name in known_names for name in names):
                yield mistake(line_at(variable.span.index), "no-variable", str(variable))
    filters = (HTML_SANDBOX if parsed.env is HTML_SANDBOX else TEXT_SANDBOX).filters
    for name, spans in analysis.filters.items():
        if name not in filters:
            yield from (mistake(line_at(span.index), "no-filter", name) for span in spans)
    for node in _outside_loops(list(parsed.nodes)):
        yield mistake(line_at(node.token.start_index), "only-in-loop", node.token.value)


def _outside_loops(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, BreakNode | ContinueNode):
            yield node
        elif node.token.value != "for":
            yield from _outside_loops(_children(node))


def _children(node: Node) -> list[Node]:
    return list(node.children(_STATIC_CONTEXT, include_partials=False))


_STATIC_CONTEXT: RenderContext = Context(parse("", html_part=False))


def _assigns(node: Node) -> bool:
    return bool(list(node.template_scope())) or any(map(_assigns, _children(node)))


def _runs(nodes: list[Node]) -> list[list[Node]]:
    start = next((at for at, node in enumerate(nodes) if _assigns(node)), None)
    if start is None:
        return [[node] for node in nodes]
    end = max(at for at, node in enumerate(nodes) if not isinstance(node, ContentNode)) + 1
    return [*([node] for node in nodes[:start]), nodes[start:end], *([node] for node in nodes[end:])]


def _compile_run(run: list[Node], parsed: SandboxTemplate, *, html_part: bool) -> Render:
    slow = _slow_render(run, parsed)
    if len(run) > 1:
        return slow
    return compile_output(run[0], html_part=html_part, slow=slow) or slow


class _MeteredIO(LimitedStringIO):
    def write(self, text: str) -> int:
        spend(len(text))
        return super().write(text)


def _slow_render(nodes: list[Node], parsed: SandboxTemplate) -> Render:
    limit = parsed.env.output_stream_limit or 0

    def render(values: Mapping[str, object]) -> str:
        context = Context(parsed, globals=values)
        buffer: StringIO = _MeteredIO(limit, newline="")
        try:
            spend(START + STEP * len(nodes))
            for node in nodes:
                node.render(context, buffer)
        except MissingError as error:
            raise MissingValue(error.variable) from error
        except (
            LiquidError, LiquidInterrupt, ValueError, ArithmeticError, TypeError, AttributeError, LookupError,
            RecursionError, OSError,
        ) as error:  # fmt: skip
            raise RenderRefused(from_rendering(str(getattr(error, "message", None) or error))) from error
        return buffer.getvalue()

    return render


def _merged(segments: list[Segment]) -> tuple[Segment, ...]:
    merged: list[Segment] = []
    for is_fixed, run in groupby(segments, lambda segment: isinstance(segment, Static)):
        if is_fixed:
            text = "".join(segment.text for segment in run if isinstance(segment, Static))
            merged += [Static(text)] if text else []
        else:
            merged += run
    return tuple(merged)
