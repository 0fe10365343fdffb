"""Unknown results of a campaign, for the customer, and of the installation, for the operator (ADR 0002)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Sum

from mailflatrate.apps.delivery.models import DeliveryState, LostClaim, Tally
from mailflatrate.apps.delivery.queries import unsent_after_end
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

_ALL = "SELECT count(DISTINCT campaign_id), coalesce(sum(count), 0) FROM tally WHERE state = 'in_doubt' AND count > 0"
# A journal is named after its host, up to the first dot, and its process.
_OPEN = """
SELECT split_part(claimed_by, '.', 1), count(DISTINCT campaign_id), sum(cardinality(deliveries)), min(lost_at)
FROM lost_claim WHERE settled_at IS NULL GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class UnknownResults:
    """`unsent`: recipients of a finished campaign who certainly did not get it, as a late journal proved."""

    total: int
    awaited: int
    unsent: int

    @property
    def final(self) -> int:
        """No missing journal could settle them."""
        return max(0, self.total - self.awaited)


@dataclass(frozen=True, slots=True)
class MissingHost:
    name: str
    campaigns: int
    results: int
    since: datetime


@dataclass(frozen=True, slots=True)
class AllUnknown:
    campaigns: int
    results: int
    hosts: list[MissingHost]

    @property
    def awaited(self) -> int:
        return sum(host.results for host in self.hosts)


def unknown_results(campaign_id: int) -> UnknownResults:
    tally = Tally.objects.filter(campaign_id=campaign_id, state=DeliveryState.IN_DOUBT)
    total = tally.aggregate(n=Sum("count"))["n"] or 0
    missing = LostClaim.objects.filter(campaign_id=campaign_id, settled_at=None)
    awaited = sum(len(deliveries) for deliveries in missing.values_list("deliveries", flat=True)) if total else 0
    return UnknownResults(total, min(awaited, total), unsent_after_end(campaign_id))


def all_unknown() -> AllUnknown:
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_ALL)
        campaigns, results = cursor.fetchone()
        cursor.execute(_OPEN)
        hosts = [MissingHost(*row) for row in cursor.fetchall()]
    return AllUnknown(campaigns, results, hosts)
