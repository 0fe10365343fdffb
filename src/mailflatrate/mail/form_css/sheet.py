"""A form's style sheet: a selector is one part of the form, optionally in a state; no combinators, attributes or ids,
so no rule can ask what a visitor typed or reach the checkboxes' wording, names of lists, notice or imprint. A
background brings a readable text color for those (`--mf-ink`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import tinycss2

from mailflatrate.mail.form_css.values import LIGHT_INK, PROPERTIES, UnusableValue, length, paint_of

MAX_CHARACTERS: Final = 10_000
_MOST_RULES: Final = 200
_MOST_FINDINGS: Final = 30
_MOST_SELECTORS: Final = 12
_TEXT_CHARACTERS: Final = 60
PARTS: Final = ("form", "title", "intro", "label", "input", "button", "back", "steps", "checkbox", "bar", "page")
_ALIASES: Final = {
    "form": "form",
    "h1": "title",
    "h2": "title",
    "label": "label",
    "input": "input",
    "select": "input",
    "button": "button",
    "body": "page",
}
_STATES: Final = frozenset({"hover", "focus", "focus-visible", "active", "disabled"})
_ONLY: Final = {
    "page": frozenset({"background", "background-color"}),
    "checkbox": frozenset({"accent-color"}),
    "bar": frozenset({"background", "background-color", "color", "font-family", "font-weight", "border-color"}),
}
_BACKGROUNDS: Final = frozenset({"background", "background-color"})
_ON_FORM: Final = frozenset({"title", "intro", "label", "steps"})
_MEDIA: Final = {
    "prefers-color-scheme": ("light", "dark"),
    "prefers-reduced-motion": ("reduce", "no-preference"),
}
CLOSE: Final = "dialog>.mf-close,.slide>.mf-close"
"""Drawn over the form, not in it."""


class CssFault(Enum):
    TOO_LONG = "too_long"
    SYNTAX = "syntax"
    AT_RULE = "at_rule"
    MEDIA = "media"
    SELECTOR = "selector"
    PROPERTY = "property"
    VALUE = "value"
    FILE = "file"
    CONTRAST = "contrast"
    BACKGROUND = "background"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class CssFinding:
    """Lines count from 1. `text` is as written; `of` is the property of a value."""

    line: int
    fault: CssFault
    text: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class FormSheet:
    css: str = ""
    findings: tuple[CssFinding, ...] = ()


@dataclass(slots=True)
class _SheetReading:
    findings: list[CssFinding] = field(default_factory=list)
    rules: int = 0
    has_background: bool = False
    first_color: CssFinding | None = None

    def note(self, token: Any, fault: CssFault, text: str = "", of: str = "") -> None:
        if len(self.findings) < _MOST_FINDINGS:
            excerpt = " ".join(text.split())[:_TEXT_CHARACTERS]
            self.findings.append(CssFinding(token.source_line, fault, excerpt, of))


@lru_cache(maxsize=500)
def form_css(source: str) -> FormSheet:
    """Never raises; what isn't understood is left out and noted."""
    if not source.strip():
        return FormSheet()
    if len(source) > MAX_CHARACTERS:
        return FormSheet(findings=(CssFinding(1, CssFault.TOO_LONG),))
    reading = _SheetReading()
    try:
        rules = tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True)
        css = "".join(_rules(rules, reading, within=""))
    except (RecursionError, ValueError):  # brackets without an end, a number of thousands of digits
        return FormSheet(findings=(CssFinding(1, CssFault.SYNTAX),))
    if reading.first_color is not None and not reading.has_background:
        reading.findings.append(reading.first_color)
    return FormSheet(css, tuple(sorted(reading.findings, key=lambda finding: finding.line)))


def _rules(rules: Iterable[Any], reading: _SheetReading, *, within: str) -> Iterator[str]:
    for rule in rules:
        reading.rules += 1
        if reading.rules > _MOST_RULES:
            reading.note(rule, CssFault.TOO_LONG)
            return
        if rule.type == "qualified-rule":
            yield from _rule(rule, reading, is_always=not within)
        elif rule.type == "at-rule":
            yield from _at_rule(rule, reading, within)
        else:
            reading.note(rule, CssFault.SYNTAX)


def _at_rule(rule: Any, reading: _SheetReading, within: str) -> Iterator[str]:
    name = f"@{rule.lower_at_keyword}"
    if name != "@media" or within or rule.content is None:
        reading.note(rule, CssFault.AT_RULE, name)
        return
    condition = _condition(rule.prelude)
    if not condition:
        reading.note(rule, CssFault.MEDIA, tinycss2.serialize(rule.prelude))
        return
    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
    written = "".join(_rules(inner, reading, within=condition))
    if written:
        yield f"@media {condition}{{{written}}}"


def _condition(prelude: Iterable[Any]) -> str:
    written: list[str] = []
    for token in prelude:
        if token.type in ("whitespace", "comment"):
            continue
        if token.type == "ident" and token.lower_value == "and" and written and written[-1] != "and":
            written.append("and")
            continue
        feature = _feature(token) if token.type == "() block" and (not written or written[-1] == "and") else ""
        if not feature:
            return ""
        written.append(feature)
    return " ".join(written) if written and written[-1] != "and" else ""


def _feature(block: Any) -> str:
    tokens = [token for token in block.content if token.type not in ("whitespace", "comment")]
    if len(tokens) != 3 or tokens[0].type != "ident" or tokens[1] != ":":
        return ""
    name, value = tokens[0].lower_value, tokens[2]
    if name in ("min-width", "max-width"):
        try:
            return f"({name}:{length(value, 0, 5000)})"
        except UnusableValue:
            return ""
    is_known = value.type == "ident" and value.lower_value in _MEDIA.get(name, ())
    return f"({name}:{value.lower_value})" if is_known else ""


def _rule(rule: Any, reading: _SheetReading, *, is_always: bool) -> Iterator[str]:
    selectors = _selectors(rule, reading)
    declared = list(_declarations(rule, reading)) if selectors else []
    for part, states in selectors:
        body, ink = _body(part, declared, reading, is_always=is_always and not states)
        if body:
            yield f".mf-{part}{states}{{{body}}}"
        if ink and part == "form" and not states:
            yield f"{CLOSE}{{--mf-ink:{ink}}}"


def _selectors(rule: Any, reading: _SheetReading) -> list[tuple[str, str]]:
    groups: list[list[Any]] = [[]]
    for token in rule.prelude:
        if token.type == "literal" and token.value == ",":
            groups.append([])
        elif token.type != "comment":
            groups[-1].append(token)
    selectors: list[tuple[str, str]] = []
    for tokens in groups:
        named = _selector(tokens)
        if named is None or len(selectors) >= _MOST_SELECTORS:
            reading.note(rule, CssFault.SELECTOR, tinycss2.serialize(tokens))
        else:
            selectors.append(named)
    return selectors


def _selector(tokens: Sequence[Any]) -> tuple[str, str] | None:
    kept = list(tokens)
    while kept and kept[0].type == "whitespace":
        del kept[0]
    while kept and kept[-1].type == "whitespace":
        del kept[-1]
    if kept and kept[0].type == "ident":
        part, rest = _ALIASES.get(kept[0].lower_value, ""), kept[1:]
    elif len(kept) > 1 and kept[0] == "." and kept[1].type == "ident" and kept[1].value in PARTS:
        part, rest = kept[1].value, kept[2:]
    else:
        return None
    states = ""
    while len(rest) > 1 and rest[0] == ":" and rest[1].type == "ident" and rest[1].lower_value in _STATES:
        states += f":{rest[1].lower_value}"
        rest = rest[2:]
    return (part, states) if part and not rest else None


@dataclass(frozen=True, slots=True)
class _Declaration:
    at: Any
    name: str
    value: str
    tokens: tuple[Any, ...]


def _declarations(rule: Any, reading: _SheetReading) -> Iterator[_Declaration]:
    for declaration in tinycss2.parse_declaration_list(rule.content, skip_comments=True, skip_whitespace=True):
        if declaration.type != "declaration":
            reading.note(declaration, CssFault.SYNTAX)
            continue
        reader = PROPERTIES.get(declaration.lower_name)
        tokens = tuple(token for token in declaration.value if token.type not in ("whitespace", "comment"))
        if reader is None:
            reading.note(declaration, CssFault.PROPERTY, declaration.lower_name)
        elif _names_a_file(tokens):
            reading.note(declaration, CssFault.FILE, declaration.lower_name)
        else:
            try:
                value = reader(tokens)
            except UnusableValue:
                reading.note(
                    declaration, CssFault.VALUE, tinycss2.serialize(declaration.value).strip(), declaration.lower_name
                )
            else:
                yield _Declaration(declaration, declaration.lower_name, value, tokens)


def _names_a_file(tokens: Iterable[Any]) -> bool:
    files = ("url", "src", "image", "image-set")
    return any(token.type == "url" or (token.type == "function" and token.lower_name in files) for token in tokens)


def _body(part: str, declared: Sequence[_Declaration], reading: _SheetReading, *, is_always: bool) -> tuple[str, str]:
    written, ink, paint, color = [], "", None, None
    for declaration in declared:
        if declaration.name not in _ONLY.get(part, PROPERTIES) or (declaration.name == "max-width" and part != "form"):
            reading.note(declaration.at, CssFault.PROPERTY, declaration.name)
            continue
        if declaration.name in _BACKGROUNDS:
            background = paint_of(declaration.tokens)
            try:
                paint, ink = background, background.ink()
            except UnusableValue:
                reading.note(declaration.at, CssFault.BACKGROUND, declaration.value)
                continue
        elif declaration.name == "color":
            color = declaration
            continue
        # The shorthand, because a color alone would leave an earlier gradient over it.
        written.append(f"{'background' if declaration.name in _BACKGROUNDS else declaration.name}:{declaration.value}")
    color_value = color.value if color is not None else ""
    if color is not None and paint is not None and not paint.is_readable(color_value):
        reading.note(color.at, CssFault.CONTRAST, color_value)
        color_value = ""
    if color is not None and paint is None and part in _ON_FORM and reading.first_color is None:
        reading.first_color = CssFinding(color.at.source_line, CssFault.DARK, color_value)
    if color_value or ink:
        written.append(f"color:{color_value or ink}")
    if ink:
        # Controls that a browser draws follow the background, not the visitor's dark mode.
        written += [f"--mf-ink:{ink}", f"color-scheme:{'dark' if ink == LIGHT_INK else 'light'}"]
        reading.has_background |= part == "form" and is_always
    return ";".join(written), ink
