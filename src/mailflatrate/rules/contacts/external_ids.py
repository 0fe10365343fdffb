"""The id that a person has in the customer's own system: one word of visible ASCII, unique within the account."""

import re
from typing import Final

MOST_CHARACTERS: Final = 200
PATTERN: Final = r"^[!-~]+$"
FIELD: Final = "external-id"
"""How pages, changes and reports call it; no custom field can have this key."""
_WRITTEN: Final = re.compile(rf"[!-~]{{1,{MOST_CHARACTERS}}}")


def is_external_id(text: str) -> bool:
    return _WRITTEN.fullmatch(text) is not None
