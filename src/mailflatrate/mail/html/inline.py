"""Inlines style sheets into style attributes, with css-inline; rules that cannot be inlined stay in the head."""

from __future__ import annotations

import re
from itertools import pairwise

from css_inline import CSSInliner, InlineError

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.html.outline import count_style_work
from mailflatrate.mail.html.tokens import MAX_DEPTH, TokenKind, tokenise, too_deep_line, write
from mailflatrate.mail.source_errors import SourceRefused

_INLINER = CSSInliner(
    keep_style_tags=True, remove_inlined_selectors=True, keep_link_tags=True, load_remote_stylesheets=False
)
_NORMALISER = CSSInliner(
    inline_style_tags=False, keep_style_tags=True, keep_link_tags=True, load_remote_stylesheets=False
)

MAX_ELEMENTS = 8_000
"""Elements of one message. A long newsletter has 3,000."""
MAX_STYLE_WORK = 3_000_000
"""Elements times selectors, about half a second. A long newsletter has 500,000."""
_DOCTYPE = re.compile(
    r"\s*(?:<!--(?:(?!-->).)*-->\s*)*(?P<kept><!doctype\s+html\s+(?:public|system)(?:\s+\"[\w\s/.:+-]*\"){1,2}\s*>)",
    re.IGNORECASE | re.DOTALL,
)


def _with_doctype(document: str, result: str) -> str:
    """css-inline shortens it; a transitional one keeps gaps away below images in tables."""
    doctype = _DOCTYPE.match(document)
    return (
        re.sub("<!doctype html>", lambda _: doctype["kept"], result, count=1, flags=re.IGNORECASE)
        if doctype
        else result
    )


def refuse_deep(source: str) -> None:
    """Raise SourceRefused for nesting that would make a parser crash the process."""
    line = too_deep_line(source)
    if line is not None:
        raise SourceRefused((mistake(line, "too-deep", str(MAX_DEPTH)),))


def refuse_heavy(document: str) -> None:
    """Raise SourceRefused for too many elements or style work: css-inline matches each element against each selector,
    and can't be stopped.
    """
    elements, selectors = count_style_work(tokenise(document))
    refuse_many_elements(elements)
    if elements * selectors > MAX_STYLE_WORK:
        raise SourceRefused((mistake(1, "too-much-css", str(elements), str(max(1, MAX_STYLE_WORK // elements))),))


def refuse_many_elements(elements: int) -> None:
    if elements > MAX_ELEMENTS:
        raise SourceRefused((mistake(1, "too-many-elements", str(MAX_ELEMENTS)),))


def inline_styles(document: str) -> str:
    """Serialized by html5ever. Rules for media, dark mode, hover, fonts and single clients stay in their sheet; a sheet
    that css-inline cannot read stays whole: mail clients still use the part they understand. Raises SourceRefused.
    """
    refuse_deep(document)
    refuse_heavy(document)
    return _with_doctype(document, _inlined(document))


def _inlined(document: str) -> str:
    try:
        return _INLINER.inline(document)
    except InlineError:
        pass
    try:
        return _INLINER.inline(_without_unreadable(document))
    except InlineError:
        return _NORMALISER.inline(document)


def normalise(document: str) -> str:
    """Serialized by html5ever, styles untouched. Raises SourceRefused."""
    refuse_deep(document)
    refuse_many_elements(sum(token.kind is TokenKind.START for token in tokenise(document)))
    return _with_doctype(document, _NORMALISER.inline(document))


def _without_unreadable(document: str) -> str:
    tokens = tokenise(document)
    for before, token in pairwise(tokens):
        if token.kind is TokenKind.RAW and token.name == "style" and not _is_readable(token.text):
            before.attributes["data-css-inline"] = "ignore"
            before.changed = True
    return write(tokens)


def _is_readable(css: str) -> bool:
    try:
        _INLINER.inline(f"<style>{css}</style><p></p>")
    except InlineError:
        return False
    return True
