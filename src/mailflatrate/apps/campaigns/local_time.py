"""Sending at the same hour in each recipient's time zone: the send time of each recipient, and how many share one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import audience_of
from mailflatrate.apps.lists.queries import UNSUPPRESSED, on_a_list
from mailflatrate.apps.lists.segments import named_sql
from mailflatrate.base import tenancy
from mailflatrate.rules.local_time import ATTRIBUTES, same_hour

_ZONE = "lower(btrim(coalesce({})))".format(", ".join(f"nullif(c.attributes->>'{name}', '')" for name in ATTRIBUTES))
JOIN = f"""LEFT JOIN unnest(%(zones)s::text[], %(moments)s::timestamptz[]) AS zone (name, at)
        ON zone.name = replace({_ZONE}, ' ', '_')"""
"""Joins the moment of each person's zone to the contact table `c`; the parameters are those of `moments_of`."""
MOMENT = """CASE WHEN coalesce(zone.at, %(home_at)s::timestamptz) > %(begun_at)s::timestamptz
        THEN coalesce(zone.at, %(home_at)s::timestamptz) END"""
"""A recipient's moment; NULL if it passed before the campaign began, which means immediately."""

_COUNT = f"""
SELECT {MOMENT} AS moment, count(*), count(zone.at)
FROM contact c {JOIN}
WHERE c.account_id = %(account_id)s AND {UNSUPPRESSED}
  AND {on_a_list("%(list_ids)s")} AND {{members}}
GROUP BY 1 ORDER BY 1 NULLS FIRST
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class Wave:
    """The recipients of one send time. `at` None: send at once, because the hour has passed in their zone.

    `known`: they have a time zone.
    """

    at: datetime | None
    people: int
    known: int


def moments_of(campaign: Campaign, local_at: datetime, begun_at: datetime) -> dict[str, Any]:
    """Return the parameters of `JOIN` and `MOMENT` for a campaign that begins at `begun_at`."""
    table = same_hour(local_at, campaign.time_zone)
    return {"zones": list(table), "moments": list(table.values()), "home_at": local_at, "begun_at": begun_at}


def waves_of(campaign: Campaign, local_at: datetime, begun_at: datetime) -> list[Wave]:
    """Return the waves of the current audience in order of send time. Raises SegmentError."""
    members, named = named_sql(*audience_of(campaign).members_sql())
    parameters = {
        "account_id": tenancy.current_account_id(),
        "list_ids": campaign.list_ids,
        **named,
        **moments_of(campaign, local_at, begun_at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(members=members), parameters)
        return [Wave(*row) for row in cursor.fetchall()]
