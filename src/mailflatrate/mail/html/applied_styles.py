"""Applies the style sheets of an HTML part, of any origin, to judge what a reader sees (R-44, R-48); the result is
never sent. Raises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailflatrate.mail.html.tokens import TokenKind, tokenise, too_deep_line, write

_MAX_CHARS = 400_000
_MAX_WORK = 150_000_000
"""Characters of style sheets times tokens: at worst each declaration is written into each element."""
_MEDIA = re.compile(r"@media\b((?:(?!@media\b)[^{}])*+)\{", re.IGNORECASE)
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?+")
_RULE = re.compile(r"(?<![^{}])([^{}]++)\{([^{}]*+)\}")
_NAME = re.compile(r"[.#]([\w-]+)|\[(?:class|id)[~^*|$]?=[\"']?([\w-]+)")
_EVERYWHERE = re.compile(r"\s*(?:only\s+)?(?:screen|all)?\s*", re.IGNORECASE)
_WIDTH = re.compile(r"max-(?:device-)?width\s*:\s*(\d+)", re.IGNORECASE)
_SHOWS = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*(?!none)\w|(?:max-)?height\s*:\s*(?:auto|none|inherit|[1-9])|visibility\s*:\s*visible"
    r"|font-size\s*:\s*(?!0)\d)",
    re.IGNORECASE,
)
_PHONE_PX = 320
"""No screen is narrower, so what shows only below this width is never seen."""


def with_styles_applied(source: str) -> str:
    """In CSS order and specificity. Rules for all screens count, not those for single widths or dark mode."""
    if "<style" not in source.lower() or len(source) > _MAX_CHARS:
        return source
    if too_deep_line(source) is not None:
        return source
    tokens = tokenise(source)
    css = 0
    for token in tokens:
        if token.kind is TokenKind.RAW and token.name == "style":
            token.text = _for_all_screens(token.text)
            css += len(token.text)
    if css * len(tokens) > _MAX_WORK:
        return source
    from css_inline import CSSInliner, InlineError  # only here: most messages have nothing to apply

    inliner = CSSInliner(keep_style_tags=True, keep_link_tags=True, load_remote_stylesheets=False)
    try:
        return inliner.inline(write(tokens))
    except (InlineError, ValueError):
        return source


def names_shown_somewhere(source: str) -> frozenset[str]:
    """Names that phones or dark mode show: hiding them elsewhere does not count as hidden."""
    names: set[str] = set()
    for token in tokenise(source) if "@media" in source.lower() else ():
        if token.kind is TokenKind.RAW and token.name == "style":
            for condition, block in _media(_COMMENT.sub("", token.text)):
                if "print" not in condition.lower() and _reaches_somebody(condition):
                    names.update(_shown_in(block))
    return frozenset(names)


def _reaches_somebody(condition: str) -> bool:
    return all(int(width) >= _PHONE_PX for width in _WIDTH.findall(condition))


def _shown_in(block: str) -> Iterator[str]:
    for selectors, declarations in _RULE.findall(block):
        if _SHOWS.search(declarations):
            for selector in selectors.split(","):
                for plain, quoted in _NAME.findall(selector.split()[-1] if selector.split() else ""):
                    yield plain or quoted


def _media(css: str) -> Iterator[tuple[str, str]]:
    for match, end in _media_blocks(css):
        yield match[1], css[match.end() : end]


def _media_blocks(css: str) -> Iterator[tuple[re.Match[str], int]]:
    begun = {match.end() - 1: match for match in _MEDIA.finditer(css)}
    open_braces: list[int] = []
    ends: dict[int, int] = {}
    for brace in re.finditer(r"[{}]", css):
        if brace.group() == "{":
            open_braces.append(brace.start())
        elif open_braces:
            ends[open_braces.pop()] = brace.start()
    for at, match in begun.items():
        yield match, ends.get(at, len(css))


def _for_all_screens(css: str) -> str:
    css = _COMMENT.sub("", css)
    cuts: list[tuple[int, int]] = []
    for match, end in _media_blocks(css):
        if _EVERYWHERE.fullmatch(match[1]):
            cuts += ((match.start(), match.end()), (end, end + 1))
    parts: list[str] = []
    at = 0
    for start, stop in sorted(cuts):
        parts += (css[at:start], " ")
        at = stop
    return "".join((*parts, css[at:]))
