"""Conversion between content kinds: text is kept, and as much of its formatting as the target supports."""

from mailflatrate.apps.campaigns.child_compiler import as_body_in_child, as_html_in_child, as_text_in_child
from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.apps.campaigns.models import ContentKind
from mailflatrate.mail.content import ContentKind as Written
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.liquid import SourceRefused

MJML_KINDS = frozenset({ContentKind.MJML.value, ContentKind.BLOCKS.value})


def same_source(kind: str, other: str) -> bool:
    """Return True if both kinds use the same source text: blocks are MJML."""
    return kind == other or {kind, other} <= MJML_KINDS


def convert(content: str, kind: str, other: str, *, language: str, look: BrandStyle) -> str:
    """Convert `content` from `kind` to `other`. Content that cannot be parsed as its kind is returned unchanged."""
    if same_source(kind, other) or not content.strip():
        return content
    try:
        if other == ContentKind.MARKDOWN:
            return as_text_in_child(content, Written.MJML if kind in MJML_KINDS else Written(kind))
        if other == ContentKind.HTML or kind in MJML_KINDS:
            return as_html_in_child(content, Written.MJML if kind in MJML_KINDS else Written(kind))
        body = as_body_in_child(content, Written(kind))
    except SourceRefused:
        return content
    return blank_source(language, look, f"<mj-text>{body}</mj-text>")
