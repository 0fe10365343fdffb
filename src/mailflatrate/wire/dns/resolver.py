"""DNS lookups; every query returns an answer with a status, never an exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import dns.exception
import dns.message
import dns.nameserver
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.resolver
import dns.reversename


class DnsStatus(Enum):
    """The result of a query. NODATA: the name exists without such records. SERVFAIL: the servers failed to answer."""

    OK = "ok"
    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    TIMEOUT = "timeout"
    SERVFAIL = "servfail"


class RecordType(Enum):
    TXT = "TXT"
    MX = "MX"
    A = "A"
    AAAA = "AAAA"
    PTR = "PTR"
    CNAME = "CNAME"


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """`name` in lower case without the final dot. `values` as text: TXT strings joined (RFC 7208 3.3), MX as "10
    mx.example" in order of preference, names like `name` ("." for the root); empty unless the status is OK.
    """

    name: str
    record_type: RecordType
    status: DnsStatus
    values: tuple[str, ...] = ()
    ttl_seconds: int = 0

    @property
    def is_void(self) -> bool:
        return self.status in {DnsStatus.NXDOMAIN, DnsStatus.NODATA}

    @property
    def is_known(self) -> bool:
        """Return False when the DNS lookup failed, so that no conclusion may be drawn from it."""
        return self.status not in {DnsStatus.TIMEOUT, DnsStatus.SERVFAIL}


class Resolver(Protocol):
    """The resolver interface that readers use. Names may have a final dot; no DNS result raises an exception."""

    def txt(self, name: str) -> DnsAnswer: ...

    def mx(self, name: str) -> DnsAnswer: ...

    def a(self, name: str) -> DnsAnswer: ...

    def aaaa(self, name: str) -> DnsAnswer: ...

    def ptr(self, address: str) -> DnsAnswer:
        """Return the names of an IPv4 or IPv6 address. Raises ValueError if `address` is not an IP address."""

    def cname(self, name: str) -> DnsAnswer: ...


class DnsResolver:
    """On dnspython: blocking, for jobs and commands; caches answers for their TTL. `nameservers` are "address" or
    "address:port" (IPv6 "[address]:port"), None: the system's. `timeout_seconds` limits all tries of a query. A
    truncated answer is retried over TCP.
    """

    def __init__(
        self, nameservers: Sequence[str] | None = None, timeout_seconds: float = 5.0, cache_size: int = 1000
    ) -> None:
        self._resolver = dns.resolver.Resolver(configure=nameservers is None)
        if nameservers is not None:
            self._resolver.nameservers = [_nameserver(text) for text in nameservers]
        self._resolver.lifetime = timeout_seconds
        self._resolver.timeout = min(2.0, timeout_seconds)
        self._resolver.search = []
        if cache_size:
            self._resolver.cache = dns.resolver.LRUCache(cache_size)

    def txt(self, name: str) -> DnsAnswer:
        return self._ask(name, RecordType.TXT)

    def mx(self, name: str) -> DnsAnswer:
        return self._ask(name, RecordType.MX)

    def a(self, name: str) -> DnsAnswer:
        return self._ask(name, RecordType.A)

    def aaaa(self, name: str) -> DnsAnswer:
        return self._ask(name, RecordType.AAAA)

    def cname(self, name: str) -> DnsAnswer:
        return self._ask(name, RecordType.CNAME)

    def ptr(self, address: str) -> DnsAnswer:
        try:
            reverse = dns.reversename.from_address(address).to_text()
        except dns.exception.SyntaxError as problem:
            raise ValueError(f"not an IP address: {address!r}") from problem
        return self._ask(reverse, RecordType.PTR)

    def forget(self) -> None:
        """Empty the cache, so that the next query asks the DNS again."""
        if self._resolver.cache is not None:
            self._resolver.cache.flush()

    def _ask(self, name: str, record_type: RecordType) -> DnsAnswer:
        plain = name.rstrip(".").lower()
        try:
            answer = self._resolver.resolve(plain + ".", record_type.value, search=False)
        except dns.resolver.NXDOMAIN:
            return DnsAnswer(plain, record_type, DnsStatus.NXDOMAIN)
        except dns.resolver.NoAnswer:
            return DnsAnswer(plain, record_type, DnsStatus.NODATA)
        except dns.exception.Timeout:
            return DnsAnswer(plain, record_type, DnsStatus.TIMEOUT)
        except (dns.resolver.NoNameservers, dns.resolver.YXDOMAIN, dns.exception.FormError, OSError):
            return DnsAnswer(plain, record_type, DnsStatus.SERVFAIL)
        except (dns.exception.DNSException, UnicodeError):
            # A name that cannot be written in the DNS (a label over 63 octets, an empty one) exists nowhere.
            return DnsAnswer(plain, record_type, DnsStatus.NXDOMAIN)
        records = list(answer.rrset or ())
        if record_type is RecordType.MX:
            records.sort(key=lambda record: (record.preference, record.exchange))
        values = tuple(_as_text(record) for record in records)
        return DnsAnswer(plain, record_type, DnsStatus.OK, values, answer.rrset.ttl if answer.rrset else 0)


def _as_text(record: dns.rdata.Rdata) -> str:
    if isinstance(record, dns.rdtypes.txtbase.TXTBase):
        return b"".join(record.strings).decode("utf-8", "replace")
    text = record.to_text()
    if record.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}:
        return text
    return text.lower() if text.endswith((" .", "..")) or text == "." else text.lower().rstrip(".")


def _nameserver(text: str) -> dns.nameserver.Nameserver:
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
        return dns.nameserver.Do53Nameserver(address, int(port or 53))
    address, colon, port = text.partition(":")
    if colon and ":" not in port:
        return dns.nameserver.Do53Nameserver(address, int(port))
    return dns.nameserver.Do53Nameserver(text, 53)
