"""Keys of fields, made from titles that people wrote."""

import re
import unicodedata

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def plain_title(text: str, joint: str = "") -> str:
    lowered = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", joint, ascii_only).strip(joint or None)


def attribute_key(title: str) -> str:
    """`Kunden-Nr.` -> `kunden_nr`."""
    key = plain_title(title, "_")[:60].strip("_")
    if not key:
        return "column"
    return key if key[0].isalpha() else f"x_{key}"[:60]
