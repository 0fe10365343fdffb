"""Who is on the other end of a request."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from mailflatrate.apps.accounts.actions import Circumstances

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@cache
def _proxies(written: str) -> tuple[Network, ...]:
    """The networks of a comma-separated setting; the schema has refused whatever is none."""
    return tuple(ip_network(each.strip(), strict=False) for each in written.split(",") if each.strip())


def _trusted(address: Address) -> bool:
    return any(address in network for network in _proxies(settings.SETTINGS.trusted_proxies))


def is_in(networks: str, ip: str | None) -> bool:
    """Whether an address lies in one of the networks of a comma-separated setting."""
    return ip is not None and any(ip_address(ip) in network for network in _proxies(networks))


def is_proxy(peer: str) -> bool:
    """Whether a connection from this address comes from a proxy that the settings name."""
    address = _address(peer)
    return address is not None and _trusted(address)


def came_through_proxy(request: HttpRequest) -> bool:
    """Whether the connection itself comes from a proxy that the settings name."""
    return is_proxy(request.META.get("REMOTE_ADDR", ""))


def client_ip(request: HttpRequest) -> str | None:
    """The address of the client, as `address_of` finds it."""
    return address_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def address_of(connected: str, forwarded: str) -> str | None:
    """Return the client's address; X-Forwarded-For is trusted only as far as the proxies named in the settings.

    Each proxy appends the address it talked to, so the list is read from the right: as long as an entry is one of
    our proxies, the one before it was written by that proxy. The first that is not is the client, and anything to
    its left may be made up. An entry that is no address ends the walk: then the proxy itself is all that is known.
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
    """An address as proxies write it: bare, with a port, in brackets; IPv4 within IPv6 as what it is."""
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
    """Return where a person agreed to something from, for the record (R-04)."""
    return Circumstances(client_ip(request), request.headers.get("User-Agent", ""))
