"""DNS lookups: a resolver, readers that turn records into facts, and a small real server, so that demo and tests use
the real path.
"""

from mailflatrate.wire.dns.blocklists import Listing, ask_blocklists
from mailflatrate.wire.dns.dmarc import (
    DmarcPolicy,
    DmarcStatus,
    find_dmarc,
    is_aligned,
    parse_dmarc,
)
from mailflatrate.wire.dns.records import (
    KeyStatus,
    MxFacts,
    MxHost,
    ask_domains,
    find_dkim_key,
    find_mx,
    parse_dkim_key,
)
from mailflatrate.wire.dns.resolver import DnsAnswer, DnsResolver, DnsStatus, Resolver
from mailflatrate.wire.dns.spf import SpfStatus, find_spf
from mailflatrate.wire.dns.zone import UpdateRefused, ZoneServer, presentation, publish_records

__all__ = [
    "DmarcPolicy",
    "DmarcStatus",
    "DnsAnswer",
    "DnsResolver",
    "DnsStatus",
    "KeyStatus",
    "Listing",
    "MxFacts",
    "MxHost",
    "Resolver",
    "SpfStatus",
    "UpdateRefused",
    "ZoneServer",
    "ask_blocklists",
    "ask_domains",
    "find_dkim_key",
    "find_dmarc",
    "find_mx",
    "find_spf",
    "is_aligned",
    "parse_dkim_key",
    "parse_dmarc",
    "presentation",
    "publish_records",
]
