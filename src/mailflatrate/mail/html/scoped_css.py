"""Style sheets of customers on our own pages: they reach one part of the page only, load nothing, and cover nothing.

A rule keeps its selectors, each below the part's own; of at-rules only `@media` stays. What loads a file or leaves the
place of its element goes. Parsing is tinycss2's (CSS Syntax Level 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import tinycss2

MAX_CSS: Final = 200_000
"""Characters of a style sheet that are read; a longer one is dropped."""
_MOST_MEDIA: Final = 3
_PLACES: Final = frozenset({"fixed", "absolute", "sticky"})
_DROPPED: Final = frozenset({"behavior", "-moz-binding", "content", "cursor", "will-change"})
_LOADING: Final = frozenset({"url", "src", "image", "image-set", "-webkit-image-set", "element", "expression", "attr"})
_COMBINATORS: Final = frozenset({">", "+", "~", "|", "&"})


def scoped_css(css: str, scope: str) -> str:
    """Return a customer's rules below the selector `scope`. Never raises; what isn't understood is left out."""
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
            if written and not _loads(rule.prelude):
                yield f"@media {tinycss2.serialize(rule.prelude).strip()}{{{written}}}"


def _selectors(prelude: Iterable[Any], scope: str) -> list[str]:
    """Return each selector below the scope. One that begins with a combinator could leave it, and is dropped."""
    found: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "comment":
            continue
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    written = []
    for tokens in found:
        text = tinycss2.serialize(tokens).strip()
        if text and text[0] not in _COMBINATORS and not any(token.type in ("error", "{} block") for token in tokens):
            written.append(f"{scope} {text}")
    return written


def _declarations(content: Iterable[Any]) -> str:
    """Return the declarations that stay."""
    kept = []
    for one in tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True):
        if one.type != "declaration" or one.lower_name in _DROPPED or _loads(one.value):
            continue
        value = tinycss2.serialize(one.value).strip()
        if one.lower_name == "position" and value.lower() in _PLACES:
            continue
        kept.append(f"{one.lower_name}:{value}{'!important' if one.important else ''}")
    return ";".join(kept)


def _loads(tokens: Iterable[Any]) -> bool:
    """Return whether a value could load something, or has a part that the parser refused."""
    for token in tokens:
        if token.type in ("url", "error", "bad-url"):
            return True
        if token.type == "function" and (token.lower_name in _LOADING or _loads(token.arguments)):
            return True
        if token.type in ("() block", "[] block", "{} block") and _loads(token.content):
            return True
    return False
