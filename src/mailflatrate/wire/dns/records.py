"""Readers that turn a domain's DKIM key record and mail exchangers into facts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailflatrate.wire.dns.resolver import DnsAnswer, DnsStatus, Resolver

_ED25519_BYTES = 32


class KeyStatus(Enum):
    """Whether a DKIM key record is usable. UNKNOWN: the DNS lookup failed; try again."""

    OK = "ok"
    MISSING = "missing"
    REVOKED = "revoked"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DkimKeyFacts:
    """RFC 6376 3.6.1. `found` is its text. `public_key` is `p=` (DER for RSA, 32 octets for Ed25519), `bits` the RSA
    modulus or 0, `testing` `t=y`, `strict` `t=s`. `problem` is "" if the key is usable.
    """

    name: str
    status: KeyStatus
    found: str = ""
    algorithm: str = ""
    public_key: bytes = b""
    bits: int = 0
    testing: bool = False
    strict: bool = False
    problem: str = ""


def find_dkim_key(resolver: Resolver, selector: str, domain: str) -> DkimKeyFacts:
    name = f"{selector}._domainkey.{domain}"
    answer = resolver.txt(name)
    if not answer.is_known:
        return DkimKeyFacts(answer.name, KeyStatus.UNKNOWN, problem=f"the DNS gave no answer ({answer.status.value})")
    if not answer.values:
        return DkimKeyFacts(answer.name, KeyStatus.MISSING, problem="there is no TXT record")
    if len(answer.values) > 1:  # RFC 6376 3.6.2.2: the result is undefined
        text = " | ".join(answer.values)
        return DkimKeyFacts(answer.name, KeyStatus.INVALID, text, problem="there are several TXT records")
    return parse_dkim_key(answer.name, answer.values[0])


def parse_dkim_key(name: str, text: str) -> DkimKeyFacts:
    try:
        tags = parse_tags(text)
        if tags.get("v", "DKIM1") != "DKIM1":
            raise TagError(f"the version is {tags['v']!r}, not DKIM1")
        if "p" not in tags:
            raise TagError("the tag p (public key) is missing")
        packed = "".join(tags["p"].split())
        if not packed:
            return DkimKeyFacts(name, KeyStatus.REVOKED, text, problem="the key is revoked (p= is empty)")
        algorithm = tags.get("k", "rsa").lower()
        key, bits = _decode_key(algorithm, packed)
    except (TagError, ValueError) as problem:
        return DkimKeyFacts(name, KeyStatus.INVALID, text, problem=str(problem))
    flags = {flag.strip().lower() for flag in tags.get("t", "").split(":")}
    return DkimKeyFacts(name, KeyStatus.OK, text, algorithm, key, bits, "y" in flags, "s" in flags)


def _decode_key(algorithm: str, packed: str) -> tuple[bytes, int]:
    try:
        key = base64.b64decode(packed, validate=True)
    except binascii.Error as problem:
        raise ValueError(f"p= is no base64: {problem}") from problem
    if algorithm == "ed25519":
        if len(key) != _ED25519_BYTES:
            raise ValueError("an Ed25519 key has 32 octets (RFC 8463)")
        return key, 0
    if algorithm != "rsa":
        raise ValueError(f"the key type {algorithm!r} is unknown")
    try:
        loaded = load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise ValueError("p= holds no RSA key") from problem
    if not isinstance(loaded, RSAPublicKey):
        raise ValueError("p= holds a key of another type than k= says")
    return key, loaded.key_size


@dataclass(frozen=True, slots=True)
class MxHost:
    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class MxFacts:
    """`status` is the MX lookup's. `is_null`: it accepts no mail (RFC 7505). `is_implicit`: an address record only (RFC
    5321 5.1). `can_receive` is None if the DNS lookup failed.
    """

    domain: str
    status: DnsStatus
    hosts: tuple[MxHost, ...] = ()
    is_null: bool = False
    is_implicit: bool = False
    can_receive: bool | None = None
    found: str = ""


def find_mx(resolver: Resolver, domain: str) -> MxFacts:
    answer = resolver.mx(domain)
    if answer.status is DnsStatus.OK:
        return _read_mx(answer)
    if answer.status is not DnsStatus.NODATA:
        can_receive = False if answer.is_known else None
        return MxFacts(answer.name, answer.status, can_receive=can_receive)
    addresses = (resolver.a(domain), resolver.aaaa(domain))
    text = ", ".join(value for address in addresses for value in address.values)
    if text:
        host = MxHost(0, answer.name)
        return MxFacts(answer.name, answer.status, (host,), is_implicit=True, can_receive=True, found=text)
    can_receive = False if all(address.is_known for address in addresses) else None
    return MxFacts(answer.name, answer.status, can_receive=can_receive)


def _read_mx(answer: DnsAnswer) -> MxFacts:
    hosts = tuple(
        MxHost(int(preference), host) for preference, host in (value.split(" ", 1) for value in answer.values)
    )
    is_null = len(hosts) == 1 and hosts[0].host == "."
    usable = tuple(host for host in hosts if host.host != ".")
    text = ", ".join(answer.values)
    return MxFacts(answer.name, answer.status, usable, is_null, can_receive=bool(usable), found=text)


QUESTIONS_AT_ONCE = 16
GIVE_UP_AFTER = 2 * QUESTIONS_AT_ONCE
"""After this many questions without an answer the DNS is out of reach, and nothing more is asked."""


def ask_domains(domains: Iterable[str], resolver: Resolver) -> dict[str, MxFacts]:
    """Look up several domains at once. Those with inconclusive DNS answers are left out."""
    waiting = list(domains)
    by_domain: dict[str, MxFacts] = {}
    with ThreadPoolExecutor(QUESTIONS_AT_ONCE, thread_name_prefix="dns") as pool:
        for at in range(0, len(waiting), GIVE_UP_AFTER):
            part = waiting[at : at + GIVE_UP_AFTER]
            answers = dict(zip(part, pool.map(lambda domain: find_mx(resolver, domain), part), strict=True))
            settled = {domain: facts for domain, facts in answers.items() if facts.can_receive is not None}
            by_domain |= settled
            if not settled and len(part) == GIVE_UP_AFTER:
                break
    return by_domain


class TagError(ValueError):
    pass


def parse_tags(text: str) -> dict[str, str]:
    """Return tags in lower case with stripped values. Raises TagError for a part without "=" or a repeated tag."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or not name:
            raise TagError(f"not a tag: {part.strip()!r}")
        if name in tags:
            raise TagError(f"the tag {name} is given twice")
        tags[name] = value.strip()
    return tags
