"""Limits of messages an hour, by relay and by provider and pool, shared by all senders. A chunk takes its allowance
from the database's buckets and returns what it didn't use with its results, which change the provider's speed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.planning.warm_up import keys_of
from mailflatrate.apps.delivery.relays.relay_cache import PoolKey, RelaySpec
from mailflatrate.apps.delivery.relays.tables import Bucket
from mailflatrate.apps.delivery.relays.warm_up_limits import WarmUpGrant, WarmUpReturn, relay_key, take, tell
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.providers import OTHER
from mailflatrate.rules.sending.relays import RelayState
from mailflatrate.rules.sending.shaping import next_factor, per_hour, refilled, wait_seconds
from mailflatrate.settings.schema import Settings

ANSWERED = (DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.BOUNCED, DeliveryState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Messages by limited provider, and by relay (`caps`). `most`: None if one relay has no limit; no more than a new
    sender domain may send today. `warm_ups`: what was taken out of each. `pause_seconds`: how long the rest waits.
    """

    providers: dict[str, int] = field(default_factory=dict)
    caps: dict[int, int] = field(default_factory=dict)
    most: int | None = None
    pause_seconds: float = 0.0
    warm_ups: dict[str, int] = field(default_factory=dict)

    @property
    def is_limited(self) -> bool:
        return bool(self.providers or self.caps or self.warm_ups)

    def allowed(self, providers: Sequence[str]) -> list[int]:
        left, positions = dict(self.providers), list[int]()
        for position, provider in enumerate(providers):
            if self.most is not None and len(positions) >= self.most:
                break
            if provider in left:
                if left[provider] <= 0:
                    continue
                left[provider] -= 1
            positions.append(position)
        return positions


UNLIMITED = Allowance()


@dataclass(frozen=True, slots=True)
class AllowanceRequest:
    """`campaign_id` None: transactional mail, exempt from warm-ups."""

    account_id: int
    campaign_id: int | None
    wanted: Mapping[str, int]


def ask_for(settings: Settings, pool: PoolKey, sought: AllowanceRequest, relays: Sequence[RelaySpec]) -> Allowance:
    """Without relays in the table, only a new sender domain limits it."""
    domains: list[str] = []
    if settings.warm_up_domains and sought.campaign_id is not None:
        with tenancy.account(sought.account_id):
            domains = keys_of(sought.campaign_id)
    warms = sought.campaign_id is not None
    return ask(settings, pool, sought.wanted, relays, domains, warms=warms, shapes=bool(relays))


def ask(
    settings: Settings, pool: PoolKey, counts: Mapping[str, int], relays: Sequence[RelaySpec],
    domains: Sequence[str] = (), *, warms: bool = True, shapes: bool = True,
) -> Allowance:  # fmt: skip
    rates = _provider_rates(settings, pool, counts) if shapes else {}
    total, taking = sum(counts.values()), [relay for relay in relays if relay.state is RelayState.ACTIVE]
    warm = WarmUpGrant({}, 0.0)
    if warms:
        with tenancy.platform(PlatformReason.RELAYS):
            warm = take([*(relay_key(relay.number) for relay in taking), *domains], total)
    limited = {relay.number: float(relay.per_hour) for relay in taking if relay.per_hour}
    if not rates and not limited and not warm.granted:
        return UNLIMITED
    today = {
        relay.number: warm.granted[relay_key(relay.number)]
        for relay in taking
        if relay_key(relay.number) in warm.granted
    }
    keys = {_key(pool, provider): (rate, counts[provider]) for provider, rate in rates.items()}
    keys |= {f"relay:{number}": (rate, today.get(number, total)) for number, rate in limited.items()}
    granted, waits = _take(keys)
    caps = today | {number: granted[f"relay:{number}"] for number in limited}
    providers = {provider: granted[_key(pool, provider)] for provider in rates}
    most = sum(caps.values()) if caps and len(caps) == len(taking) else None
    ours = [warm.granted[key] for key in domains if key in warm.granted]
    if ours:
        most = min([*ours, *([] if most is None else [most])])
    pause = max([*waits, *([] if most is None else [warm.pause_seconds])], default=0.0)
    return Allowance(providers, caps, most, pause, _given_back(warm, caps))


def _given_back(warm: WarmUpGrant, caps: Mapping[int, int]) -> dict[str, int]:
    """What stays taken from each when a relay's hourly limit is below its daily one."""
    kept = {relay_key(number): cap for number, cap in caps.items() if relay_key(number) in warm.granted}
    excess = {key: WarmUpReturn(unused=warm.granted[key] - cap) for key, cap in kept.items() if cap < warm.granted[key]}
    if excess:
        with tenancy.platform(PlatformReason.RELAYS):
            tell(excess)
    return {**warm.granted, **kept}


def settle(
    pool: PoolKey, allowance: Allowance, results: Mapping[tuple[str, str], int], caps_left: Mapping[int, int]
) -> None:
    answered: Counter[str] = Counter()
    deferred: Counter[str] = Counter()
    for (provider, state), count in results.items():
        if state in ANSWERED:
            answered[provider] += count
        if state == DeliveryState.DEFERRED:
            deferred[provider] += count
    back = {_key(pool, name): most - answered[name] for name, most in allowance.providers.items()}
    back |= {f"relay:{number}": caps_left.get(number, 0) for number in allowance.caps}
    seen = {_key(pool, name): (answered[name], deferred[name]) for name in allowance.providers}
    now = clock.now()
    with tenancy.platform(PlatformReason.RELAYS):
        rows = list(Bucket.objects.select_for_update().filter(key__in=back).order_by("key"))
        for row in rows:
            row.tokens += max(0, back[row.key])
            if row.key in seen:
                _change_factor(row, *seen[row.key], now)
        Bucket.objects.bulk_update(rows, ["tokens", "factor", "changed_at"])
        tell(_of_today(allowance, answered.total(), deferred, caps_left))


def _of_today(
    allowance: Allowance, answered: int, deferred: Mapping[str, int], caps_left: Mapping[int, int]
) -> dict[str, WarmUpReturn]:
    """A relay's share of the deferrals is that of its messages. Any customer may run a server that defers its own
    mail: only providers that no customer runs count against a shared relay, all against the customer's own domain.
    """
    everywhere = sum(deferred.values())
    at_providers = everywhere - deferred.get(OTHER, 0)
    relays = {relay_key(number) for number in allowance.caps}
    unused = {relay_key(number): left for number, left in caps_left.items()}
    returns = {}
    for key, taken in allowance.warm_ups.items():
        back = min(taken, unused.get(key, taken - answered))
        used = max(0, taken - back)
        put_off = at_providers if key in relays else everywhere
        returns[key] = WarmUpReturn(max(0, back), used, round(put_off * used / answered) if answered else 0)
    return returns


@tenancy.needs_platform
def note_results(pool: PoolKey, results: Mapping[str, tuple[int, int]]) -> None:
    now = clock.now()
    keys = {_key(pool, provider): numbers for provider, numbers in results.items()}
    rows = list(Bucket.objects.select_for_update().filter(key__in=keys).order_by("key"))
    for row in rows:
        _change_factor(row, *keys[row.key], now)
    Bucket.objects.bulk_update(rows, ["factor", "changed_at"])


def _change_factor(row: Bucket, answered: int, deferred: int, now: datetime) -> None:
    factor = next_factor(row.factor, answered, deferred, (now - row.changed_at).total_seconds())
    if factor != row.factor:
        row.factor, row.changed_at = factor, now


def _provider_rates(settings: Settings, pool: PoolKey, counts: Mapping[str, int]) -> dict[str, float]:
    changed = settings.shaping_numbers
    rates = {provider: per_hour(provider, pool.pool, changed) for provider in counts}
    return {provider: rate for provider, rate in rates.items() if rate is not None}


def _key(pool: PoolKey, provider: str) -> str:
    return f"{pool}/{provider}"


def _take(requests: Mapping[str, tuple[float, int]]) -> tuple[dict[str, int], list[float]]:
    """How many may go, by key, and how long each one cut short has to wait."""
    now = clock.now()
    granted, waits = {}, []
    with tenancy.platform(PlatformReason.RELAYS):
        fresh = [Bucket(key=key, tokens=1.0, filled_at=now, changed_at=now, factor=1.0) for key in requests]
        Bucket.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = list(Bucket.objects.select_for_update().filter(key__in=requests).order_by("key"))
        for row in rows:
            rate, count = requests[row.key]
            rate *= row.factor
            _fill(row, rate, now)
            granted[row.key] = min(count, int(max(0.0, row.tokens)))
            row.tokens -= granted[row.key]
            if granted[row.key] < count:
                waits.append(wait_seconds(row.tokens, count - granted[row.key], rate))
        Bucket.objects.bulk_update(rows, ["tokens", "filled_at"])
    return granted, waits


def _fill(row: Bucket, rate_per_hour: float, now: datetime) -> None:
    """Host clocks differ: time that was counted once is not counted again."""
    row.tokens = refilled(row.tokens, (now - row.filled_at).total_seconds(), rate_per_hour)
    row.filled_at = max(row.filled_at, now)
