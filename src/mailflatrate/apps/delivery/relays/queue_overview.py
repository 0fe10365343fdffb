"""The queues of followed relays, by provider, and their followers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum

from mailflatrate.apps.delivery.relays.queue_tables import LogFollower, RelayCount, RelayDeferral
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.sending.providers import provider_name

BEHIND = timedelta(minutes=10)
SHOWN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ProviderQueue:
    name: str
    waiting: int
    since: datetime | None
    delivered: int
    deferred: int
    bounced: int


@dataclass(frozen=True, slots=True)
class FollowerRow:
    """`gaps`: periods for which log lines may be missing."""

    name: str
    relay: str
    caught_up_at: datetime
    is_behind: bool
    gaps: int


@tenancy.needs_platform
def provider_queues(language: str) -> list[ProviderQueue]:
    since = clock.now() - SHOWN
    counted = RelayCount.objects.filter(hour__gte=since).values_list("provider", "result").annotate(n=Sum("count"))
    counts = {(provider, result): number for provider, result, number in counted}
    queued = RelayDeferral.objects.values("provider").annotate(n=Count("delivery_id"), first=Min("since"))
    waiting = {row["provider"]: (row["n"], row["first"]) for row in queued}
    rows = [
        ProviderQueue(
            provider_name(provider, language),
            *waiting.get(provider, (0, None)),
            counts.get((provider, "sent"), 0),
            counts.get((provider, "deferred"), 0),
            counts.get((provider, "bounced"), 0) + counts.get((provider, "expired"), 0),
        )
        for provider in {*waiting, *(provider for provider, _result in counts)}
    ]
    return sorted(rows, key=lambda row: (-row.waiting, -row.delivered, row.name))


@tenancy.needs_platform
def followers() -> list[FollowerRow]:
    before = clock.now() - BEHIND
    return [
        FollowerRow(row.name, row.relay, row.caught_up_at, row.caught_up_at < before, row.gaps)
        for row in LogFollower.objects.order_by("name")
    ]
