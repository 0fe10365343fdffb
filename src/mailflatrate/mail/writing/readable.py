"""A text as a person reads it, without markup: fields as their names, paragraphs as lines."""

import html
import re
from typing import Final

from mailflatrate.mail.writing.mask import TextForm

_FIELD: Final = re.compile(r"\{\{\s*(?:[a-z_]+\.)?([a-z_0-9]+)[^{}]{0,1000}\}\}", re.IGNORECASE)
_CONDITION: Final = re.compile(r"\{%.{0,1000}?%\}", re.DOTALL)
_BREAK: Final = re.compile(r"<br\s*/?>|</(?:p|h[1-6]|li|td|th|div|blockquote)\s*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,4000}>")


def readable(source: str, form: TextForm) -> str:
    """Return a text for reading: `‹first_name›` for a field, `‹…›` for a condition."""
    text = _CONDITION.sub("‹…›", _FIELD.sub(r"‹\1›", source))
    if form is not TextForm.HTML:
        return text.strip()
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
