"""Whether a click is a person's or a program's (R-110): by network, clicks on all links at once, timing. User agents
prove nothing, because scanners claim to be browsers. No rule here knows who clicked.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

SHIPPED = Path(__file__).with_name("data_centres.txt")

TOO_SOON = timedelta(seconds=30)
"""A click this soon after the delivery is a scanner's, not a reader's."""
BURST = timedelta(seconds=5)
"""Links this close to each other were followed at once."""
BURST_OF_TWO = timedelta(seconds=1)
"""The same in a campaign with two links, which a quick reader opens one after the other."""
MOST_NEEDED = 5
"""If one visitor follows all links of a campaign at once, or this many of them, it is a program."""


class Networks:
    def __init__(self, networks: Iterable[IPv4Network | IPv6Network]) -> None:
        ranges = sorted(
            (network.version, int(network.network_address), int(network.broadcast_address)) for network in networks
        )
        self._starts = [(version, first) for version, first, _last in ranges]
        # The furthest end so far, because one network may lie within another.
        self._ends: list[tuple[int, int]] = []
        for version, _first, last in ranges:
            before = self._ends[-1] if self._ends else (0, 0)
            self._ends.append(max(before, (version, last)))

    def __len__(self) -> int:
        return len(self._starts)

    def __contains__(self, written: object) -> bool:
        try:
            address = ip_address(str(written))
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        place = bisect_right(self._starts, (address.version, int(address))) - 1
        return place >= 0 and self._ends[place] >= (address.version, int(address))


def read_networks(text: str) -> Networks:
    """Read a shipped list: networks separated by white space, comments after "#". Raises ValueError if invalid."""
    words = [word for line in text.splitlines() for word in line.partition("#")[0].split()]
    return Networks(ip_network(word) for word in words)


@cache
def networks_in(path: Path) -> Networks:
    return read_networks(path.read_text())


def is_mostly_fresh(fresh: int, sent: int) -> bool:
    """Return whether most messages were sent within `TOO_SOON`, so that an anonymous click came too soon as well."""
    return sent > 0 and 2 * fresh > sent
