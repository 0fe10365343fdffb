"""Conversion between content kinds: text is kept, and as much of its formatting as the target supports."""

from mailflatrate.apps.campaigns.content.child_compiler import as_body_in_child, as_html_in_child, as_text_in_child
from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.apps.campaigns.models import ContentKind
from mailflatrate.apps.campaigns.shared_blocks import shared_ids, with_shared_blocks
from mailflatrate.base import tenancy
from mailflatrate.mail.content.campaign import SourceFormat
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.liquid import SourceRefused


def source_format(kind: str) -> SourceFormat:
    """Return the format in which content of a kind is written: blocks are MJML."""
    return SourceFormat.MJML if kind == ContentKind.BLOCKS else SourceFormat(kind)


def same_source(kind: str, other: str) -> bool:
    return source_format(kind) is source_format(other)


def convert(content: str, kind: str, other: str, *, language: str, brand: BrandStyle) -> str:
    """Convert `content` from `kind` to `other`. Content that cannot be parsed as its kind is returned unchanged."""
    if same_source(kind, other) or not content.strip():
        return content
    written = source_format(kind)
    if written is SourceFormat.MJML and shared_ids(content):
        content = with_shared_blocks(content, tenancy.current_account_id())
    try:
        if other == ContentKind.MARKDOWN:
            return as_text_in_child(content, written)
        if other == ContentKind.HTML or written is SourceFormat.MJML:
            return as_html_in_child(content, written)
        body = as_body_in_child(content, written)
    except SourceRefused:
        return content
    return blank_source(language, brand, f"<mj-text>{body}</mj-text>")
