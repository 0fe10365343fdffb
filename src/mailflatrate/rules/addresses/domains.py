"""What a domain alone says about an address: reserved (R-18), disposable (R-22), look-alike (R-19), mistyped (R-24)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from mailflatrate.mail.address import to_u_label
from mailflatrate.rules.addresses.providers import is_freemail, suggest_domain

# RFC 2606 and 6761 (test, example, invalid, localhost), 6762 (local), 7686 (onion), 9476 (alt), 3172 (arpa), ICANN
# (internal); the last row was never delegated because private networks use it (ICANN name collision report, 2014).
RESERVED_ENDINGS = frozenset(
    {
        *("test", "example", "invalid", "localhost", "local", "onion", "alt", "arpa", "internal"),
        *("localdomain", "home", "corp", "lan", "intranet"),
    }
)
# RFC 2606 section 3. Their sub-domains are anyone's example, too, but tests and papers are full of them.
RESERVED_DOMAINS = frozenset({"example.com", "example.net", "example.org"})
# Phonetic letters and small capitals: Latin by name, in no orthography of Europe, and taken for plain ones.
_ODD_LATIN = re.compile("[\u0250-\u02af\u1d00-\u1dbf\ua720-\ua7ff]")
# Cyrillic letters that a reader takes for Latin ones (Unicode confusables, only the lower case that IDNA allows).
_LATIN_LOOKALIKES = frozenset("асеорхуіјѕԁһӏԛԝьгпв")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC")


@dataclass(frozen=True, slots=True)
class DomainVerdict:
    reserved: bool
    disposable: bool
    lookalike: bool
    suggestion: str | None
    plain: bool
    """True where none of the others says anything."""


@lru_cache(maxsize=65536)
def judge_domain(domain: str) -> DomainVerdict:
    reserved = domain.rpartition(".")[2] in RESERVED_ENDINGS or domain in RESERVED_DOMAINS
    disposable = is_disposable(domain)
    lookalike = is_lookalike(domain)
    suggestion = suggest_domain(domain)
    plain = not (reserved or disposable or lookalike or suggestion)
    return DomainVerdict(reserved, disposable, lookalike, suggestion, plain)


def is_disposable(domain: str) -> bool:
    """Return True for throw-away mailboxes, sub-domains included. Forwarding aliases do not count (R-22)."""
    if is_freemail(domain):
        return False
    labels = domain.split(".")
    suffixes = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    if not _aliases().isdisjoint(suffixes):
        return False
    from disposable_email_domains import blocklist  # only here, as senders load this module

    return any(suffix in blocklist or suffix in _own_list() for suffix in suffixes)


def is_lookalike(domain: str) -> bool:
    """Return True if a label mixes alphabets, or consists only of Cyrillic letters that look Latin (R-19)."""
    if "xn--" not in domain:
        return False
    labels = to_u_label(domain).split(".")
    return any(mixes_scripts(label) or reads_as_latin(label) or _ODD_LATIN.search(label) for label in labels)


def mixes_scripts(text: str) -> bool:
    scripts: set[str] = set()
    for char in text:
        if char.isalpha():
            name = unicodedata.name(char, "")
            scripts.update(script for script in _SCRIPTS if name.startswith(script))
    return len(scripts) > 1


def reads_as_latin(label: str) -> bool:
    letters = [char for char in label if char.isalpha()]
    return bool(letters) and all(char in _LATIN_LOOKALIKES for char in letters)


@cache
def _own_list() -> frozenset[str]:
    return _read("disposable.txt")


@cache
def _aliases() -> frozenset[str]:
    return _read("aliases.txt")


def _read(file: str) -> frozenset[str]:
    lines = Path(__file__).with_name(file).read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
