"""Phone numbers as people type them, in the two ways that need no knowledge of their country (ITU-T E.123)."""

import re

from mailflatrate.locale.texts import N_
from mailflatrate.rules.fields.field_type import UnreadableValue, ValueFault

NOT_A_PHONE_NUMBER = ValueFault(
    "not_a_phone_number", sentence="", prompt=N_("Enter a phone number, such as +49 30 123456.")
)
MIN_DIGITS, MAX_DIGITS = 5, 15
"""E.164 allows 15 digits; the shortest subscriber numbers with their area code have five."""
_TYPED = re.compile(r"(?:\+|00)?[0-9 ()./\u00a0\u2010-\u2013-]{5,40}")


def read_phone(text: str) -> str:
    """Return `+` and digits with a country, otherwise digits; `(0)` is dropped. Raises UnreadableValue."""
    typed = text.strip()
    if _TYPED.fullmatch(typed) is None:
        raise UnreadableValue(NOT_A_PHONE_NUMBER)
    is_international = typed.startswith(("+", "00"))
    if is_international:
        typed = typed.removeprefix("+").removeprefix("00").replace("(0)", "")
    digits = re.sub(r"[^0-9]", "", typed)
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        raise UnreadableValue(NOT_A_PHONE_NUMBER)
    return f"+{digits}" if is_international else digits
