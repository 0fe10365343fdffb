"""Parses tag lists "a=1; b=2" of DKIM and DMARC records (RFC 6376 3.2) leniently."""

from __future__ import annotations


class TagError(ValueError):
    pass


def parse_tags(text: str) -> dict[str, str]:
    """Return tags in lower case with stripped values. Raises TagError for a part without "=" or a repeated tag."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or not name:
            raise TagError(f"not a tag: {part.strip()!r}")
        if name in tags:
            raise TagError(f"the tag {name} is given twice")
        tags[name] = value.strip()
    return tags
