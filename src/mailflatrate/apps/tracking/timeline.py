"""Clicks by people over the hours since a campaign began: counts only, never of one person."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from django.db import connection

from mailflatrate.base import tenancy

HOURS = 48
"""The first two days: few campaigns are clicked later."""

_BY_HOUR = """
SELECT k.campaign_id, floor(extract(epoch FROM k.at - c.started_at) / 3600)::int AS hour, count(*)
FROM click k JOIN campaign c ON c.id = k.campaign_id AND c.account_id = k.account_id
WHERE k.account_id = %s AND k.campaign_id = ANY(%s::bigint[]) AND NOT k.machine
  AND k.at >= c.started_at AND k.at < c.started_at + %s * interval '1 hour'
GROUP BY 1, 2
"""


@tenancy.needs_account
def clicks_by_hour(campaign_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the clicks by people in each of the first HOURS hours of each campaign that has any.

    Clicks whose rows were deleted by retention (R-95) have no hour any longer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, [tenancy.current_account_id(), list(campaign_ids), HOURS])
        found: dict[int, list[int]] = defaultdict(lambda: [0] * HOURS)
        for campaign_id, hour, number in cursor.fetchall():
            found[campaign_id][hour] = number
    return dict(found)


def median_by_hour(series: Sequence[Sequence[int]]) -> list[float]:
    """Return the median of each hour over some campaigns; empty without any."""
    return [median(hour) for hour in zip(*series, strict=True)]
