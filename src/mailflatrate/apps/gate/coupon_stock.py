"""Whether the coupons that a campaign shows have enough codes for its audience (R-52)."""

from django.db import connection

from mailflatrate.apps.campaigns.content.samples import audience_sql
from mailflatrate.apps.campaigns.coupons import named_pools, pool_stocks
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.rules.facts import CouponFacts


def coupon_facts(campaign: Campaign, recipients: int) -> tuple[CouponFacts, ...]:
    """People who have a code of the pool need none. A message of an automation needs one to begin with."""
    found = []
    for pool_id in named_pools(campaign).values():
        (stock,) = pool_stocks(pool_id)
        needed = 1 if campaign.automation_id is not None else recipients
        if stock.given and needed > stock.free:
            needed -= _holders(campaign, pool_id)
        found.append(CouponFacts(stock.pool.name, free=stock.free, needed=max(0, needed)))
    return tuple(found)


def _holders(campaign: Campaign, pool_id: int) -> int:
    where, values = audience_sql(campaign)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM contact c JOIN coupon_code g ON g.account_id = c.account_id"  # noqa: S608  constants
            f" AND g.contact_id = c.id AND g.pool_id = %s WHERE {where}",
            [pool_id, *values],
        )
        return int(cursor.fetchone()[0])
