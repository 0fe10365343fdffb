"""The conversions and the revenue of campaigns: few rows at any size, counted by `conversions.py`."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.tracking.models import ConversionDay, ConversionSource
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.money import CURRENCIES, Money

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ConversionCounts:
    """`revenue`: each currency once, refunds subtracted; amounts of different currencies are never added."""

    by_click: int = 0
    by_coupon: int = 0
    refunds: int = 0
    revenue: tuple[Money, ...] = ()

    @property
    def conversions(self) -> int:
        return self.by_click + self.by_coupon


NO_CONVERSIONS = ConversionCounts()


@dataclass(frozen=True, slots=True)
class CampaignConversions:
    total: ConversionCounts = NO_CONVERSIONS
    by_variant: Mapping[int, ConversionCounts] = field(default_factory=dict)
    by_day: Mapping[int, ConversionCounts] = field(default_factory=dict)


@tenancy.needs_account
def conversions_by_campaign(campaign_ids: Sequence[int]) -> dict[int, ConversionCounts]:
    rows = ConversionDay.objects.filter(campaign_id__in=list(campaign_ids))
    counts = _summed(rows, lambda row: row.campaign_id)
    return {campaign_id: counts.get(campaign_id, NO_CONVERSIONS) for campaign_id in campaign_ids}


@tenancy.needs_account
def conversions_together(campaign_ids: Sequence[int]) -> ConversionCounts:
    rows = ConversionDay.objects.filter(campaign_id__in=list(campaign_ids))
    return _summed(rows, lambda _row: 0).get(0, NO_CONVERSIONS)


@tenancy.needs_account
def campaign_conversions(campaign_id: int) -> CampaignConversions:
    rows = list(ConversionDay.objects.filter(campaign_id=campaign_id))
    variants = dict(Edition.objects.filter(campaign_id=campaign_id).values_list("id", "variant"))
    return CampaignConversions(
        _summed(rows, lambda _row: 0).get(0, NO_CONVERSIONS),
        _summed(rows, lambda row: variants.get(row.edition_id, 0)),
        _summed(rows, lambda row: row.day),
    )


def _summed(rows: Iterable[ConversionDay], key: Callable[[ConversionDay], K]) -> dict[K, ConversionCounts]:
    counts: dict[K, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    revenue: dict[K, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        counts[key(row)][row.source] += row.conversions
        counts[key(row)]["refunds"] += row.refunds
        if row.currency:
            revenue[key(row)][row.currency] += row.amount
    return {
        group: ConversionCounts(
            number[ConversionSource.CLICK], number[ConversionSource.COUPON], number["refunds"], _money(revenue[group])
        )
        for group, number in counts.items()
    }


def _money(amounts: Mapping[str, Decimal]) -> tuple[Money, ...]:
    """Return the amounts in their currencies' decimals, the largest number first."""
    sums = [
        Money(code, amount.quantize(Decimal(1).scaleb(-CURRENCIES.get(code, 2)))) for code, amount in amounts.items()
    ]
    return tuple(sorted(sums, key=lambda money: (-money.amount, money.currency)))
