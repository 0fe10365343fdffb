"""Email addresses as people type them: parsing, the wire form, the canonical key. `rules.addresses` decides whether we
want them. Quoted local parts, comments and domain literals are valid in RFC 5321 and rejected here (R-17): no one signs
up with one, and each of them breaks some parser downstream.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import cache, lru_cache
from typing import NamedTuple

import idna
from publicsuffixlist import PublicSuffixList

MAX_LOCAL_OCTETS = 64
"""RFC 5321 section 4.5.3.1.1."""
MAX_DOMAIN_OCTETS = 253
"""RFC 5321 section 4.5.3.1.2 says 255 on the DNS wire, which is 253 in dotted text (RFC 1035 2.3.4)."""
MAX_ADDRESS_OCTETS = 254
"""RFC 5321 section 4.5.3.1.3: a path of 256 octets includes its two angle brackets (erratum 1690)."""
MAX_LABEL_OCTETS = 63
"""RFC 1035 section 2.3.4."""


@cache
def suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


class AddressFault(Enum):
    """The value is a stable slug."""

    EMPTY = "empty"
    NO_AT = "no_at"
    LOCAL_SYNTAX = "local_syntax"
    LOCAL_TOO_LONG = "local_too_long"
    DOMAIN_SYNTAX = "domain_syntax"
    DOMAIN_TOO_LONG = "domain_too_long"
    ADDRESS_TOO_LONG = "address_too_long"
    DOMAIN_LITERAL = "domain_literal"
    QUOTED_LOCAL = "quoted_local"
    NO_DOT = "no_dot"
    NOT_IDNA = "not_idna"


class AddressError(ValueError):
    """`fault` says which rule it breaks, `text` is the original text."""

    def __init__(self, fault: AddressFault, text: str) -> None:
        super().__init__(f"{fault.value}: {text!r}")
        self.fault = fault
        self.text = text


class Address(NamedTuple):
    """`local` is as typed (NFC), because hosts may tell spellings apart (RFC 5321 section 2.4); `domain` is the
    lower-case A-label; `canonical` is the key of R-20, for comparing and for suppression only.
    """

    local: str
    domain: str
    canonical: str

    @property
    def text(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Return True if only a server that offers SMTPUTF8 (RFC 6531 section 3.1) can accept the address."""
        return not self.local.isascii()


# RFC 5322 section 3.2.3: dot-atom-text, which is what RFC 5321 calls Dot-string.
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_PLAIN = re.compile(
    rf"({_ATEXT}{{1,64}}(?:\.{_ATEXT}{{1,64}})*)@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.)+"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9]))"
)
_LOCAL_ASCII = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_ATEXT_SET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-")
_DOMAIN_ASCII = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)
# Spreadsheets and copied web pages bring these along; nobody types them on purpose.
_EDGE = " \t\r\n\u00a0\u200b\u2060\ufeff"


def parse(text: str) -> Address:
    """Drop white space around it. Raises AddressError. Lengths are in octets of UTF-8 and of the A-label (R-17)."""
    match = _PLAIN.fullmatch(text)
    if match is None:
        return _parse_slowly(text)
    local, domain = match.groups()
    domain = domain.lower()
    if "xn--" in domain:
        return _parse_slowly(text)
    if len(local) > MAX_LOCAL_OCTETS:
        raise AddressError(AddressFault.LOCAL_TOO_LONG, text)
    if len(text) > MAX_ADDRESS_OCTETS:
        if len(domain) > MAX_DOMAIN_OCTETS:
            raise AddressError(AddressFault.DOMAIN_TOO_LONG, text)
        raise AddressError(AddressFault.ADDRESS_TOO_LONG, text)
    return Address(local, domain, f"{local.lower()}@{domain}")


def canonical_key(text: str) -> str:
    """Return the key of R-20 for comparing and suppressing: A-label, local part case-folded in NFC. Tags and dots stay:
    `anna+news@` is a different mailbox from `anna@`. Idempotent. Raises AddressError.
    """
    return parse(text).canonical


_SAME_MAILBOX: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), ("gmail.com", ".")),
    **dict.fromkeys(("proton.me", "protonmail.com", "pm.me"), ("proton.me", "._-")),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), ("icloud.com", "")),
    **dict.fromkeys(("yandex.ru", "yandex.com", "ya.ru"), ("yandex.ru", "")),
}
"""Domains that lead to the same mailboxes: the one that stands for them, and the characters that mean nothing there."""


def folded_domains() -> list[str]:
    """Return the domains whose addresses have more than one spelling for the same mailbox, besides +tags."""
    return list(_SAME_MAILBOX)


class MailboxForms(NamedTuple):
    """A mailbox (R-20) itself, without +tag, and as its provider reads it. Only for refusals and limits: a no covers
    all spellings, a yes doesn't. For sending and consent, `anna+news@` is a separate address.
    """

    exact: str
    without_tag: str
    mailbox: str


def mailbox_forms(canonical: str) -> MailboxForms:
    """Return the forms of a canonical key, which may be the same."""
    local, _, domain = canonical.rpartition("@")
    base = local.partition("+")[0] or local
    same, ignored = _SAME_MAILBOX.get(domain, (domain, ""))
    folded = base.translate(dict.fromkeys(map(ord, ignored))) or base
    return MailboxForms(canonical, f"{base}@{domain}", f"{folded}@{same}")


def without_tag(canonical: str) -> str:
    """Return "" if it has no +tag. Only for refusals: a no also covers addresses with a tag, a yes doesn't."""
    local, _, domain = canonical.rpartition("@")
    mailbox, plus, _tag = local.partition("+")
    return f"{mailbox}@{domain}" if plus and mailbox else ""


def domain_of(email: str) -> str:
    """Return it in lower case; a bare domain returns itself."""
    return email.rpartition("@")[2].lower()


def local_part_of(email: str) -> str:
    """Return an empty text for a bare domain."""
    return email.rpartition("@")[0]


def masked_address(email: str) -> str:
    """Mask the address so that only its owner recognizes it: `d***@example.net`. Empty stays empty."""
    local, _at, domain = email.rpartition("@")
    if not local:
        return ""
    first = 1
    while first < len(local) and unicodedata.combining(local[first]):
        first += 1
    return f"{local[:first]}***@{domain}"


def to_a_label(domain: str) -> str:
    """Convert `München.de` -> `xn--mnchen-3ya.de` (IDNA2008, RFC 5891, mapped as in UTS 46). Raises AddressError."""
    return _a_label(domain)


def to_u_label(domain: str) -> str:
    """Return the domain itself if it has no readable form."""
    if "xn--" not in domain:
        return domain
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def _parse_slowly(text: str) -> Address:
    stripped = text.strip(_EDGE)
    if not stripped:
        raise AddressError(AddressFault.EMPTY, text)
    local, at, domain = stripped.rpartition("@")
    if not at or not domain:
        raise AddressError(AddressFault.NO_AT, text)
    local = unicodedata.normalize("NFC", local)
    _check_local(local, text)
    if domain.startswith("["):
        raise AddressError(AddressFault.DOMAIN_LITERAL, text)
    try:
        wire_domain = _a_label(domain)
    except AddressError as error:
        raise AddressError(error.fault, text) from error
    octets = len(local.encode()) + 1 + len(wire_domain)
    if octets > MAX_ADDRESS_OCTETS:
        raise AddressError(AddressFault.ADDRESS_TOO_LONG, text)
    return Address(local, wire_domain, f"{_fold(local)}@{wire_domain}")


def _check_local(local: str, text: str) -> None:
    if local.startswith('"'):
        raise AddressError(AddressFault.QUOTED_LOCAL, text)
    if not local.isascii():
        _check_local_utf8(local, text)
    elif not _LOCAL_ASCII.fullmatch(local):
        raise AddressError(AddressFault.LOCAL_SYNTAX, text)
    if len(local.encode()) > MAX_LOCAL_OCTETS:
        raise AddressError(AddressFault.LOCAL_TOO_LONG, text)


def _check_local_utf8(local: str, text: str) -> None:
    """Reject invisible characters and the replacement character, which RFC 6531 section 3.3 would allow."""
    for atom in local.split("."):
        if not atom or unicodedata.combining(atom[0]):
            raise AddressError(AddressFault.LOCAL_SYNTAX, text)
        for char in atom:
            visible = char in _ATEXT_SET if char.isascii() else unicodedata.category(char)[0] not in "CZ"
            if not visible or char == "\ufffd":
                raise AddressError(AddressFault.LOCAL_SYNTAX, text)


def _fold(local: str) -> str:
    if local.isascii():
        return local.lower()
    # Unicode 16, D145: folding is only stable between normalizations of the decomposed form.
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", local).casefold())
    return unicodedata.normalize("NFC", decomposed)


@lru_cache(maxsize=8192)
def _a_label(domain: str) -> str:
    lowered = domain.lower() if domain.isascii() else domain
    if lowered.isascii() and "xn--" not in lowered:
        wire_domain = lowered
    else:
        try:
            wire_domain = idna.encode(lowered, uts46=True, std3_rules=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError) as error:
            raise AddressError(_idna_fault(lowered, error), domain) from error
    if len(wire_domain) > MAX_DOMAIN_OCTETS or any(len(x) > MAX_LABEL_OCTETS for x in wire_domain.split(".")):
        raise AddressError(AddressFault.DOMAIN_TOO_LONG, domain)
    if "." not in wire_domain and re.fullmatch(r"[a-z0-9-]+", wire_domain):
        raise AddressError(AddressFault.NO_DOT, domain)
    if not _DOMAIN_ASCII.fullmatch(wire_domain):
        raise AddressError(AddressFault.DOMAIN_SYNTAX, domain)
    return wire_domain


def _idna_fault(domain: str, error: Exception) -> AddressFault:
    if "too long" in str(error).lower():
        return AddressFault.DOMAIN_TOO_LONG
    if any(char in ' \t\r\n@,;:<>()[]\\"' for char in domain) or ".." in domain or domain.startswith("."):
        return AddressFault.DOMAIN_SYNTAX
    return AddressFault.NOT_IDNA
