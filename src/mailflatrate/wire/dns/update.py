"""Publishes records by dynamic update (RFC 2136). Only the demonstration's own name server accepts them."""

from __future__ import annotations

from collections.abc import Iterable

import dns.exception
import dns.query
import dns.rcode
import dns.update

from mailflatrate.wire.dns.zone import DEMO_TTL_SECONDS, presentation

SECONDS = 3.0


class UpdateRefused(Exception):
    """Raised when the name server didn't accept the records; the message says why."""


def publish_records(nameserver: str, zone: str, records: Iterable[tuple[str, str, str]]) -> None:
    """Add (name, type, value) records to a zone, replacing those of the same name and type. Raises UpdateRefused."""
    host, _colon, port = nameserver.rpartition(":")
    change = dns.update.UpdateMessage(zone)
    for name, kind, value in records:
        change.replace(f"{name.rstrip('.')}.", DEMO_TTL_SECONDS, kind, presentation(kind, value))
    try:
        reply = dns.query.tcp(change, host, timeout=SECONDS, port=int(port))
    except (dns.exception.DNSException, OSError, ValueError) as problem:
        raise UpdateRefused(str(problem) or type(problem).__name__) from problem
    if reply.rcode() != dns.rcode.NOERROR:
        raise UpdateRefused(dns.rcode.to_text(reply.rcode()))
