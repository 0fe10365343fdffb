"""DNS lookups of records, compared with the expected values."""

from collections.abc import Callable
from dataclasses import dataclass

from mailflatrate.apps.domains.models import CheckKind
from mailflatrate.apps.domains.records import DnsRecord, service_spf_host
from mailflatrate.rules.facts import DnsState
from mailflatrate.settings.schema import Settings, blocklists
from mailflatrate.wire.dns import (
    DmarcStatus,
    KeyStatus,
    Listing,
    Resolver,
    SpfStatus,
    ask_blocklists,
    find_dkim_key,
    find_dmarc,
    find_mx,
    find_spf,
    parse_dkim_key,
)


@dataclass(frozen=True, slots=True)
class RecordLookup:
    state: DnsState
    found: str

    @property
    def passed(self) -> bool:
        return self.state is DnsState.OK


def check_record(record: DnsRecord, resolver: Resolver) -> RecordLookup:
    return _CHECKS[record.kind](record, resolver)


def listings_of_service(settings: Settings, resolver: Resolver) -> list[Listing]:
    addresses = [*resolver.a(settings.helo_name).values, *resolver.aaaa(settings.helo_name).values]
    return [
        *ask_blocklists(resolver, [settings.service_domain], blocklists(settings.domain_blocklists)),
        *ask_blocklists(resolver, addresses, blocklists(settings.address_blocklists)),
    ]


def _dkim(record: DnsRecord, resolver: Resolver) -> RecordLookup:
    """Check for the key that we sign with, whatever the spacing of its tags (RFC 6376 section 3.6.1)."""
    selector, _, domain = record.host.partition("._domainkey.")
    seen = find_dkim_key(resolver, selector, domain)
    if seen.status is KeyStatus.UNKNOWN:
        return RecordLookup(DnsState.UNREACHABLE, seen.found)
    if seen.status is KeyStatus.MISSING:
        return RecordLookup(DnsState.MISSING, seen.found)
    ours = parse_dkim_key(record.host, record.value)
    same = seen.status is KeyStatus.OK and seen.public_key == ours.public_key
    return RecordLookup(DnsState.OK if same else DnsState.WRONG, seen.found)


def _spf(record: DnsRecord, resolver: Resolver) -> RecordLookup:
    """Check for a single record within the limits of RFC 7208 that includes the operator's hosts (R-61)."""
    seen = find_spf(resolver, record.host)
    if seen.status is SpfStatus.UNKNOWN:
        return RecordLookup(DnsState.UNREACHABLE, seen.found)
    if seen.status is SpfStatus.MISSING:
        return RecordLookup(DnsState.MISSING, seen.found)
    good = seen.status is SpfStatus.OK and service_spf_host() in seen.includes
    return RecordLookup(DnsState.OK if good else DnsState.WRONG, seen.found)


def _mx(record: DnsRecord, resolver: Resolver) -> RecordLookup:
    seen = find_mx(resolver, record.host)
    if seen.can_receive is None:
        return RecordLookup(DnsState.UNREACHABLE, seen.found)
    if not seen.hosts or seen.is_implicit:
        return RecordLookup(DnsState.MISSING, seen.found)
    ours = record.value.partition(" ")[2]
    return RecordLookup(DnsState.OK if ours in [host.host for host in seen.hosts] else DnsState.WRONG, seen.found)


def _dmarc(record: DnsRecord, resolver: Resolver) -> RecordLookup:
    """Check for a policy at the domain or a parent; which policy is the customer's choice (R-62)."""
    seen = find_dmarc(resolver, record.host.removeprefix("_dmarc."))
    state = {
        DmarcStatus.FOUND: DnsState.OK,
        DmarcStatus.MISSING: DnsState.MISSING,
        DmarcStatus.SEVERAL: DnsState.WRONG,
        DmarcStatus.UNKNOWN: DnsState.UNREACHABLE,
    }[seen.status]
    return RecordLookup(state, seen.found)


_CHECKS: dict[CheckKind, Callable[[DnsRecord, Resolver], RecordLookup]] = {
    CheckKind.DKIM: _dkim,
    CheckKind.SPF: _spf,
    CheckKind.MX: _mx,
    CheckKind.DMARC: _dmarc,
}
