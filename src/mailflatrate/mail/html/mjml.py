"""MJML to HTML with mrml, and what an author got wrong in it, by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import mrml

from mailflatrate.mail.liquid.errors import SourceError, SourceRefused

# Without this mrml links Ubuntu from Google in every letter: a remote host the author never asked for.
_NO_FONTS: dict[str, str] = {}
_TAG = re.compile(
    r"<!--.*?-->|<(?P<close>/)?(?P<name>mj-?[a-z-]*)\b(?P<rest>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL
)
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
    """Return HTML. Raises SourceRefused with the line of each mistake."""
    errors = tuple(find_mjml_errors(source))
    if errors:
        raise SourceRefused(errors)
    try:
        options = mrml.RenderOptions(social_icon_origin=social_icon_origin, fonts=_NO_FONTS)
        return mrml.to_html(source, render_options=options).content
    except OSError as error:
        raise SourceRefused((_from_mrml(str(error), source),)) from error


def _from_mrml(message: str, source: str) -> SourceError:
    found = _POSITION.match(message)
    if found is None or found[2] is None:
        return SourceError(1, f"this MJML cannot be read: {message}")
    # mrml counts bytes of UTF-8.
    before = source.encode()[: int(found[2])]
    return SourceError(before.count(b"\n") + 1, f"this MJML cannot be read: {found[1]}")


def find_mjml_errors(source: str) -> Iterator[SourceError]:
    """Yield unknown, unclosed and misplaced MJML elements; mrml itself passes over some of them or names no line."""
    open_tags: list[tuple[str, int]] = []
    for found in _TAG.finditer(source):
        name = found["name"]
        if name is None:
            continue
        line = source.count("\n", 0, found.start()) + 1
        if found["close"]:
            if not open_tags or open_tags[-1][0] != name:
                expected = f"; <{open_tags[-1][0]}> of line {open_tags[-1][1]} is still open" if open_tags else ""
                yield SourceError(line, f"</{name}> closes nothing{expected}")
                return
            open_tags.pop()
            continue
        if name == "mj-include":
            yield SourceError(line, "<mj-include> is not possible here: put the content into this mailing")
        elif name not in COMPONENTS:
            yield SourceError(line, f"there is no MJML element <{name}>")
        if not found["rest"].rstrip().endswith("/"):
            open_tags.append((name, line))
    for name, line in open_tags:
        yield SourceError(line, f"<{name}> is never closed")
    if not re.search(r"<mjml\b", source):
        yield SourceError(1, "an MJML mailing begins with <mjml>")
