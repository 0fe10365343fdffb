"""A domain's records as a zone file (RFC 1035) to import at a DNS provider."""

from collections.abc import Iterable

from mailflatrate.apps.domains.records import DnsRecord
from mailflatrate.wire.dns import presentation

TTL_SECONDS = 3600


def zone_file(domain: str, records: Iterable[DnsRecord]) -> str:
    """Return the records as lines with absolute names, so that importing them changes nothing else in the zone."""
    lines = [f"; Records of {domain}", f"$TTL {TTL_SECONDS}"]
    for record in records:
        value = presentation(record.record_type, record.value)
        lines.append(f"{record.host.rstrip('.')}.\tIN\t{record.record_type}\t{value}")
    return "\n".join(lines) + "\n"
