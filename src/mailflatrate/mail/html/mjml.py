"""Renders MJML to HTML with mrml, and reports the author's mistakes by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailflatrate.mail.author_mistakes import ROW_MISSING, from_mjml, mistake
from mailflatrate.mail.html.inline import refuse_deep
from mailflatrate.mail.html.tokens import TokenKind, scan
from mailflatrate.mail.source_errors import Lines, SourceError, SourceRefused

# Without this mrml links Ubuntu from Google in each message: a remote host the author never asked for.
_NO_FONTS: dict[str, str] = {}
_NAME = re.compile(r"mj-?[a-z-]*")
_HTML_HABITS = (
    (re.compile(r"<(?![a-zA-Z/!?])"), "write-lt"),
    (
        re.compile(r"<[a-zA-Z](?:[^<>\"'=]|\"[^\"]*+\"|'[^']*+'|=\s*+(?=[\"'>]))*+=\s*+(?=[^\s\"'>])"),
        "quote-attributes",
    ),
)
"""What HTML forgives and mrml does not, without saying where."""
_SHARED_ROW = re.compile(r"\bpath=\"block:\d")
_BYTE_INDEX = re.compile(r"byte index (\d{1,9})")
_POSITION = re.compile(r"(.*?)(?: in root template)?(?: at position (\d+):(\d+))?$", re.DOTALL)

COMPONENTS = frozenset({
    "mjml", "mj-head", "mj-body", "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title",
    "mj-all", "mj-attributes", "mj-breakpoint", "mj-button", "mj-carousel", "mj-carousel-image", "mj-class",
    "mj-column", "mj-divider", "mj-font", "mj-group", "mj-hero", "mj-html-attributes", "mj-html-attribute",
    "mj-selector", "mj-image", "mj-navbar", "mj-navbar-link", "mj-preview", "mj-raw", "mj-section",
    "mj-social", "mj-social-element", "mj-spacer", "mj-style", "mj-table", "mj-text", "mj-title",
    "mj-wrapper",
})  # fmt: skip


def render_mjml(source: str, *, social_icon_origin: str | None = None) -> str:
    """Raises SourceRefused with mrml's message; `find_mjml_errors` finds more, for the author."""
    import mrml  # here, because it takes memory that a sender has no use for

    refuse_deep(source)
    try:
        options = mrml.RenderOptions(social_icon_origin=social_icon_origin, fonts=_NO_FONTS)
        return mrml.to_html(source, render_options=options).content
    except OSError as error:
        raise SourceRefused((_from_mrml(str(error), source),)) from error
    except BaseException as error:
        # mrml panics where it would quote a damaged tag in the middle of a character; a panic isn't an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise SourceRefused((_from_panic(str(error), source),)) from error


def _from_panic(message: str, source: str) -> SourceError:
    match = _BYTE_INDEX.search(message)
    line = source.encode()[: int(match[1])].count(b"\n") + 1 if match else 1
    return from_mjml(line, "unexpected characters in or after a tag")


def _from_mrml(message: str, source: str) -> SourceError:
    position = _POSITION.match(message)
    if position is not None and position[2] is not None:
        # mrml counts bytes of UTF-8.
        line = source.encode()[: int(position[2])].count(b"\n") + 1
        return from_mjml(line, position[1])
    for habit, advice in _HTML_HABITS:
        if place := habit.search(source):
            return mistake(source.count("\n", 0, place.end()) + 1, advice)
    return from_mjml(1, position[1] if position else message)


def find_mjml_errors(source: str) -> list[SourceError]:
    """Our own checks come first, as mrml ignores some mistakes and names no line for others."""
    errors = list(_structure_errors(source))
    if not errors:
        try:
            render_mjml(source)
        except SourceRefused as refused:
            errors = list(refused.errors)
    return errors


def _structure_errors(source: str) -> Iterator[SourceError]:
    open_tags: list[tuple[str, int]] = []
    lines = Lines(source)
    has_root = False
    for end, token in scan(source):
        if token.kind not in (TokenKind.START, TokenKind.END) or not _NAME.fullmatch(token.name):
            continue
        name, line = token.name, lines.at(end - len(token.text))
        has_root = has_root or name == "mjml"
        if token.kind is TokenKind.END:
            if not open_tags or open_tags[-1][0] != name:
                if open_tags:
                    yield mistake(line, "mjml-still-open", name, open_tags[-1][0], str(open_tags[-1][1]))
                else:
                    yield mistake(line, "mjml-closes-nothing", name)
                return
            open_tags.pop()
            continue
        if name == "mj-include":
            yield mistake(line, ROW_MISSING if _SHARED_ROW.search(token.text) else "mjml-include")
        elif name not in COMPONENTS:
            yield mistake(line, "mjml-no-element", name)
        if not token.self_closing:
            open_tags.append((name, line))
    for name, line in open_tags:
        yield mistake(line, "mjml-open", name)
    if not has_root:
        yield mistake(1, "mjml-no-root")
