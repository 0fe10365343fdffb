"""Who sent a report, and does he prove it (R-78): an aligned DKIM signature, or a feedback loop's host that we know."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from publicsuffixlist import PublicSuffixList

from mailflatrate.base import clock
from mailflatrate.mail.dkim_verify import DkimStatus, KeyUnreachable, verify_signatures
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import parse
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import DnsResolver, KeyStatus, find_dkim_key

DNS_SECONDS = 1.5
"""A case is on screen within two seconds of its mail, so no key is waited for longer; it is asked for again later."""

_FROM_CLIENT = re.compile(r"\bfrom\b.*?\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]", re.I | re.S)
Network = IPv4Network | IPv6Network


class Proof(StrEnum):
    """How the sender of a message proved himself. UNKNOWN: his key could not be asked for just now."""

    DKIM = "dkim"
    SOURCE = "source"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trust:
    """`sender` is the address in From ("" where there is none or several), `detail` the signer's domain or the host."""

    proof: Proof
    sender: str
    detail: str = ""

    @property
    def proved(self) -> bool:
        """True where the sender is who he says he is."""
        return self.proof in (Proof.DKIM, Proof.SOURCE)


def judge_sender(raw: bytes, peer: str) -> Trust:
    """Judge the sender of a message that `peer` (an IP address, "" where unknown) handed in. Asks the DNS."""
    headers = parse(raw).headers
    authors = headers.all("from")
    sender = address.clean(authors[0]).lower() if len(authors) == 1 else ""
    source = _source(headers.all("received"), peer)
    if source and _is_in(source, load_settings().feedback_sources):
        return Trust(Proof.SOURCE, sender, source)
    domain = sender.rpartition("@")[2]
    if not domain:
        return Trust(Proof.NONE, sender)
    verdicts = verify_signatures(raw, _public_key, at=clock.now())
    aligned = [verdict for verdict in verdicts if _registrable(verdict.domain) == _registrable(domain)]
    passed = next((verdict for verdict in aligned if verdict.passed), None)
    if passed is not None:
        return Trust(Proof.DKIM, sender, passed.domain)
    unreachable = any(verdict.status is DkimStatus.KEY_UNREACHABLE for verdict in aligned)
    return Trust(Proof.UNKNOWN if unreachable else Proof.NONE, sender)


def _source(received: list[str], peer: str) -> str:
    """The host that handed the mail to us: behind our own MTA it is the one which that MTA wrote down, topmost."""
    if not _is_in(peer, load_settings().inbound_relays):
        return peer
    found = _FROM_CLIENT.search(received[0]) if received else None
    return found[1] if found else peer


def _is_in(ip: str, networks: str) -> bool:
    try:
        host = ip_address(ip)
    except ValueError:
        return False
    return any(host in network for network in _networks(networks) if network.version == host.version)


@cache
def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _registrable(domain: str) -> str:
    """The organisation's domain: relaxed alignment compares these (RFC 9989)."""
    return str(_suffixes().privatesuffix(domain.lower()) or domain.lower())


@cache
def _resolver() -> DnsResolver:
    settings = load_settings()
    servers = [server.strip() for server in settings.dns_servers.split(",") if server.strip()]
    return DnsResolver(servers or None, timeout_seconds=min(DNS_SECONDS, settings.dns_timeout_seconds))


def _public_key(selector: str, domain: str) -> bytes | None:
    seen = find_dkim_key(_resolver(), selector, domain)
    if seen.status is KeyStatus.UNKNOWN:
        raise KeyUnreachable(seen.name)
    return seen.public_key if seen.status is KeyStatus.OK else None


def names_one_of(values: Iterable[str], domains: frozenset[str]) -> bool:
    """Whether an address at one of `domains` stands in the fields."""
    return any(found.lower() in domains for value in values for found in re.findall(r"@([\w.-]+)", value))
