"""The relays as desk and command line show them, with the health that senders report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum

from mailflatrate.apps.delivery.relays import warm_up_limits
from mailflatrate.apps.delivery.relays.tables import Bucket, PoolChoice, Relay, RelayReport, StateChoice
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.sending.providers import provider_name
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.rules.sending.shaping import SHAPES, Shape, per_hour, recovery_seconds
from mailflatrate.rules.sending.warm_up import WarmUpDay, quota
from mailflatrate.settings.schema import Settings

REPORT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RelayHealth:
    """`problem` is empty if the relay works, or has not been used yet."""

    senders: int = 0
    connections: int = 0
    accepted: int = 0
    deferred: int = 0
    refused: int = 0
    problem: str = ""
    failing_since: datetime | None = None

    @property
    def is_used(self) -> bool:
        """Until a sender has used it since starting, it is unknown whether it takes mail."""
        return bool(self.connections or self.accepted or self.deferred or self.refused)


@dataclass(frozen=True, slots=True)
class RelayRow:
    """`is_last`: no other relay of its pool takes messages."""

    relay: Relay
    health: RelayHealth
    is_last: bool
    warm: WarmUpDay | None

    @property
    def warm_step(self) -> int:
        return self.warm.step + 1 if self.warm else 0

    @property
    def warm_quota(self) -> int:
        return quota(self.warm.step) if self.warm else 0


@tenancy.needs_platform
def relay_rows() -> list[RelayRow]:
    relays = list(Relay.objects.select_related("account").order_by("pool", "account_id", "name"))
    health = _health()
    warm = warm_up_limits.warming(warm_up_limits.relay_key(relay.id) for relay in relays)
    active = [(relay.pool, relay.account_id) for relay in relays if relay.state == StateChoice.ACTIVE]
    return [
        RelayRow(
            relay,
            health.get(relay.id, RelayHealth()),
            relay.state == StateChoice.ACTIVE and active.count((relay.pool, relay.account_id)) == 1,
            warm.get(warm_up_limits.relay_key(relay.id)),
        )
        for relay in relays
    ]


@tenancy.needs_platform
def stays_on_this_host(settings: Settings) -> bool:
    return settings.relay_host is None and not Relay.objects.exists()


def closed_pools(rows: list[RelayRow]) -> list[str]:
    """Pools that are set up without a relay that takes messages: their mail waits."""
    by_pool: dict[str, list[Relay]] = {}
    for row in rows:
        label = str(row.relay.get_pool_display())
        key = f"{label}: {row.relay.account}" if row.relay.pool == RelayPool.DEDICATED else label
        by_pool.setdefault(key, []).append(row.relay)
    return [key for key, relays in by_pool.items() if all(relay.state != StateChoice.ACTIVE for relay in relays)]


@dataclass(frozen=True, slots=True)
class PoolSpeed:
    """Messages an hour to one provider: the limit, and the speed after deferrals until it is back to full."""

    pool: RelayPool
    per_hour: int | None
    percent: int
    since: datetime | None = None
    until: datetime | None = None

    @property
    def label(self) -> str:
        return str(PoolChoice(self.pool.value).label)


@dataclass(frozen=True, slots=True)
class ShapingRow:
    shape: Shape
    name: str
    speeds: list[PoolSpeed]
    slowed: list[PoolSpeed]


SHOWN_POOLS = (RelayPool.TRUSTED, RelayPool.NEW, RelayPool.QUARANTINE)


@tenancy.needs_platform
def shaping_rows(changed: Mapping[str, int], language: str) -> list[ShapingRow]:
    slow = list(Bucket.objects.filter(factor__lt=1.0).order_by("factor"))
    rows = []
    for shape in SHAPES:
        speeds = []
        for pool in RelayPool:
            limit = per_hour(shape.provider, pool, changed)
            bucket = next((row for row in slow if _is_of(row.key, pool, shape.provider)), None)
            speeds.append(_speed(pool, limit, bucket))
        visible = [speed for speed in speeds if speed.pool in SHOWN_POOLS]
        slowed = [speed for speed in speeds if speed.percent < 100]
        rows.append(ShapingRow(shape, provider_name(shape.provider, language), visible, slowed))
    return rows


def _speed(pool: RelayPool, limit: float | None, bucket: Bucket | None) -> PoolSpeed:
    if bucket is None:
        return PoolSpeed(pool, round(limit) if limit else None, 100)
    until = bucket.changed_at + timedelta(seconds=recovery_seconds(bucket.factor))
    number = round(limit * bucket.factor) if limit else None
    return PoolSpeed(pool, number, round(bucket.factor * 100), bucket.changed_at, until)


def _is_of(key: str, pool: RelayPool, provider: str) -> bool:
    """The pool may be any account's."""
    place, _, name = key.partition("/")
    return name == provider and place.partition(":")[0] == pool.value


def _health() -> dict[int, RelayHealth]:
    fresh = RelayReport.objects.filter(at__gt=clock.now() - timedelta(seconds=REPORT_SECONDS))
    sums = fresh.values("relay_id").annotate(
        senders=Count("id"),
        open=Sum("connections"),
        took=Sum("accepted"),
        put_off=Sum("deferred"),
        no=Sum("refused"),
        since=Min("failing_since"),
    )
    problems = dict(fresh.exclude(problem="").order_by("at").values_list("relay_id", "problem"))
    return {
        row["relay_id"]: RelayHealth(
            row["senders"],
            row["open"],
            row["took"],
            row["put_off"],
            row["no"],
            problems.get(row["relay_id"], ""),
            row["since"],
        )
        for row in sums
    }


@tenancy.needs_platform
def mail_leaves_machine(settings: Settings) -> bool:
    return (
        settings.relay_host is not None
        or Relay.objects.filter(pool__in=(RelayPool.EXPRESS, RelayPool.TRUSTED)).exists()
    )
