"""The records that a customer publishes for a sender domain (R-54, R-59, R-61, R-62)."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailflatrate.apps.domains.models import CheckKind, DkimKey, SenderDomain
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import presentation


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record to copy into the DNS. `value` is the whole text; a TXT over 255 octets is split by the DNS tool."""

    kind: CheckKind
    host: str
    record_type: str
    value: str


def service_spf_host() -> str:
    return f"spf.{load_settings().service_domain}"


def dkim_record(domain: SenderDomain, key: DkimKey) -> DnsRecord:
    """Return the record that publishes the public half of a key (RFC 6376 section 3.6.2)."""
    return DnsRecord(CheckKind.DKIM, f"{key.selector}._domainkey.{domain.name}", "TXT", key.public_record)


def records_of(domain: SenderDomain, key: DkimKey) -> list[DnsRecord]:
    """For DKIM, SPF and MX of the Return-Path, and DMARC, in the order in which pages explain them."""
    service = load_settings().service_domain
    return [
        dkim_record(domain, key),
        DnsRecord(CheckKind.SPF, domain.bounce_host, "TXT", f"v=spf1 include:{service_spf_host()} ~all"),
        DnsRecord(CheckKind.MX, domain.bounce_host, "MX", f"10 mx.{service}"),
        DnsRecord(CheckKind.DMARC, f"_dmarc.{domain.name}", "TXT", f"v=DMARC1; p=none; rua=mailto:dmarc@{service}"),
    ]


TTL_SECONDS = 3600


def zone_file(domain: str, records: Iterable[DnsRecord]) -> str:
    """Return the records as lines with absolute names, so that importing them changes nothing else in the zone."""
    lines = [f"; Records of {domain}", f"$TTL {TTL_SECONDS}"]
    for record in records:
        value = presentation(record.record_type, record.value)
        lines.append(f"{record.host.rstrip('.')}.\tIN\t{record.record_type}\t{value}")
    return "\n".join(lines) + "\n"
