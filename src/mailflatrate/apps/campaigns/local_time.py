"""Waves (`local_at`): at one hour in each recipient's zone, or at the hour each confirmed (`at_best_hour`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import audience_of
from mailflatrate.apps.campaigns.recipients import judged_sql, parameters_of
from mailflatrate.apps.segments.builders import named_sql
from mailflatrate.rules.contacts.audience_states import ConsentKind
from mailflatrate.rules.contacts.local_time import ATTRIBUTES, next_hours, same_hour

_ZONE = "lower(btrim(coalesce({})))".format(", ".join(f"nullif(c.attributes->>'{name}', '')" for name in ATTRIBUTES))
_ZONE_JOIN = f"""LEFT JOIN unnest(%(zones)s::text[], %(moments)s::timestamptz[]) AS wave (name, at)
        ON wave.name = replace({_ZONE}, ' ', '_')"""
# Imported times don't count: many files have days only, and their clocks are not ours.
_HOUR_JOIN = f"""LEFT JOIN consent_event proof ON proof.id = {{person}}.consent_event_id
        AND proof.account_id = %(account_id)s AND proof.kind = '{ConsentKind.CONFIRMED}' {{of_slice}}
    LEFT JOIN unnest(%(hours)s::int[], %(moments)s::timestamptz[]) AS wave (hour, at)
        ON wave.hour = extract(hour FROM proof.occurred_at AT TIME ZONE %(home)s)::int"""
MOMENT = """CASE WHEN coalesce(wave.at, %(home_at)s::timestamptz) > %(begun_at)s::timestamptz
        THEN coalesce(wave.at, %(home_at)s::timestamptz) END"""
"""A recipient's moment; NULL if it passed before the campaign began, which means immediately."""

_COUNT = f"""
SELECT {MOMENT} AS moment, count(*), count(wave.at)
FROM ({{judged}}) p JOIN contact c ON c.id = p.contact_id AND c.account_id = %(account_id)s {{join}}
WHERE p.left_out IS NULL GROUP BY 1 ORDER BY 1 NULLS FIRST
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class Wave:
    """`at` None: at once, as the hour has passed. `known`: they have a time zone or an hour at which they confirmed."""

    at: datetime | None
    people: int
    known: int


def join_of(campaign: Campaign, *, person: str, of_slice: bool = False) -> str:
    """Joins each person's moment to the contact `c` and their consent, a column of the row `person`. Parameters: those
    of `moments_of`, and `account_id`; for a slice also `after` and `up_to`, so that the ledger is read by its
    index.
    """
    if not campaign.at_best_hour:
        return _ZONE_JOIN
    only = "AND proof.contact_id > %(after)s AND proof.contact_id <= %(up_to)s" if of_slice else ""
    return _HOUR_JOIN.format(person=person, of_slice=only)


def moments_of(campaign: Campaign, local_at: datetime, begun_at: datetime) -> dict[str, Any]:
    if campaign.at_best_hour:
        begin = max(local_at, begun_at)
        hours = next_hours(begin, campaign.time_zone)
        of_hours = {"hours": list(hours), "moments": list(hours.values()), "home": campaign.time_zone}
        return {**of_hours, "home_at": begin, "begun_at": begun_at}
    table = same_hour(local_at, campaign.time_zone)
    return {"zones": list(table), "moments": list(table.values()), "home_at": local_at, "begun_at": begun_at}


def waves_of(campaign: Campaign, local_at: datetime, begun_at: datetime) -> list[Wave]:
    """Return the waves of the current audience in order of send time. Raises SegmentError."""
    not_meant, named = named_sql(*audience_of(campaign).reason_sql())
    parameters = parameters_of(campaign) | named | moments_of(campaign, local_at, begun_at)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(judged=judged_sql(not_meant), join=join_of(campaign, person="p")), parameters)
        return [Wave(*row) for row in cursor.fetchall()]
