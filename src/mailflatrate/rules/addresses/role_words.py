"""The tables of role words (R-21), kept by every process for its life: each word is one string in all tables."""

import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from mailflatrate.rules.addresses.providers import one_slip

MOST_SPELLINGS = 24
"""Of one word; the usual ones come first."""

# Groups of letters before single ones; the official spelling first (the law of 2009 for Bulgarian, ELOT 743 for Greek).
_CYRILLIC = {
    "ия": ("ia", "iya", "ija"), "а": ("a",), "б": ("b",), "в": ("v",), "г": ("g",), "д": ("d",), "е": ("e",),
    "ж": ("zh", "j"), "з": ("z",), "и": ("i",), "й": ("y", "i", "j"), "к": ("k",), "л": ("l",), "м": ("m",),
    "н": ("n",), "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",), "у": ("u",),
    "ф": ("f",), "х": ("h", "x"),
    "ц": ("ts", "c"), "ч": ("ch",), "ш": ("sh",), "щ": ("sht",), "ъ": ("a", "u", "y"), "ь": ("y", ""),
    "ю": ("yu", "iu"), "я": ("ya", "ia", "q"),
}  # fmt: skip
_GREEK = {
    "ου": ("ou", "u"), "αυ": ("af", "av", "au"), "ευ": ("ef", "ev", "eu"), "γγ": ("ng", "gg"), "γκ": ("gk", "g"),
    "γχ": ("nch",), "μπ": ("b", "mp"), "ντ": ("nt", "d"), "α": ("a",), "β": ("v", "b"), "γ": ("g",), "δ": ("d",),
    "ε": ("e",), "ζ": ("z",), "η": ("i", "h"), "θ": ("th",), "ι": ("i",), "κ": ("k",), "λ": ("l",), "μ": ("m",),
    "ν": ("n",), "ξ": ("x", "ks"), "ο": ("o",), "π": ("p",), "ρ": ("r",), "σ": ("s",), "ς": ("s",), "τ": ("t",),
    "υ": ("y", "i", "u"), "φ": ("f", "ph"), "χ": ("ch", "x", "h"), "ψ": ("ps",), "ω": ("o", "w"),
}  # fmt: skip


def latin_spellings(word: str) -> tuple[str, ...]:
    """None for other scripts; `word` has no accents. At most `MOST_SPELLINGS`."""
    table = _CYRILLIC if "а" <= word[0] <= "я" else _GREEK if "α" <= word[0] <= "ω" else {}
    choices: list[tuple[str, ...]] = []
    at = 0
    while table and at < len(word):
        for size in (2, 1):
            letters = table.get(word[at : at + size])
            if letters is not None:
                choices.append(letters)
                at += size
                break
        else:
            choices.append((word[at],))
            at += 1
    if not choices:
        return ()
    rare = sorted(product(*(range(len(choice)) for choice in choices)), key=sum) if _count(choices) <= 4_096 else []
    picks = rare or [tuple(0 for _ in choices)]
    return tuple(
        "".join(options[at] for options, at in zip(choices, pick, strict=True)) for pick in picks[:MOST_SPELLINGS]
    )


def _count(choices: list[tuple[str, ...]]) -> int:
    total = 1
    for choice in choices:
        total *= len(choice)
    return total


REFUSED = 1
HELD = 2
MIN_FUSED_OTHER = 3
"""Letters that the other half of a joined word has at least."""
_MIN_INFLECTED = 5
_MIN_MISSPELT = 9
_MIN_WHOLE = 4
_STROKED = {"ı": "i", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t"}
_LONG_SPELLING = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", **_STROKED}
)
_SHORT_SPELLING = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "å": "a", **_STROKED})
_MARKS: dict[str, dict[str, Any]] = {
    "~": {"may_be_name": True},
    "?": {"tier": HELD},
    "=": {"may_be_name": True, "surname": True},
}
"""The prefix before a word of `roles_europe.toml`, as the flags of a group of `roles.toml`."""


@dataclass(frozen=True, slots=True)
class RoleWords:
    tier: dict[str, int] = field(default_factory=dict)
    """Role word without separators -> tier."""
    phrases: set[str] = field(default_factory=set)
    """Roles of several words, with blanks between them; without the blanks they are role words."""
    phrase_words: set[str] = field(default_factory=set)
    """First words of those; most people have none of them."""
    maybe_names: set[str] = field(default_factory=set)
    anywhere: set[str] = field(default_factory=set)
    list_suffixes: set[str] = field(default_factory=set)
    surnames: set[str] = field(default_factory=set)
    """Role words that are a person's surname at a provider of personal mailboxes."""
    endings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Tier -> endings that make a role of every word with at least three more letters."""
    openings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Tier -> beginnings that make a role of any word that follows without a separator."""
    units: set[str] = field(default_factory=set)
    """Words that turn the words beside them into a role."""
    by_end: dict[str, str] = field(default_factory=dict)
    """First letters and a blank, or a blank and last letters -> long roles: a single typo leaves one end whole."""
    branches: set[str] = field(default_factory=set)
    """Places that stand alone for a branch."""
    places: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)
    """Places and small words that only occur next to a role."""
    given_names: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Surnames that look like two words of an office written together."""
    beginnings: set[str] = field(default_factory=set)
    """The first three characters of each word that can occur next to a role, to skip most names quickly."""

    def knows(self, word: str) -> bool:
        return word in self.tier or word in self.beside

    def strong(self, word: str) -> bool:
        return self.tier.get(word) == REFUSED and word not in self.maybe_names

    def nearly(self, word: str) -> bool:
        """A long role with one character left out, added, mistaken, or two swapped."""
        shortest, longest = len(word) - 1, len(word) + 1
        return any(
            shortest <= len(role) <= longest and one_slip(word, role)
            for end in (f"{word[:_MIN_WHOLE]} ", f" {word[-_MIN_WHOLE:]}")
            for role in self.by_end.get(end, "").split()
        )

    def ends_like(self, word: str, tier: int) -> bool:
        endings = self.endings.get(tier, ())
        return word.endswith(endings) and any(
            word.endswith(ending) and len(word) - len(ending) >= MIN_FUSED_OTHER for ending in endings
        )


def plain(text: str) -> str:
    long_spelling = unicodedata.normalize("NFC", text).casefold().translate(_LONG_SPELLING)
    return _bare(long_spelling)


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def spellings(name: str) -> set[str]:
    """With and without the umlaut, such as buero and buro for `büro`, and in Latin letters for other scripts."""
    if name.isascii():
        return {name}
    bare = _bare(name.translate(_SHORT_SPELLING))
    return {plain(name), bare, *latin_spellings(bare)}


def groups() -> Iterator[dict[str, Any]]:
    yield from tomllib.loads(Path(__file__).with_name("roles.toml").read_text("utf-8"))["group"]
    table = tomllib.loads(Path(__file__).with_name("roles_europe.toml").read_text("utf-8"))
    offices, inflections = table.pop("office"), table.pop("inflection")
    for code, language in table.items():
        for office, names in language.items():
            marked: dict[str, list[str]] = {}
            for name in names.split():
                mark = name[0] if name[0] in _MARKS else ""
                word = name.removeprefix(mark)
                marked.setdefault(mark, []).append(word)
                if not mark and "-" not in word and len(word) >= _MIN_INFLECTED:
                    marked[mark] += [word + ending for ending in inflections.get(code, "").split()]
            for mark, bare_names in marked.items():
                yield {"tier": REFUSED, **offices[office], **_MARKS.get(mark, {}), "names": " ".join(bare_names)}


@cache
def role_words() -> RoleWords:
    words = RoleWords()
    for group in groups():
        for name in group["names"].split():
            for spelling in spellings(name):
                if group.get("opening"):
                    words.openings[group["tier"]] = (*words.openings.get(group["tier"], ()), spelling)
                elif group.get("unit"):
                    words.units.add(spelling)
                elif group.get("ending"):
                    words.endings[group["tier"]] = (*words.endings.get(group["tier"], ()), spelling)
                else:
                    _add_role(words, spelling, group)
    places = _entries("places.txt")
    words.branches.update(place for place, alone in places if alone)
    words.places.update(place for place, _ in places)
    words.beside.update(words.places, (word for word, _ in _entries("qualifiers.txt")))
    words.beginnings.update(word[:MIN_FUSED_OTHER] for word_set in (words.tier, words.beside) for word in word_set)
    words.names.update(word for word, _ in _entries("surnames.txt"))
    words.given_names.update(name for name, _ in _entries("given_names.txt") if name not in words.tier)
    for word in words.tier:
        if len(word) >= _MIN_MISSPELT and words.strong(word):
            for end in (f"{word[:_MIN_WHOLE]} ", f" {word[-_MIN_WHOLE:]}"):
                others = words.by_end.get(end)
                words.by_end[end] = f"{others} {word}" if others else word
    return words


def _add_role(words: RoleWords, spelling: str, group: dict[str, object]) -> None:
    parts = tuple(spelling.split("-"))
    word = "".join(parts)
    tier = group["tier"]
    assert isinstance(tier, int)
    # A word of two groups keeps the stricter tier.
    words.tier[word] = min(tier, words.tier.get(word, tier))
    if len(parts) > 1:
        words.phrases.add(" ".join(parts))
        words.phrase_words.add(parts[0])
    if group.get("may_be_name"):
        words.maybe_names.add(word)
    if group.get("anywhere"):
        words.anywhere.add(word)
    if group.get("list_suffix"):
        words.list_suffixes.add(word)
    if group.get("surname"):
        words.surnames.add(word)


def _entries(file: str) -> set[tuple[str, bool]]:
    text = Path(__file__).with_name(file).read_text("utf-8")
    entries = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    return {
        (spelling.replace("-", ""), entry.endswith("*"))
        for entry in entries
        for spelling in spellings(entry.rstrip("*"))
    }
