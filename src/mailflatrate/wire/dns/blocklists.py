"""Lookups of names and addresses on DNS blocklists (RFC 5782)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from mailflatrate.wire.dns.resolver import DnsStatus, Resolver

_LISTED = ipaddress.ip_network("127.0.0.0/8")
# Answers about the query, not about what was looked up: the list refuses us (Spamhaus: 127.255.255.0/24).
_REFUSED = ipaddress.ip_network("127.255.255.0/24")


@dataclass(frozen=True, slots=True)
class Listing:
    """One blocklist's answer about one name or address. `listed` is None if the answer was inconclusive."""

    what: str
    blocklist: str
    listed: bool | None
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.blocklist}: {self.answer})" if self.answer else f"{self.what} ({self.blocklist})"


def ask_blocklists(resolver: Resolver, things: Iterable[str], blocklists: Iterable[str]) -> list[Listing]:
    """A list that contains 127.0.0.1 or refuses to answer is ignored (RFC 5782 section 5: no list may contain that)."""
    zones = list(blocklists)
    return [_ask(resolver, thing, zone) for thing in things for zone in zones]


def _ask(resolver: Resolver, thing: str, blocklist: str) -> Listing:
    answer = resolver.a(f"{_as_label(thing)}.{blocklist}")
    if answer.status in (DnsStatus.NXDOMAIN, DnsStatus.NODATA):
        return Listing(thing, blocklist, listed=False)
    values = [ipaddress.ip_address(value) for value in answer.values]
    sound = [value for value in values if value in _LISTED and value not in _REFUSED and str(value) != "127.0.0.1"]
    if not sound:
        return Listing(thing, blocklist, None, ", ".join(answer.values) or answer.status.value)
    return Listing(thing, blocklist, listed=True, answer=", ".join(map(str, sound)))


def _as_label(thing: str) -> str:
    try:
        address = ipaddress.ip_address(thing)
    except ValueError:
        return thing.lower().rstrip(".")
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
