"""Role addresses (R-21): does this local part name an office or a person?

Two tiers, see `roles.toml`. A local part is taken apart at its separators and digits; single words, joined words and
clear compounds of role words (`info-kiel`, `team.vertrieb`, `newsletter-abmeldung`) count, anything with a given name
in front is a person (`sonja.office`, `mark.sales`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mailflatrate.rules.addresses.providers import is_freemail, one_slip
from mailflatrate.rules.addresses.transliterate import latin_spellings

REFUSED = 1
HELD = 2
_PERSON = 0
"""Somebody with a given name, about whom nothing else needs to be asked."""

# A word: letters, perhaps with digits within, never at its ends. Everything else separates.
_WORD = re.compile(r"[^\W\d_](?:[^\W_]*[^\W\d_])?")
_DIGITS = "0123456789"
# Addresses of the postbox that misbehave on order: they are named after what they do, not after an office.
_ON_ORDER = re.compile(r"x-(?:550|421|timeout|full|bounce|complain|vacation|unsubscribe|oneclick)(?:-\d+)?")
_STROKED = {"ı": "i", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t"}
_LONG_SPELLING = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", **_STROKED,
})  # fmt: skip
_SHORT_SPELLING = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "å": "a", **_STROKED})
_MARKS: dict[str, dict[str, Any]] = {
    "~": {"may_be_name": True},
    "?": {"tier": HELD},
    "=": {"may_be_name": True, "surname": True},
}
"""What stands before a word of `roles_europe.toml`, as the flags of a group of `roles.toml`."""
# Written at the end of a role without a separator (`infode`); shorter ones than these end many names.
_COUNTRIES = ("de", "ch", "eu", "uk")
_MIN_FUSED_ROLE = 4
_MIN_FUSED_OTHER = 3
_MIN_COMPOUND_ROLE = 6
_MIN_MISSPELT = 9
_MIN_WHOLE = 4
# Who does the work has it for a surname, too: `verkaufer`, `billinger`.
_OF_PEOPLE = ("er", "ers", "man", "mann")
_MIN_INFLECTED = 5
# `mail2dimos`, `fax2mail`: one thing sent on as another.
_SENT_ON = re.compile(r"(?:e?mail|fax|sms|print|scan|web|post|text)[24][^\W\d_]{3,}")
_INITIAL = re.compile(r"[^\W\d_][._-][^\W\d_]+$")


@dataclass(frozen=True, slots=True)
class _Words:
    tier: dict[str, int] = field(default_factory=dict)
    """Role word without separators -> tier."""
    phrases: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Words of a role of several words -> the role word."""
    phrase_words: set[str] = field(default_factory=set)
    """First words of those; most people have none of them."""
    maybe_names: set[str] = field(default_factory=set)
    anywhere: set[str] = field(default_factory=set)
    list_suffixes: set[str] = field(default_factory=set)
    surnames: set[str] = field(default_factory=set)
    """Role words that are somebody's surname at a provider of personal mailboxes."""
    endings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Tier -> endings that make an office of every word of at least three letters more."""
    openings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Tier -> beginnings that make an office of what is joined to them."""
    by_end: dict[str, list[str]] = field(default_factory=dict)
    """First letters and length, or length and last letters -> long roles: one slip leaves one end whole."""
    branches: set[str] = field(default_factory=set)
    """Places that stand alone for a branch."""
    places: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)
    """Places and small words that only stand beside a role."""
    known: set[str] = field(default_factory=set)
    """All of the above."""
    given_names: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Surnames that look like two words of an office written together."""
    beginnings: set[str] = field(default_factory=set)
    """The first three letters of each word that can stand beside a role, to leave most names alone quickly."""

    def strong(self, word: str) -> bool:
        """A role word that is nobody's surname."""
        return self.tier.get(word) == REFUSED and word not in self.maybe_names

    def nearly(self, word: str) -> bool:
        """True for a long role with one letter left out, added, mistaken or two of them swapped."""
        return any(
            one_slip(word, role)
            for size in range(len(word) - 1, len(word) + 2)
            for end in (f"{word[:_MIN_WHOLE]}{size}", f"{size}{word[-_MIN_WHOLE:]}")
            for role in self.by_end.get(end, ())
        )

    def ends_like(self, word: str, tier: int) -> bool:
        """True where the word ends like an office, with something before the ending."""
        endings = self.endings.get(tier, ())
        return word.endswith(endings) and any(
            word.endswith(ending) and len(word) - len(ending) >= _MIN_FUSED_OTHER for ending in endings
        )


def role_tier(local: str, domain: str = "") -> int | None:
    """1 for a role that is refused, 2 for one that a reviewer has to see, None for a person.

    `local` is a local part in any case, with or without a +tag. `domain` (an A-label) decides about roles that are
    surnames as well: no office has its mailbox at a provider of personal ones.
    """
    tier = _tier(local)
    if tier == _PERSON:
        return None
    base = local.partition("+")[0].lower().strip("._-0123456789")
    if not domain or not is_freemail(domain):
        return tier if tier is not None else _tier_at_a_firm(base)
    if tier == REFUSED:
        return HELD if base in _words().surnames else tier
    if tier == HELD and (_INITIAL.match(base) or _is_surname(base)):
        return None  # `k.biuras`, `oya.destek`: somebody's name where no office has its mailbox
    return tier


def _is_surname(base: str) -> bool:
    """An unknown word with a role behind it: where no office has its mailbox, a given name that is in no list."""
    plain = base if base.isascii() else _plain(base)
    given, joint, surname = plain.replace("_", ".").partition(".")
    words = _words()
    return (
        bool(joint)
        and len(given) >= _MIN_FUSED_OTHER
        and given.isalpha()
        and surname in words.tier
        and given not in words.known
        and not _is_fused(given, words)
        and not _looks_like_role(given, words)
    )


def _tier_at_a_firm(base: str) -> int | None:
    """What looks like an office without being in the tables waits, where firms have their mailboxes.

    `muhasebedepartmani`, `direcaopedagogica.porto`, `vestiging-utrecht`, `kancelarii`, `reklamacjie`.
    """
    plain = base if base.isascii() else _plain(base)
    if _SENT_ON.fullmatch(plain):
        return HELD
    tokens: list[str] = _WORD.findall(plain)
    words = _words()
    if not tokens or len(tokens[0]) == 1 or len(tokens[-1]) == 1:
        return None
    if len(tokens) == 2 and len(tokens[0]) >= _MIN_FUSED_ROLE and tokens[1] in words.branches:
        return HELD
    return HELD if any(_looks_like_role(token, words) for token in tokens) else None


def _looks_like_role(word: str, words: _Words) -> bool:
    """A role word with more around it and nothing between, with an ending, or with one letter mistaken."""
    if not word.isalpha() or word in words.names:
        return False
    if word[0] == "e" and len(word) > _MIN_FUSED_ROLE and words.tier.get(word[1:]) == REFUSED:
        return True  # `estore`, `eveikals`
    if word.startswith(words.openings[HELD]):
        return True
    if len(word) < _MIN_COMPOUND_ROLE + _MIN_FUSED_OTHER:
        return False
    longest = len(word) - _MIN_FUSED_OTHER
    for size in range(_MIN_COMPOUND_ROLE, longest + 1):
        if words.strong(word[:size]) or words.strong(word[-size:]):
            return True
    if word.endswith(_OF_PEOPLE):
        return False
    if words.strong(word[:-1]) or words.strong(word[:-2]):
        return True
    return words.nearly(word)


def _tier(local: str) -> int | None:
    base = local.partition("+")[0]
    base = base.lower() if base.isascii() else _plain(base)
    tokens: list[str] = _WORD.findall(base)
    if not tokens:
        return None
    words = _words()
    if base.startswith("x-") and _ON_ORDER.fullmatch(base):
        return None
    if len(tokens) == 1:
        return _single(tokens[0], base, words)
    merged = tokens if words.phrase_words.isdisjoint(tokens) else _merge_phrases(tokens, words)
    if len(merged) == 1:
        return words.tier[merged[0]]
    # `bill.ing` is Bill Ing.
    if _joinable(tokens) and words.given_names.isdisjoint(tokens):
        joined_tier = words.tier.get("".join(tokens))
        if joined_tier is not None:
            return joined_tier
    return _compound(merged, words)


def plain_refused_words() -> frozenset[str]:
    """The words of tier 1 as local parts, in every spelling and with every separator between their parts.

    Those that are surnames as well are left out: about them the domain decides.
    """
    found = set()
    for group in _groups():
        if group["tier"] != REFUSED or group.get("ending") or group.get("opening") or group.get("surname"):
            continue
        for name in group["names"].split():
            for spelling in {name, *_spellings(name)}:
                found |= {spelling.replace("-", joint) for joint in ("", "-", ".", "_")}
    surnames = _words().surnames | _words().names
    return frozenset(word for word in found if word not in surnames and _tier(word) == REFUSED)


def _joinable(tokens: list[str]) -> bool:
    """`p.ost` is P. Ost and `h.r` has initials, while `in.fo`, `i.n.f.o`, `ma.r.keting` are somebody being clever."""
    initials = sum(len(word) == 1 for word in tokens)
    return initials == 0 or (initials == len(tokens) >= 4) or (len(tokens) >= 3 and sum(map(len, tokens)) >= 6)


def _single(word: str, base: str, words: _Words) -> int | None:
    tier = words.tier.get(word)
    if tier == REFUSED:
        return REFUSED
    if tier == HELD or word in words.branches:
        # `chef` is an office, `chef1985` somebody's nickname.
        digits = len(base) - len(base.rstrip(_DIGITS))
        return None if digits >= 2 else HELD
    if word in words.names or word in words.given_names:
        return _PERSON
    if _is_fused(word, words):
        return REFUSED
    return HELD if words.ends_like(word, HELD) else None


def _compound(tokens: list[str], words: _Words) -> int | None:
    first, last = tokens[0], tokens[-1]
    if not words.anywhere.isdisjoint(tokens):
        return REFUSED
    if not words.given_names.isdisjoint(tokens):
        return HELD if words.strong(first) else _PERSON
    fused = [_is_fused(word, words) for word in tokens]
    if all(is_fused or word in words.known for word, is_fused in zip(tokens, fused, strict=True)):
        if any(fused) or any(words.tier.get(word) == REFUSED for word in tokens):
            return REFUSED
        return HELD if first in words.branches or any(word in words.tier for word in tokens) else None
    if last in words.list_suffixes and all(len(word) > 1 for word in tokens):
        return REFUSED
    return HELD if words.strong(first) or words.strong(last) or fused[0] or fused[-1] else None


def _merge_phrases(tokens: list[str], words: _Words) -> list[str]:
    """`customer.service.berlin` -> `customerservice`, `berlin`."""
    merged: list[str] = []
    at = 0
    while at < len(tokens):
        for size in (4, 3, 2):
            role = words.phrases.get(tuple(tokens[at : at + size]))
            if role is not None:
                merged.append(role)
                at += size
                break
        else:
            merged.append(tokens[at])
            at += 1
    return merged


def _is_fused(word: str, words: _Words) -> bool:
    """Words written together that name a role: `vertriebsteam`, `infoberlin`, `teamsales`, `mahnabteilung`."""
    if words.ends_like(word, REFUSED):
        return True
    if word[:_MIN_FUSED_OTHER] not in words.beginnings:
        return False
    if word.endswith(_COUNTRIES) and len(word) - 2 >= _MIN_FUSED_ROLE and words.strong(word[:-2]):
        return True
    for cut in range(_MIN_FUSED_OTHER, len(word) - _MIN_FUSED_OTHER + 1):
        left = word[:cut]
        if left not in words.known:
            continue
        right = word[cut:]
        if _is_pair(left, right, words) or (right[0] == "s" and _is_pair(left, right[1:], words)):
            return True
    return False


def _is_pair(left: str, right: str, words: _Words) -> bool:
    """Both are known, one is a strong role or both are roles; `left` is known to be known."""
    if right not in words.known:
        return False
    if min(len(left), len(right)) >= _MIN_FUSED_ROLE and words.tier.get(left) == words.tier.get(right) == REFUSED:
        return True
    if left in words.maybe_names and right in words.places:
        return len(right) >= _MIN_FUSED_ROLE
    if len(left) >= _MIN_FUSED_ROLE and words.strong(left):
        return len(right) >= _MIN_FUSED_OTHER
    return len(right) >= _MIN_FUSED_ROLE and words.strong(right)


def _plain(text: str) -> str:
    """Lower case, umlauts in their long spelling, other marks dropped."""
    long_spelling = unicodedata.normalize("NFC", text).casefold().translate(_LONG_SPELLING)
    return _bare(long_spelling)


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _spellings(name: str) -> set[str]:
    """`büro` -> buero, buro: with and without regard for the two dots; other scripts in Latin letters, too."""
    if name.isascii():
        return {name}
    bare = _bare(name.translate(_SHORT_SPELLING))
    return {_plain(name), bare, *latin_spellings(bare)}


def _groups() -> Iterator[dict[str, Any]]:
    """All groups of role words: German and English by subject, the other languages by office."""
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
def _words() -> _Words:
    words = _Words()
    for group in _groups():
        for name in group["names"].split():
            for spelling in _spellings(name):
                if group.get("opening"):
                    words.openings[group["tier"]] = (*words.openings.get(group["tier"], ()), spelling)
                elif group.get("ending"):
                    words.endings[group["tier"]] = (*words.endings.get(group["tier"], ()), spelling)
                else:
                    _add_role(words, spelling, group)
    words.branches.update(place for place, alone in _entries("places.txt") if alone)
    words.places.update(place for place, _ in _entries("places.txt"))
    words.beside.update(words.places, (word for word, _ in _entries("qualifiers.txt")))
    words.known.update(words.tier, words.beside)
    words.beginnings.update(word[:_MIN_FUSED_OTHER] for word in words.known)
    words.names.update(word for word, _ in _entries("surnames.txt"))
    words.given_names.update(name for name, _ in _entries("given_names.txt") if name not in words.tier)
    long_roles = [word for word in words.tier if len(word) >= _MIN_MISSPELT and words.strong(word)]
    for word in long_roles:
        words.by_end.setdefault(f"{word[:_MIN_WHOLE]}{len(word)}", []).append(word)
        words.by_end.setdefault(f"{len(word)}{word[-_MIN_WHOLE:]}", []).append(word)
    return words


def _add_role(words: _Words, spelling: str, group: dict[str, object]) -> None:
    parts = tuple(spelling.split("-"))
    word = "".join(parts)
    tier = group["tier"]
    assert isinstance(tier, int)
    # A word of two groups keeps the stricter tier.
    words.tier[word] = min(tier, words.tier.get(word, tier))
    if len(parts) > 1:
        words.phrases[parts] = word
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
    """The words of a text file in all spellings, with whether they carry a star."""
    text = Path(__file__).with_name(file).read_text("utf-8")
    entries = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    return {
        (spelling.replace("-", ""), entry.endswith("*"))
        for entry in entries
        for spelling in _spellings(entry.rstrip("*"))
    }
