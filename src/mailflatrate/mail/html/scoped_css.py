"""Styles of customers on our own pages: below one part's selector, loading no file, covering nothing. Of at-rules only
`@media` stays; what loads a file or draws an element outside its place goes, except a background image in a style
attribute. Parsed by tinycss2 (CSS Syntax Level 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import tinycss2

MAX_CSS: Final = 200_000
"""Characters of a style sheet that are read; a longer one is dropped."""
_MOST_MEDIA: Final = 3
_PLACES: Final = frozenset({"static", "relative"})
_DROPPED: Final = re.compile(
    "behavior|-moz-binding|content|cursor|will-change|z-index|top|right|bottom|left|all|contain|--.*|inset.*|offset.*"
    "|position-.*|(?:-webkit-)?transform|translate|rotate|scale|zoom"
)
_LOADING: Final = re.compile(
    "url|src|image|(?:-webkit-)?image-set|element|expression|attr|var|env|if|paint|(?:-webkit-)?cross-fade"
)
_PICTURED: Final = frozenset({"background", "background-image"})
_WINDOW_UNITS: Final = frozenset(f"{size}v{side}" for size in ("", "s", "l", "d") for side in ("h", "b", "min", "max"))
"""A frame as high as its content has no height of its own to measure by."""
_NUMBERS: Final = frozenset({"number", "percentage", "dimension", "function"})
_COMBINATORS: Final = frozenset({">", "+", "~", "|", "&"})


def scoped_css(css: str, scope: str) -> str:
    """Never raises; what isn't understood is left out."""
    if len(css) > MAX_CSS:
        return ""
    try:
        rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
        return "".join(_rules(rules, scope, 0)).replace("<", "\\3c ")  # a string can't end the style element
    except (RecursionError, ValueError):  # brackets without an end, a number of thousands of digits
        return ""


def _rules(rules: Iterable[Any], scope: str, depth: int) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors, body = _selectors(rule.prelude, scope), _declarations(rule.content)
            if selectors and body:
                yield f"{','.join(selectors)}{{{body}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content and depth < _MOST_MEDIA:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            written = "".join(_rules(inner, scope, depth + 1))
            if written and not _is_refused(rule.prelude):
                yield f"@media {tinycss2.serialize(rule.prelude).strip()}{{{written}}}"


def _selectors(prelude: Iterable[Any], scope: str) -> list[str]:
    groups: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "comment":
            continue
        if token.type == "literal" and token.value == ",":
            groups.append([])
        else:
            groups[-1].append(token)
    written = []
    for tokens in groups:
        text = tinycss2.serialize(tokens).strip()
        if text and text[0] not in _COMBINATORS and not any(token.type in ("error", "{} block") for token in tokens):
            written.append(f"{scope} {text}")
    return written


def safe_style(style: str) -> str:
    """Background images stay. Never raises."""
    if len(style) > MAX_CSS:
        return ""
    try:
        return _declarations(tinycss2.parse_component_value_list(style, skip_comments=True), in_attribute=True)
    except (RecursionError, ValueError):
        return ""


def style_pictures(style: str) -> list[str]:
    tokens = tinycss2.parse_component_value_list(style)
    return [url for token in tokens if (url := url_of(token)) is not None]


def _declarations(content: Iterable[Any], *, in_attribute: bool = False) -> str:
    kept = []
    for declaration in tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True):
        if declaration.type != "declaration" or _DROPPED.fullmatch(declaration.lower_name):
            continue
        if _is_refused(declaration.value, pictures=in_attribute and declaration.lower_name in _PICTURED):
            continue
        value = tinycss2.serialize(declaration.value).strip()
        if declaration.lower_name == "position" and value.lower() not in _PLACES:
            continue
        if "margin" in declaration.lower_name and _is_negative(declaration.value):
            continue
        kept.append(f"{declaration.lower_name}:{value}{'!important' if declaration.important else ''}")
    return ";".join(kept)


def _is_negative(tokens: Iterable[Any]) -> bool:
    return any(token.type == "function" or getattr(token, "value", 0) < 0 for token in tokens if token.type in _NUMBERS)


def _is_refused(tokens: Iterable[Any], *, pictures: bool = False) -> bool:
    """A value may not load something, measure by the window, or have a part that the parser refused."""
    for token in tokens:
        if pictures and url_of(token) is not None:
            continue
        if token.type in ("url", "error", "bad-url"):
            return True
        if token.type == "dimension" and token.lower_unit in _WINDOW_UNITS:
            return True
        if token.type == "function" and (_LOADING.fullmatch(token.lower_name) or _is_refused(token.arguments)):
            return True
        if token.type in ("() block", "[] block", "{} block") and _is_refused(token.content):
            return True
    return False


def url_of(token: Any) -> str | None:
    """`url(x)` or `url("x")`; None for anything else."""
    if token.type == "url":
        return str(token.value)
    if (
        token.type == "function"
        and token.lower_name == "url"
        and [argument.type for argument in token.arguments] == ["string"]
    ):
        return str(token.arguments[0].value)
    return None
