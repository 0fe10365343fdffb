"""Identifies the client of a request."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from mailflatrate.apps.accounts.actions.agreements import Circumstances

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@cache
def _proxies(written: str) -> tuple[Network, ...]:
    """Return the networks of a comma-separated setting; the schema has already rejected invalid ones."""
    return tuple(ip_network(network.strip(), strict=False) for network in written.split(",") if network.strip())


def _trusted(address: Address) -> bool:
    return any(address in network for network in _proxies(settings.SETTINGS.trusted_proxies))


def is_in(networks: str, ip: str | None) -> bool:
    """Return whether an address is in one of the networks of a comma-separated setting."""
    return ip is not None and any(ip_address(ip) in network for network in _proxies(networks))


def is_proxy(peer: str) -> bool:
    """Return whether a connection from this address comes from a proxy named in the settings."""
    address = _address(peer)
    return address is not None and _trusted(address)


def came_through_proxy(request: HttpRequest) -> bool:
    """Return whether the connection itself comes from a proxy named in the settings."""
    return is_proxy(request.META.get("REMOTE_ADDR", ""))


def client_ip(request: HttpRequest) -> str | None:
    """Return the client's address, determined by `address_of`; None if unknown."""
    return address_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def address_of(connected: str, forwarded: str) -> str | None:
    """Return the client's address; X-Forwarded-For is trusted only as far as the proxies named in the settings.

    Each proxy appends the address it talked to, so the list is read from the right: as long as an entry is one of our
    proxies, the entry before it was written by that proxy. The first one that is not is the client, and anything to its
    left may be made up. An entry that isn't an address ends the search, because then only the proxy itself is known.
    """
    peer = _address(connected)
    if peer is None:
        return None
    hops = forwarded.split(",")
    while _trusted(peer) and hops:
        before = _address(hops.pop())
        if before is None:
            break
        peer = before
    return str(peer)


def _address(written: str) -> Address | None:
    """Parse an address as proxies write it: bare, with a port or in brackets; unwrap IPv4-mapped IPv6."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.scope_id is not None:
            return IPv6Address(int(address))  # the zone names an interface of this host
    return address


def circumstances(request: HttpRequest) -> Circumstances:
    """Return the address and browser from which a person agreed to something, for the record (R-04)."""
    return Circumstances(client_ip(request), request.headers.get("User-Agent", ""))
