"""The mailing ID: one per campaign, random, shown as `4K7Q-92XD-8`, and easy to read over the phone (R-55). Eight
symbols of Crockford base32 (40 bits; D. Crockford, "Base 32", 2002) and a check symbol, modulo 37. O is read as 0, I
and L as 1, without hyphens or capitals.
"""

import re
import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_SYMBOLS: Final = _ALPHABET + "*~$=U"
_VALUES: Final = {symbol: value for value, symbol in enumerate(_ALPHABET)}
_SLIPS: Final = str.maketrans("OIL", "011")
# Hyphen-minus, hyphen, non-breaking hyphen, figure dash, en dash, em dash, minus: word processors put any of them.
_HYPHENS: Final = r"\-‐‑‒–—−"
_IGNORED: Final = re.compile(rf"[\s{_HYPHENS}]+")
_SYMBOLS: Final = "[0-9A-TV-Za-tv-z]"
_CANDIDATE: Final = re.compile(
    rf"(?<![0-9A-Za-z])({_SYMBOLS}{{4}})(\s?[{_HYPHENS}]\s?|\s)?({_SYMBOLS}{{4}})"
    rf"(\s?[{_HYPHENS}]\s?|\s)?([0-9A-Za-z])(?![0-9A-Za-z])"
)
# Words that come before an ID in a sentence, and what may be between.
_LABEL: Final = re.compile(r"(?<![^\W_])(?:id|kennung|nummer|number|nr)(?: (?:is|ist|lautet))?$")
_LABEL_ENDS: Final = " \t\n\xa0.:=#\"'„“"
_LONGEST_LABEL: Final = 24


def new_mailing_id() -> str:
    """In displayed form; a unique constraint catches the one in 10^12. Redrawn until the check symbol is alphanumeric
    and the whole has letters and digits: no word or telephone number is ever an ID.
    """
    while True:
        number = secrets.randbits(40)
        symbols = "".join(_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
        whole = symbols + _CHECK_SYMBOLS[number % 37]
        if whole.isalnum() and _is_mixed(whole):
            return _shown(whole)


def parse_mailing_id(text: str) -> str | None:
    """`text` was typed or dictated; None if its check symbol is wrong."""
    compact = _IGNORED.sub("", text).upper().translate(_SLIPS)
    if len(compact) != 9 or not compact.isascii():
        return None
    number = 0
    for symbol in compact[:8]:
        value = _VALUES.get(symbol)
        if value is None:
            return None
        number = number << 5 | value
    return _shown(compact) if _CHECK_SYMBOLS[number % 37] == compact[8] else None


def compact_form(mailing_id: str) -> str:
    """Lower case without hyphens, for a Message-ID; `mailing_id` is in display form."""
    return mailing_id.replace("-", "").lower()


def find_in_text(text: str) -> tuple[str, ...]:
    """In display form, in order, each once. Without hyphens and "ID" before it a candidate must mix letters and digits:
    one nine-letter word in 37 would otherwise pass.
    """
    mailing_ids: dict[str, None] = {}
    position = 0
    while match := _CANDIDATE.search(text, position):
        is_likely = _is_hyphenated(match) or _is_mixed("".join(match.group(1, 3, 5))) or _is_labelled(text, match)
        mailing_id = parse_mailing_id(match.group()) if is_likely else None
        if mailing_id is not None:
            mailing_ids[mailing_id] = None
            position = match.end()
        else:
            position = match.start() + 1
    return tuple(mailing_ids)


def _is_hyphenated(match: re.Match[str]) -> bool:
    return all(separator and separator.strip() for separator in match.group(2, 4))


def _is_labelled(text: str, match: re.Match[str]) -> bool:
    """An ID may be nine letters, and only a label tells it from a word then. O is read as 0, and I as 1."""
    before = text[max(0, match.start() - _LONGEST_LABEL) : match.start()]
    stripped = before.rstrip(_LABEL_ENDS)
    # Most words before a candidate end in other letters; only the rest is worth a pattern.
    return stripped != before and stripped[-1:] in "dgrstDGRST" and _LABEL.search(stripped.lower()) is not None


def _is_mixed(symbols: str) -> bool:
    return not (symbols.isalpha() or symbols.isdigit())


def _shown(compact: str) -> str:
    return f"{compact[:4]}-{compact[4:8]}-{compact[8]}"
