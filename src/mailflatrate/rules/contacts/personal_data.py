"""Birth dates (R-39), and data protected by GDPR Art. 9 and 10 (R-97), judged by the name of a column or field.
Accents, case, hyphens, camelCase and look-alikes hide nothing; if the name says nothing, the data isn't detected.
The words are in `special_words.toml`, which says what they mean.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from mailflatrate.rules.limits import LIMITS

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryWords:
    inside: Words = ()
    starts: Words = ()
    words: Words = ()
    names: Words = ()


@dataclass(frozen=True, slots=True)
class SpecialWords:
    categories: Mapping[str, CategoryWords]
    child: Words
    birth: Words
    yearly: Words

    def protected(self, which: Callable[[CategoryWords], Words]) -> frozenset[str]:
        return frozenset(word for category in self.categories.values() for word in which(category))


@cache
def special_words() -> SpecialWords:
    tables = tomllib.loads((Path(__file__).parent / "special_words.toml").read_text("utf-8"))
    categories = {
        name: CategoryWords(**{kind: tuple(words) for kind, words in kinds.items()})
        for name, kinds in tables.pop("categories").items()
    }
    return SpecialWords(categories, **{name: tuple(words) for name, words in tables.items()})


MINOR_BELOW_YEARS = int(LIMITS["minor_below_years"].value)

_BIRTH = re.compile(
    r"geb(?:urts?|\.)?[ _-]?(?:datum|tag|dat|jahr)\b|\bgeb(?:oren)?(?:[ _-]?am)?\b|\bgeburt\b|\bjahrgang\b|"
    r"\bbirth|\bborn\b|\bb[ _-]?day\b|\bdob\b|date[ _-]of[ _-]birth|year[ _-]of[ _-]birth",
    re.IGNORECASE,
)
_AGE = re.compile(r"\b(?:lebens)?alter\b|\bage\b", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])")
_WORD = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"(?=[^\W_]*[^\W\d_])[^\W_]+")
_JOINED_FROM = 8
"""This long, they are also looked for across separators (`blut_gruppe`); shorter ones come about by chance."""

_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "ς": "σ"}
)
_LOOKALIKE = str.maketrans("аеорсухіјѕһкмтвнορανικτ", "aeopcyxijshkmtbhopavikt")
_SIGNS = str.maketrans("@$€!|", "aseil")
_DIGITS = (str.maketrans("0134578", "oieastb"), str.maketrans("0134578", "oleastb"))


def _any_of(words: Iterable[str], start: str = "") -> re.Pattern[str]:
    return re.compile(start + "(?:" + "|".join(sorted(map(re.escape, words))) + ")")


def is_special(*names: str) -> bool:
    return any(_is_special(folded) for name in names for folded in _foldings(name))


def is_birth(*names: str) -> bool:
    for name in names:
        if _BIRTH.search(_in_words(name)):
            return True
        for folded in _foldings(name):
            if _tests().born.search(folded) or not _tests().child.isdisjoint(folded.split()):
                return True
    return False


@lru_cache(maxsize=2_000)
def is_yearly(*names: str) -> bool:
    return any(
        _BIRTH.search(_in_words(name)) or any(map(_tests().day_of_year.search, _foldings(name))) for name in names
    )


def is_age(*names: str) -> bool:
    return any(_AGE.search(_in_words(name)) for name in names)


def says_nothing(name: str) -> bool:
    return sum(map(str.isalpha, name)) <= 2


def _in_words(name: str) -> str:
    return _CAMEL.sub(" ", name).replace("_", " ").replace("-", " ")


def is_minor(born: date, today: date) -> bool:
    """Return True below the age of consent (R-39), including a birth date in the future."""
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) < MINOR_BELOW_YEARS


def _foldings(name: str) -> set[str]:
    visible = "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign) != "Cf")
    readings: set[str] = set()
    for spaced in {visible, _CAMEL.sub(" ", visible)}:
        readings |= _plain_readings(spaced)
    return {" ".join(_words_of(reading)) for reading in readings}


def _plain_readings(text: str) -> set[str]:
    lowered = text.lower().translate(_UNDECOMPOSED)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(sign))
    readings = {plain, plain.translate(_LOOKALIKE)}
    spelled = plain.translate(_SIGNS).translate(_LOOKALIKE)
    for table in _DIGITS:
        readings.add(_spelled(spelled, table))
    return readings | {re.sub("([aou])e", r"\1", reading) for reading in readings}


def _spelled(text: str, table: dict[int, int]) -> str:
    return _MIXED.sub(lambda word: word[0].translate(table), text)


def _words_of(text: str) -> list[str]:
    words: list[str] = []
    was_letter = False
    for word in _WORD.findall(text):
        bare = word.strip("0123456789")
        is_letter = len(bare) == 1
        if is_letter and was_letter:
            words[-1] += bare
        elif bare:
            words.append(bare)
        was_letter = is_letter
    return words


def _is_special(folded: str) -> bool:
    tests = _tests()
    words = folded.split()
    joined = "".join(words)
    return (
        tests.inside.search(folded) is not None
        or tests.joined.search(joined) is not None
        or tests.starts.search(folded) is not None
        or not tests.words.isdisjoint(words)
        or joined in tests.names
    )


@dataclass(frozen=True, slots=True)
class _NameTests:
    inside: re.Pattern[str]
    joined: re.Pattern[str]
    starts: re.Pattern[str]
    words: frozenset[str]
    names: frozenset[str]
    born: re.Pattern[str]
    day_of_year: re.Pattern[str]
    child: frozenset[str]


@cache
def _tests() -> _NameTests:
    special = special_words()
    inside = special.protected(lambda category: category.inside)
    return _NameTests(
        inside=_any_of(inside),
        joined=_any_of(word for word in inside if len(word) >= _JOINED_FROM),
        starts=_any_of(special.protected(lambda category: category.starts), r"\b"),
        words=special.protected(lambda category: category.words),
        names=special.protected(lambda category: category.names),
        born=_any_of(special.birth),
        day_of_year=_any_of({*special.birth, *special.yearly}),
        child=frozenset(special.child),
    )
