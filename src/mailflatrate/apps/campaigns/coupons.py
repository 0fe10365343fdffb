"""Pools of coupon codes: which ones a campaign shows, how many codes they have, and which code a person has."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from django.db.models import Count, Q

from mailflatrate.apps.campaigns.models import Campaign, CouponCode, CouponPool, Edition
from mailflatrate.apps.campaigns.shared_blocks import resolved
from mailflatrate.base import tenancy

SAMPLE_CODE: Final = "SAMPLE-CODE"
_NAMED: Final = re.compile(r"\bcoupon\.([a-z][a-z0-9_]{0,39})\b")


class PoolStock(NamedTuple):
    pool: CouponPool
    codes: int
    given: int

    @property
    def free(self) -> int:
        return self.codes - self.given


@tenancy.read_once
def pool_names() -> list[tuple[str, str]]:
    return list(CouponPool.objects.order_by("key").values_list("key", "name"))


def pool_keys() -> list[str]:
    return [key for key, _name in pool_names()]


def pool_stocks(pool_id: int = 0) -> list[PoolStock]:
    pools = CouponPool.objects.filter(id=pool_id) if pool_id else CouponPool.objects.all()
    rows = CouponCode.objects.filter(pool__in=pools).values("pool_id")
    counts = {
        row["pool_id"]: (row["all"], row["given"])
        for row in rows.annotate(all=Count("id"), given=Count("id", filter=Q(given_at__isnull=False)))
    }
    return [PoolStock(pool, *counts.get(pool.id, (0, 0))) for pool in pools.order_by("-id")]


def sample_codes(keys: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(keys, SAMPLE_CODE)


def named_pools(campaign: Campaign) -> dict[str, int]:
    version = resolved(campaign)
    return pools_in(
        (
            version.subject,
            version.preheader,
            version.content,
            version.text_override,
            str(version.variants),
            str(version.translations),
        )
    )


def pools_in(texts: Iterable[str]) -> dict[str, int]:
    """Return the pools that these texts name, by key, with their IDs."""
    keys = {key for text in texts for key in _NAMED.findall(text)}
    if not keys:
        return {}
    return dict(CouponPool.objects.filter(key__in=keys).order_by("key").values_list("key", "id"))


def codes_of(contact_id: int, pools: Iterable[int]) -> dict[str, str]:
    rows = CouponCode.objects.filter(contact_id=contact_id, pool_id__in=list(pools))
    return dict(rows.values_list("pool__key", "code"))


def pools_shown(edition: Edition) -> Mapping[str, int]:
    coupons: Mapping[str, int] = edition.facts.get("coupons", {})
    return coupons
