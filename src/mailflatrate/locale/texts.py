"""Texts by their message ID, for code without Django. A message ID is the English text itself, used where a translation
is missing.
"""

import gettext as stdlib
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
ENGLISH: Final = "en"
_END_OF_CONTEXT: Final = "\x04"


def N_(message: str) -> str:
    """Mark a literal for `make messages`; show it with `translate`."""
    return message


def NC_(context: str, message: str) -> str:
    """Mark a message ID that needs a separate translation in `context`: the "Address" of a company, not of an email."""
    return f"{context}{_END_OF_CONTEXT}{message}"


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages, English first: each has a folder here with its formats."""
    codes = sorted(path.parent.name for path in FOLDER.glob("*/formats.py"))
    return (ENGLISH, *(code for code in codes if code != ENGLISH))


def known_language(code: str | None) -> str:
    """Return the supported language for `code`, such as "de" for "de-AT"; English if it isn't supported."""
    base = (code or "").replace("_", "-").partition("-")[0].lower()
    return base if base in languages() else ENGLISH


def translate(message: str, language: str) -> str:
    if not message:
        return ""
    translated = _catalogue(known_language(language)).gettext(message)
    return translated.rpartition(_END_OF_CONTEXT)[2] if translated == message else translated


@cache
def _catalogue(language: str) -> stdlib.NullTranslations:
    return stdlib.translation("django", FOLDER, [language], fallback=True)
