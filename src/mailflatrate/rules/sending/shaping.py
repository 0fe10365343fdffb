"""How fast we send to each mailbox provider from one pool, in messages an hour. The numbers are starting points; its
own 421 and 4xx replies decide. Connections are limited in our Postfix (`postfix_limits`) or, for a relay of one
provider, in the engine. Other domains have no common limit.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mailflatrate.rules.sending.providers import PROVIDERS
from mailflatrate.rules.sending.relays import RelayPool

KUMOMTA = "https://github.com/KumoCorp/kumomta/blob/main/assets/policy-extras/shaping.toml"
OURS = ""
"""No public figure: a cautious number of our own."""

HOUR_SECONDS = 3600.0
PER_CONNECTION_SECOND = 2
BURST_SECONDS = 60.0
"""What may leave at once after a quiet time: as much as in this time."""
LEAST_FACTOR = 1 / 64
SLOW_SHARE, SLOW_LEAST = 0.1, 5
"""A batch with that share of deferrals, and at least that many, halves the speed."""
RECOVER_SECONDS, RECOVERY = 300.0, 1.5
"""After this long without a slow batch, the next accepted one raises the speed by this factor."""


@dataclass(frozen=True, slots=True)
class Shape:
    provider: str
    connections: int
    per_connection: int
    source: str

    @property
    def per_hour(self) -> int:
        return self.connections * PER_CONNECTION_SECOND * int(HOUR_SECONDS)


SHAPES: tuple[Shape, ...] = (
    Shape("google", 5, 50, KUMOMTA),
    Shape("microsoft", 5, 50, KUMOMTA),
    Shape("yahoo", 10, 20, KUMOMTA),
    Shape("apple", 10, 5, KUMOMTA),
    Shape("united_internet", 5, 50, OURS),
    Shape("telekom", 3, 50, OURS),
    Shape("freenet", 3, 50, OURS),
    Shape("orange", 3, 100, KUMOMTA),
    Shape("sfr", 3, 50, OURS),
    Shape("la_poste", 3, 50, OURS),
    Shape("comcast", 25, 1000, KUMOMTA),
    Shape("mail_ru", 5, 50, OURS),
)
POOL_PERCENT: dict[RelayPool, int] = {
    RelayPool.TRUSTED: 100,
    RelayPool.DEDICATED: 100,
    RelayPool.EXPRESS: 100,
    RelayPool.NEW: 25,
    RelayPool.QUARANTINE: 10,
}
"""Share of the table's messages an hour that a pool starts with."""

_BY_PROVIDER = {shape.provider: shape for shape in SHAPES}
assert set(_BY_PROVIDER) == {provider.key for provider in PROVIDERS}


def read_shaping(written: str) -> dict[str, int]:
    """`google=100000, yahoo=0`, messages an hour; 0 means unlimited. Raises ValueError that names the invalid part."""
    rates = {}
    for setting in filter(None, (part.strip() for part in written.split(","))):
        name, mark, number = (word.strip() for word in setting.partition("="))
        if name not in _BY_PROVIDER:
            raise ValueError(f"{name!r} isn't a known provider; use one of {', '.join(_BY_PROVIDER)}")
        if not mark or not number.isdecimal():
            raise ValueError(f"{setting!r}: expected PROVIDER=MESSAGES, such as google=100000")
        rates[name] = int(number)
    return rates


def per_hour(provider: str, pool: RelayPool, changed: Mapping[str, int]) -> float | None:
    shape = _BY_PROVIDER.get(provider)
    if shape is None:
        return None
    return changed.get(provider, shape.per_hour) * POOL_PERCENT[pool] / 100 or None


def refilled(tokens: float, idle_seconds: float, rate_per_hour: float) -> float:
    """At most BURST_SECONDS of its rate plus one message. Fractions are kept."""
    most = 1.0 + rate_per_hour * BURST_SECONDS / HOUR_SECONDS
    return min(most, tokens + max(0.0, idle_seconds) * rate_per_hour / HOUR_SECONDS)


def wait_seconds(tokens: float, count: int, rate_per_hour: float) -> float:
    batch = min(float(count), max(1.0, rate_per_hour * BURST_SECONDS / HOUR_SECONDS / 4))
    return max(0.0, (batch - tokens) * HOUR_SECONDS / rate_per_hour)


def next_factor(factor: float, answered: int, deferred: int, seconds_since: float) -> float:
    """Return the speed after a batch: halved by deferrals, increased again after some time without any."""
    if deferred >= max(SLOW_LEAST, SLOW_SHARE * answered):
        return max(LEAST_FACTOR, factor / 2)
    if factor < 1.0 and answered > deferred and seconds_since >= RECOVER_SECONDS:
        return min(1.0, factor * RECOVERY)
    return factor


def recovery_seconds(factor: float) -> float:
    """Return the least time until a slowed provider is back at full speed."""
    steps = math.ceil(math.log(1 / factor) / math.log(RECOVERY) - 1e-9) if factor < 1 else 0
    return max(0, steps) * RECOVER_SECONDS
