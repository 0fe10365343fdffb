"""SPF records (RFC 7208; R-61): the record that a domain publishes, the lookups it costs, the addresses it lists."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import Enum

from mailflatrate.wire.dns.resolver import DnsAnswer, Resolver

MAX_LOOKUPS = 10  # RFC 7208 4.6.4
MAX_VOID_LOOKUPS = 2
_MAX_MX_HOSTS = 10
_TERM = re.compile(r"(?P<qualifier>[+\-~?]?)(?P<name>[a-z0-9]+)(?::(?P<value>[^/]*|[^/].*))?(?P<prefix>/.*)?", re.I)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.\-]*)=(?P<value>.*)", re.I)
_PREFIX = re.compile(r"(?:/(?P<four>\d{1,3}))?(?://(?P<six>\d{1,3}))?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SpfStatus(Enum):
    """OK: receivers can evaluate it. INVALID: a permanent error for them. UNKNOWN: the DNS lookup failed; try again."""

    OK = "ok"
    MISSING = "missing"
    SEVERAL = "several"
    INVALID = "invalid"
    TOO_MANY_LOOKUPS = "too_many_lookups"
    TOO_MANY_VOID_LOOKUPS = "too_many_void_lookups"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SpfFacts:
    """`found` is its text. `lookups` and `void_lookups` by RFC 7208 4.6.4, over all includes and as if nothing matched
    early, up to the first excess one. `all_qualifier` is "-", "~", "?" or "+" of the `all` that ends it, or None.
    `networks` pass by ip4, ip6, a and mx.
    """

    domain: str
    status: SpfStatus
    found: str = ""
    lookups: int = 0
    void_lookups: int = 0
    all_qualifier: str | None = None
    includes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    uses_ptr: bool = False
    problem: str = ""

    def covers(self, address: str) -> bool:
        """Return whether the record lists this address as allowed. Macros and `exists` are not evaluated."""
        ip = ipaddress.ip_address(address)
        return any(ip in ipaddress.ip_network(network) for network in self.networks)


class _EndError(Exception):
    def __init__(self, status: SpfStatus, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


@dataclass(slots=True)
class _Walk:
    resolver: Resolver
    lookups: int = 0
    void_lookups: int = 0
    includes: list[str] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    uses_ptr: bool = False

    def count(self, term: str) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            problem = f"{term} is look-up {self.lookups}; {MAX_LOOKUPS} are allowed"
            raise _EndError(SpfStatus.TOO_MANY_LOOKUPS, problem)

    def know(self, *answers: DnsAnswer) -> None:
        for answer in answers:
            if not answer.is_known:
                problem = f"{answer.name}: the DNS gave no answer ({answer.status.value})"
                raise _EndError(SpfStatus.UNKNOWN, problem)
        if all(answer.is_void for answer in answers):
            self.void_lookups += 1
            if self.void_lookups > MAX_VOID_LOOKUPS:
                problem = f"{answers[0].name} is void look-up {self.void_lookups}; {MAX_VOID_LOOKUPS} are allowed"
                raise _EndError(SpfStatus.TOO_MANY_VOID_LOOKUPS, problem)


def find_spf(resolver: Resolver, domain: str) -> SpfFacts:
    domain = domain.rstrip(".").lower()
    answer = resolver.txt(domain)
    if not answer.is_known:
        return SpfFacts(domain, SpfStatus.UNKNOWN, problem=f"the DNS gave no answer ({answer.status.value})")
    records = _records(answer)
    if len(records) != 1:
        status = SpfStatus.SEVERAL if records else SpfStatus.MISSING
        problem = "there are several SPF records" if records else "there is no SPF record"
        return SpfFacts(domain, status, " | ".join(records), problem=problem)
    walk = _Walk(resolver)
    status, problem, all_qualifier = SpfStatus.OK, "", None
    try:
        all_qualifier = _read(walk, domain, records[0], passing=True)
    except _EndError as end:
        status, problem = end.status, end.problem
    return SpfFacts(
        domain=domain,
        status=status,
        found=records[0],
        lookups=walk.lookups,
        void_lookups=walk.void_lookups,
        all_qualifier=all_qualifier,
        includes=tuple(walk.includes),
        networks=tuple(str(network) for network in dict.fromkeys(walk.networks)),
        uses_ptr=walk.uses_ptr,
        problem=problem,
    )


def _records(answer: DnsAnswer) -> list[str]:
    return [text for text in answer.values if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def _read(walk: _Walk, domain: str, record: str, *, passing: bool) -> str | None:
    """`passing` is False below an include without a pass. Return the qualifier of `all`, also a redirect's."""
    redirect: str | None = None
    for term in record.split()[1:]:
        modifier = _MODIFIER.fullmatch(term)
        if modifier:
            if modifier["name"].lower() == "redirect":
                redirect = modifier["value"]
            continue  # exp and unknown modifiers cost nothing (RFC 7208 6)
        parts = _TERM.fullmatch(term)
        if parts is None:
            raise _EndError(SpfStatus.INVALID, f"{term!r} is no SPF term")
        if parts["name"].lower() == "all":
            return parts["qualifier"] or "+"
        _mechanism(walk, domain, term, parts, passing=passing and parts["qualifier"] in {"", "+"})
    if redirect is None:
        return None
    walk.count(f"redirect={redirect}")
    return _read_other(walk, redirect, passing=passing)


def _mechanism(walk: _Walk, domain: str, term: str, parts: re.Match[str], *, passing: bool) -> None:
    name, value = parts["name"].lower(), parts["value"]
    if name in {"ip4", "ip6"}:
        network = _network(term, name, f"{value or ''}{parts['prefix'] or ''}")
        if passing:
            walk.networks.append(network)
        return
    if name not in {"a", "mx", "include", "exists", "ptr"}:
        raise _EndError(SpfStatus.INVALID, f"{term!r} is no SPF mechanism")
    if name in {"include", "exists"} and not value:
        raise _EndError(SpfStatus.INVALID, f"{term!r} names no domain")
    walk.count(term)
    target = (value or domain).rstrip(".").lower()
    if name == "ptr":
        walk.uses_ptr = True
    elif name == "include":
        walk.includes.append(target)
        _read_other(walk, target, passing=passing)
    elif "%" in target:
        return  # a macro needs a sender and an address; its lookup is counted
    elif name == "exists":
        walk.know(walk.resolver.a(target))
    else:
        hosts = [target] if name == "a" else _mx_hosts(walk, target)
        for host in hosts:
            _addresses(walk, host, term, parts["prefix"] or "", passing=passing)


def _read_other(walk: _Walk, target: str, *, passing: bool) -> str | None:
    if "%" in target:
        return None
    answer = walk.resolver.txt(target)
    walk.know(answer)
    records = _records(answer)
    if len(records) != 1:  # RFC 7208 5.2, 6.1: none is a permanent error here
        what = "several SPF records" if records else "no SPF record"
        raise _EndError(SpfStatus.INVALID, f"{target} has {what}")
    return _read(walk, target, records[0], passing=passing)


def _mx_hosts(walk: _Walk, target: str) -> list[str]:
    answer = walk.resolver.mx(target)
    walk.know(answer)
    hosts = [value.split(" ", 1)[1] for value in answer.values]
    if len(hosts) > _MAX_MX_HOSTS:  # RFC 7208 4.6.4
        raise _EndError(SpfStatus.INVALID, f"{target} has more than {_MAX_MX_HOSTS} mail exchangers")
    return [host for host in hosts if host != "."]


def _addresses(walk: _Walk, host: str, term: str, prefix: str, *, passing: bool) -> None:
    lengths = _PREFIX.fullmatch(prefix)
    if lengths is None:
        raise _EndError(SpfStatus.INVALID, f"{term!r} has a wrong prefix length")
    four, six = walk.resolver.a(host), walk.resolver.aaaa(host)
    walk.know(four, six)
    for kind, answer, length in (("ip4", four, lengths["four"]), ("ip6", six, lengths["six"])):
        for address in answer.values:
            network = _network(term, kind, f"{address}/{length}" if length else address)
            if passing:
                walk.networks.append(network)


def _network(term: str, kind: str, text: str) -> Network:
    try:
        if kind == "ip4":
            return ipaddress.IPv4Network(text, strict=False)
        return ipaddress.IPv6Network(text, strict=False)
    except ValueError as problem:
        raise _EndError(SpfStatus.INVALID, f"{term!r} holds no network") from problem
