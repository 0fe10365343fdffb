"""Role addresses (R-21), in the two tiers of `roles.toml`: single words, joined words and clear compounds of role words
count (`info-kiel`, `newsletter-abmeldung`), anything with a given name in front is a person (`sonja.office`).
"""

import re

from mailflatrate.rules.addresses.providers import is_freemail
from mailflatrate.rules.addresses.role_words import (
    HELD,
    MIN_FUSED_OTHER,
    REFUSED,
    RoleWords,
    groups,
    plain,
    role_words,
    spellings,
)

_PERSON = 0
"""A person with a given name, about whom nothing else needs to be checked."""

# A word: letters, perhaps with digits within, never at its ends. Everything else separates.
_WORD = re.compile(r"[^\W\d_](?:[^\W_]*[^\W\d_])?")
_DIGITS = "0123456789"
# Addresses of the test inbox that misbehave on request: they are named after what they do, not after an office.
_ON_ORDER = re.compile(r"x-(?:550|421|timeout|full|bounce|complain|vacation|unsubscribe|oneclick)(?:-\d+)?")
# Written at the end of a role without a separator (`infode`); shorter ones than these end many names.
_COUNTRIES = ("de", "ch", "eu", "uk")
_MIN_FUSED_ROLE = 4
_MIN_COMPOUND_ROLE = 6
# Job titles are surnames, too: `verkaufer`, `billinger`.
_OF_PEOPLE = ("er", "ers", "man", "mann")
# `mail2dimos`, `fax2mail`: one thing sent on as another.
_SENT_ON = re.compile(r"(?:e?mail|fax|sms|print|scan|web|post|text)[24][^\W\d_]{3,}")
_INITIAL = re.compile(r"[^\W\d_][._-][^\W\d_]+$")


def role_tier(local: str, domain: str = "") -> int | None:
    """Return 1 for a refused role, 2 for one that needs a reviewer, None for a person. `local` may have case and +tag;
    `domain` decides about surnames: an office doesn't have its mailbox at a provider of personal ones.
    """
    tier = _tier(local)
    if tier == _PERSON:
        return None
    base = _base(local)
    if tier == REFUSED:
        return HELD if _is_surname_at(base, domain) else tier
    if not domain or not is_freemail(domain):
        return tier if tier is not None else _tier_at_a_firm(base)
    if tier == HELD and (_INITIAL.match(base) or _is_surname(base)):
        return None  # `k.biuras`, `oya.destek`: a person's name where no office has its mailbox
    return tier


def is_refused_role(local: str, domain: str = "") -> bool:
    """Return True if `role_tier` is 1, at half the cost, because tier 2 is not checked."""
    return _tier(local) == REFUSED and not _is_surname_at(_base(local), domain)


def _base(local: str) -> str:
    return local.partition("+")[0].lower().strip("._-0123456789")


def _is_surname_at(base: str, domain: str) -> bool:
    return bool(domain) and is_freemail(domain) and base in role_words().surnames


def _is_surname(base: str) -> bool:
    """Detect an unlisted given name before a role word, at a domain where no office has its mailbox."""
    given, joint, surname = _in_latin(base).replace("_", ".").partition(".")
    words = role_words()
    return (
        bool(joint)
        and len(given) >= MIN_FUSED_OTHER
        and given.isalpha()
        and surname in words.tier
        and not words.knows(given)
        and not _is_fused(given, words)
        and not _looks_like_role(given, words)
    )


def _tier_at_a_firm(base: str) -> int | None:
    """Hold what looks like an office at a company's domain: `vestiging-utrecht`, `kancelarii`, `reklamacjie`."""
    latin = _in_latin(base)
    if _SENT_ON.fullmatch(latin):
        return HELD
    tokens: list[str] = _WORD.findall(latin)
    words = role_words()
    if not tokens or len(tokens[0]) == 1 or len(tokens[-1]) == 1:
        return None
    if len(tokens) > 1 and not words.units.isdisjoint(tokens):
        return HELD
    if len(tokens) == 2 and len(tokens[0]) >= _MIN_FUSED_ROLE and tokens[1] in words.branches:
        return HELD
    return HELD if any(_looks_like_role(token, words) for token in tokens) else None


def _looks_like_role(word: str, words: RoleWords) -> bool:
    if not word.isalpha() or word in words.names:
        return False
    if word[0] == "e" and len(word) > _MIN_FUSED_ROLE and words.tier.get(word[1:]) == REFUSED:
        return True  # `estore`, `eveikals`
    if word.startswith(words.openings[HELD]):
        return True
    if len(word) < _MIN_COMPOUND_ROLE + MIN_FUSED_OTHER:
        return False
    longest = len(word) - MIN_FUSED_OTHER
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
    base = _in_latin(base.lower())
    tokens: list[str] = _WORD.findall(base)
    if not tokens:
        return None
    words = role_words()
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


def _in_latin(text: str) -> str:
    return text if text.isascii() else plain(text)


def plain_refused_words() -> frozenset[str]:
    """Return tier 1 in every spelling and separator. Surnames are left out: the domain decides about them."""
    variants = set()
    for group in groups():
        if group["tier"] != REFUSED or group.get("ending") or group.get("surname"):
            continue
        for name in group["names"].split():
            for spelling in {name, *spellings(name)}:
                variants |= {spelling.replace("-", joint) for joint in ("", "-", ".", "_")}
    surnames = role_words().surnames | role_words().names
    return frozenset(word for word in variants if word not in surnames and _tier(word) == REFUSED)


def _joinable(tokens: list[str]) -> bool:
    """`p.ost` is P. Ost and `h.r` has initials, while `in.fo` and `ma.r.keting` are attempts to evade the check."""
    initials = sum(len(word) == 1 for word in tokens)
    return initials == 0 or (initials == len(tokens) >= 4) or (len(tokens) >= 3 and sum(map(len, tokens)) >= 6)


def _single(word: str, base: str, words: RoleWords) -> int | None:
    tier = words.tier.get(word)
    if tier == REFUSED:
        return REFUSED
    if tier == HELD or word in words.branches:
        # `chef` is an office, `chef1985` a nickname.
        digits = len(base) - len(base.rstrip(_DIGITS))
        return None if digits >= 2 else HELD
    if word in words.names or word in words.given_names:
        return _PERSON
    if _is_fused(word, words):
        return REFUSED
    return HELD if words.ends_like(word, HELD) else None


def _compound(tokens: list[str], words: RoleWords) -> int | None:
    first, last = tokens[0], tokens[-1]
    if not words.anywhere.isdisjoint(tokens):
        return REFUSED
    if not words.given_names.isdisjoint(tokens):
        return HELD if words.strong(first) else _PERSON
    fused = [_is_fused(word, words) for word in tokens]
    if all(is_fused or words.knows(word) for word, is_fused in zip(tokens, fused, strict=True)):
        if any(fused) or any(words.tier.get(word) == REFUSED for word in tokens):
            return REFUSED
        return HELD if first in words.branches or any(word in words.tier for word in tokens) else None
    if last in words.list_suffixes and all(len(word) > 1 for word in tokens):
        return REFUSED
    return HELD if words.strong(first) or words.strong(last) or fused[0] or fused[-1] else None


def _merge_phrases(tokens: list[str], words: RoleWords) -> list[str]:
    merged: list[str] = []
    at = 0
    while at < len(tokens):
        for size in (4, 3, 2):
            part = tokens[at : at + size]
            if " ".join(part) in words.phrases:
                merged.append("".join(part))
                at += size
                break
        else:
            merged.append(tokens[at])
            at += 1
    return merged


def _is_fused(word: str, words: RoleWords) -> bool:
    if words.ends_like(word, REFUSED):
        return True
    if word[:MIN_FUSED_OTHER] not in words.beginnings:
        return False
    if word.endswith(_COUNTRIES) and len(word) - 2 >= _MIN_FUSED_ROLE and words.strong(word[:-2]):
        return True
    tier, beside = words.tier, words.beside
    for cut in range(MIN_FUSED_OTHER, len(word) - MIN_FUSED_OTHER + 1):
        left = word[:cut]
        if left not in tier and left not in beside:
            continue
        right = word[cut:]
        if _is_pair(left, right, words) or (right[0] == "s" and _is_pair(left, right[1:], words)):
            return True
    return False


def _is_pair(left: str, right: str, words: RoleWords) -> bool:
    if not words.knows(right):
        return False
    if min(len(left), len(right)) >= _MIN_FUSED_ROLE and words.tier.get(left) == words.tier.get(right) == REFUSED:
        return True
    if left in words.maybe_names and right in words.places:
        return len(right) >= _MIN_FUSED_ROLE
    if len(left) >= _MIN_FUSED_ROLE and words.strong(left):
        return len(right) >= MIN_FUSED_OTHER
    return len(right) >= _MIN_FUSED_ROLE and words.strong(right)
