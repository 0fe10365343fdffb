"""From one way of writing to another: the words come along, as much of their looks as the other way knows."""

import re

from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.apps.campaigns.models import ContentKind
from mailflatrate.mail.content import compiled_text, mjml_as_html
from mailflatrate.mail.html.look import Look
from mailflatrate.mail.html.theme import markdown_as_html
from mailflatrate.mail.liquid import SourceRefused

MJML_KINDS = frozenset({ContentKind.MJML.value, ContentKind.BLOCKS.value})
_BODY = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)


def same_source(kind: str, other: str) -> bool:
    """True where both ways write the same text: blocks are MJML."""
    return kind == other or {kind, other} <= MJML_KINDS


def convert(content: str, kind: str, other: str, *, language: str, look: Look) -> str:
    """`content`, written as `kind`, as `other`. What cannot be read in its own way stays as it is."""
    if same_source(kind, other) or not content.strip():
        return content
    try:
        if other == ContentKind.MARKDOWN:
            return compiled_text(content, as_mjml=kind in MJML_KINDS)
        html = markdown_as_html(content) if kind == ContentKind.MARKDOWN else content
        if kind in MJML_KINDS:
            return mjml_as_html(content)
    except SourceRefused:
        return content
    if other == ContentKind.HTML:
        return html
    found = _BODY.search(html)
    return blank_source(language, look, f"<mj-text>{(found[1] if found else html).strip()}</mj-text>")
