"""DNS lookups for lint: signing keys, SPF, DMARC, mail exchangers. Each lookup is made once."""

from functools import cache

from mailflatrate.mail.address import domain_of
from mailflatrate.mail.signing.dkim_verify import KeyUnreachable
from mailflatrate.rules.facts import DnsRecordFacts, DnsState
from mailflatrate.rules.gate.lint import UNASKED, DomainLookups, LintLookups
from mailflatrate.rules.names.brands import Brands
from mailflatrate.wire.dns import (
    DmarcStatus,
    DnsResolver,
    KeyStatus,
    Resolver,
    SpfStatus,
    find_dkim_key,
    find_dmarc,
    find_mx,
    find_spf,
)

_TIMEOUT_SECONDS = 5.0


def ask_the_dns(brands: Brands, servers: list[str]) -> LintLookups:
    resolver = DnsResolver(servers or None, timeout_seconds=_TIMEOUT_SECONDS)
    key_bits: dict[tuple[str, str], int] = {}

    def find_key(selector: str, domain: str) -> bytes | None:
        seen = find_dkim_key(resolver, selector, domain)
        if seen.status is KeyStatus.UNKNOWN:
            raise KeyUnreachable
        key_bits[(selector, domain)] = seen.bits
        return seen.public_key if seen.status is KeyStatus.OK else None

    @cache
    def look_up(from_domain: str, return_path: str, reply_to: str) -> DomainLookups:
        return DomainLookups(
            spf=_spf(resolver, return_path) if return_path else _OK,
            dmarc=_dmarc(resolver, from_domain) if from_domain else UNASKED,
            mx=_mx(resolver, from_domain) if from_domain else UNASKED,
            reply_to_deliverable=not reply_to or find_mx(resolver, domain_of(reply_to)).can_receive is not False,
        )

    return LintLookups(find_key, look_up, brands, key_bits=key_bits)


_OK = DnsRecordFacts(DnsState.OK)


def _spf(resolver: Resolver, domain: str) -> DnsRecordFacts:
    """Read an SPF record within the limits of RFC 7208 (R-61); which hosts it should list is not known here."""
    seen = find_spf(resolver, domain)
    state = {
        SpfStatus.OK: DnsState.OK,
        SpfStatus.MISSING: DnsState.MISSING,
        SpfStatus.UNKNOWN: DnsState.UNREACHABLE,
    }.get(seen.status, DnsState.WRONG)
    return DnsRecordFacts(state, found=seen.found)


def _dmarc(resolver: Resolver, domain: str) -> DnsRecordFacts:
    seen = find_dmarc(resolver, domain)
    state = {
        DmarcStatus.FOUND: DnsState.OK,
        DmarcStatus.MISSING: DnsState.MISSING,
        DmarcStatus.SEVERAL: DnsState.WRONG,
        DmarcStatus.UNKNOWN: DnsState.UNREACHABLE,
    }[seen.status]
    return DnsRecordFacts(state, found=seen.found)


def _mx(resolver: Resolver, domain: str) -> DnsRecordFacts:
    seen = find_mx(resolver, domain)
    if seen.can_receive is None:
        return DnsRecordFacts(DnsState.UNREACHABLE, found=seen.found)
    return DnsRecordFacts(DnsState.OK if seen.can_receive else DnsState.MISSING, found=seen.found)
