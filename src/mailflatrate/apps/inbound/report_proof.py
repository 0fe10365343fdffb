"""Who sent a report, and whether that is proved (R-78): by an aligned DKIM signature, or a loop's known host."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from publicsuffixlist import PublicSuffixList

from mailflatrate.apps.delivery.relays.overview import stays_on_this_host
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MAX_HEADER_BYTES, Headers, split_headers
from mailflatrate.mail.signing.dkim_verify import DkimStatus, DkimVerdict, KeyUnreachable, verify_signatures
from mailflatrate.rules.sending.providers import OTHER, provider_of
from mailflatrate.settings import load_settings
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.dns import DnsResolver, KeyStatus, find_dkim_key

DNS_SECONDS = 1.5
"""A case is on screen within two seconds of its mail, so no key is waited for longer; it is asked for again later."""

# `from HELO (NAME [IP]) by ...`, as Postfix and Sendmail write it. HELO is the client's own claim and may hold spaces
# and parentheses. If it pretends to be a whole line, the real address follows in its own brackets, and nothing matches.
_CLIENT = re.compile(
    r"from [^\s()]{1,255} \((?:[^\s()\[\]]{1,255} )?\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]\)(?: [^\[\]]*)?", re.I
)
_LONGEST_LINE = 2000
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@]+@[^\s<>,;:\"()\[\]@]+")
_SIGNED = frozenset({"from", "to", "subject"})
Network = IPv4Network | IPv6Network


class SenderProof(StrEnum):
    """How the sender of a message was proved. UNKNOWN: the sender's key could not be looked up this time."""

    DKIM = "dkim"
    SOURCE = "source"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trust:
    """`sender`: the From address ("" if none or several). `detail`: the signer's domain or the host."""

    proof: SenderProof
    sender: str
    detail: str = ""

    @property
    def proved(self) -> bool:
        return self.proof in (SenderProof.DKIM, SenderProof.SOURCE)


def judge_sender(raw: bytes, peer: str, *, recipient: str = "", sources: str = "") -> Trust:
    """Asks the DNS. `peer`: an IP address, "" if unknown; `sources`: networks that need no signature; `recipient`: our
    address it came to. A signature counts only if it proves that its author wrote these words to us: one that
    leaves To, Subject or a part of the body open can be sent on to anyone.
    """
    headers, _body = split_headers(raw[:MAX_HEADER_BYTES].replace(b"\r\n", b"\n"))
    authors = headers.all("from")
    sender = address.clean(authors[0]).lower() if len(authors) == 1 else ""
    source = _source(headers, peer)
    if source and _is_in(source, sources):
        return Trust(SenderProof.SOURCE, sender, source)
    domain = domain_of(sender)
    if not domain or not _is_addressed(headers, recipient):
        return Trust(SenderProof.NONE, sender)
    verdicts = verify_signatures(raw, _public_key, at=clock.now())
    aligned = [
        verdict for verdict in verdicts if registrable(verdict.domain) == registrable(domain) and _is_whole(verdict)
    ]
    passed = next((verdict for verdict in aligned if verdict.passed), None)
    if passed is not None:
        return Trust(SenderProof.DKIM, sender, passed.domain)
    unreachable = any(verdict.status is DkimStatus.KEY_UNREACHABLE for verdict in aligned)
    return Trust(SenderProof.UNKNOWN if unreachable else SenderProof.NONE, sender)


def feedback_sources() -> str:
    """Networks whose reports need no signature; not this host once mail leaves it, since any program could use it."""
    settings = load_settings()
    if settings.feedback_sources != Settings.model_fields["feedback_sources"].default:
        return settings.feedback_sources
    with tenancy.platform(PlatformReason.MAIL_IN):
        return settings.feedback_sources if stays_on_this_host(settings) else ""


def _is_addressed(headers: Headers, recipient: str) -> bool:
    """Whether To names only our address, even in display names; fields exist once, so none was added above."""
    if any(len(headers.all(name)) != 1 for name in ("to", "subject")):
        return False
    return set(_ADDRESS.findall(headers.raw("to").lower())) == {recipient.strip("<> ").lower()}


def _is_whole(verdict: DkimVerdict) -> bool:
    return not verdict.is_body_limited and set(verdict.signed_fields) >= _SIGNED


def _source(headers: Headers, peer: str) -> str:
    """The host that handed us the message, "" if unknown. Behind one of our relays, its client in the topmost Received
    line; a relay is never a source: what it hands over on its own account could come from anywhere.
    """
    relays = load_settings().inbound_relays
    if not _is_in(peer, relays):
        return peer
    line = headers.raw("received")
    match = _CLIENT.fullmatch(line) if len(line) <= _LONGEST_LINE else None  # a longer one may have been cut
    return match[1] if match is not None and not _is_in(match[1], relays) else ""


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


def registrable(domain: str) -> str:
    """Return the organizational domain, which relaxed alignment compares (RFC 9989)."""
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


def answers_for(domain: str, recipient: str) -> bool:
    """`domain` may speak for the mailbox: it is the same domain, or one of the same provider."""
    theirs = domain_of(recipient)
    if registrable(domain) == registrable(theirs):
        return True
    provider = provider_of(registrable(domain))
    return provider != OTHER and provider == provider_of(theirs)


def names_one_of(values: Iterable[str], domains: frozenset[str]) -> bool:
    return any(domain.lower() in domains for value in values for domain in re.findall(r"@([\w.-]+)", value))
