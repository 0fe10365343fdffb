"""Checks that a URL from outside leads only to the public internet, without redirects to any other address."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

PORTS: Final = frozenset({80, 443})
# Python counts some of these as global, but they are translated, tunneled or otherwise led on: 64:ff9b::7f00:1 is
# 127.0.0.1 behind a NAT64. Of IPv6 only 2000::/3 is handed out at all, which leaves out NAT64, site-local, multicast,
# mapped and compatible addresses.
_HANDED_OUT: Final = ip_network("2000::/3")
_DETOURS: Final = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID and other protocols (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "192.0.0.0/24",  # protocols
        "2620:4f:8000::/48",  # AS112 (RFC 7535)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "224.0.0.0/4",  # multicast
    )
)


def is_public(text: str) -> bool:
    """Return whether a text is the IP address of a single host on the public internet. False if it isn't an address."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address not in _HANDED_OUT or address.scope_id is not None):
        return False
    return address.is_global and not any(
        address in network for network in _DETOURS if network.version == address.version
    )
