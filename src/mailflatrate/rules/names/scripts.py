"""Confusable letters: mixed scripts, look-alikes, styled and invisible characters (Unicode TR 39)."""

import re
import unicodedata
from functools import cache, lru_cache

_LETTERS = ("Lu", "Ll", "Lt", "Lo", "Lm")
# An honest word never mixes these with Latin; Japanese and Chinese names do mix Latin with theirs.
_NEVER_WITH_LATIN = frozenset(
    {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET", "GEORGIAN", "HEBREW", "ARABIC", "SYRIAC"}
)
_RIGHT_TO_LEFT = frozenset({"HEBREW", "ARABIC", "SYRIAC", "THAANA"})
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
_STYLED = re.compile(
    r"MATHEMATICAL .*(?:CAPITAL|SMALL|DIGIT)|FULLWIDTH (?:LATIN|DIGIT)|(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN"
    r"|PARENTHESIZED LATIN|LATIN LETTER SMALL CAPITAL"
)
# Blank in spite of their category: Hangul fillers and the empty Braille pattern.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180e")
_MARKS_OF_DIRECTION = frozenset("\u200e\u200f\u061c")
_JOINERS = frozenset("\u200c\u200d")
_OVERLAYS = range(0x0334, 0x0339)
_ASCII_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "!": "l", "$": "s", "5": "s", "@": "a"})
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    if unicodedata.category(char) not in _LETTERS:
        return ""
    word = unicodedata.name(char, "").partition(" ")[0]
    return "" if word in {"MODIFIER", "FEMININE", "MASCULINE", "MICRO"} else word


def disguised_word(text: str) -> str | None:
    decomposed = unicodedata.normalize("NFD", text)
    if decomposed.isascii():
        return None
    scripts = {script_of(char) for char in text}
    for word in unicodedata.normalize("NFC", text).split():
        for run in re.split(r"[\W\d_]+", word):
            run_scripts = {script_of(char) for char in run}
            if "LATIN" in run_scripts and run_scripts & _NEVER_WITH_LATIN:
                return word
        if not scripts & _EAST_ASIAN and any(_STYLED.match(unicodedata.name(char, "")) for char in word):
            return word
        if _wears_foreign_marks(word):
            return word
    return None


def _wears_foreign_marks(word: str) -> bool:
    heap, on_latin = 0, False
    for char in unicodedata.normalize("NFD", word):
        if unicodedata.category(char) != "Mn":
            heap, on_latin = 0, script_of(char) == "LATIN"
            continue
        heap += 1
        foreign = not unicodedata.name(char, "COMBINING").startswith(("COMBINING", "VARIATION"))
        if on_latin and (foreign or heap > 2 or ord(char) in _OVERLAYS):
            return True
    return False


def has_invisible(text: str) -> bool:
    scripts = {script_of(char) for char in text}
    for at, char in enumerate(text):
        if char in _BLANK:
            return True
        if unicodedata.category(char) not in ("Cf", "Cc", "Zl", "Zp") or char in "\t\r\n":
            continue
        if char in _MARKS_OF_DIRECTION and scripts & _RIGHT_TO_LEFT:
            continue
        if char in _JOINERS and 0 < at < len(text) - 1 and not (text[at - 1] + text[at + 1]).isascii():
            continue
        if 0xE0020 <= ord(char) <= 0xE007F and at and ord(text[at - 1]) > 0x1F000:
            continue  # flags of regions are spelled with tags
        return True
    return False


def undisguised(text: str) -> str:
    """As a hasty reader sees it: look-alikes as Latin letters, without marks and invisible characters."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    kept = []
    for char in plain:
        if char in _BLANK or unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
            continue
        kept.append(char if char.isascii() else _latin_for(char))
    return "".join(kept)


def skeleton(text: str) -> str:
    """Return a form for comparing names: undisguised, lower case, with 0 as o, 1 and i as l, 5 and $ as s."""
    return undisguised(text).casefold().translate(_ASCII_ALIKE)


def words_of(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=4096)
def _latin_for(char: str) -> str:
    if not script_of(char) or unicodedata.name(char, "").startswith("LATIN"):
        return {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}.get(char, char)
    return _confusables().get(char, char)


@cache
def _confusables() -> dict[str, str]:
    from confusable_homoglyphs import confusables

    lookalikes = {}
    for char, alikes in confusables.confusables_data.items():
        if len(char) == 1 and not char.isascii():
            for alike in alikes:
                if len(alike["c"]) == 1 and alike["c"].isascii() and alike["c"].isalpha():
                    lookalikes[char] = alike["c"]
                    break
    return lookalikes
