"""Clicks of a campaign."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.tracking.click_hours import COUNTED
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import tenancy


@dataclass(frozen=True, slots=True)
class LinkClickInfo:
    """The clicks on a link, by people and by machines."""

    number: int
    url: str
    people: int
    machines: int


def _counted(select: str, campaign_ids: Sequence[int], **more: Any) -> list[tuple[int, ...]]:
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "campaign_ids": list(campaign_ids),
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {COUNTED} {select}", parameters)
        return list(cursor.fetchall())


_BY_LINK = """
SELECT edition_id, link_number, sum(people)::bigint, sum(machines)::bigint FROM counted GROUP BY 1, 2
"""
_BY_CAMPAIGN = "SELECT campaign_id, sum(people)::bigint FROM counted GROUP BY 1"
_BY_EDITION = "SELECT edition_id, sum(people)::bigint FROM counted GROUP BY 1 HAVING sum(people) > 0"


@tenancy.needs_account
def clicks_of(edition: Edition) -> list[LinkClickInfo]:
    counts = {
        number: (people, machines)
        for edition_id, number, people, machines in _counted(_BY_LINK, [edition.campaign_id])
        if edition_id == edition.id
    }
    return links_of(edition, counts)


def links_of(edition: Edition, counts: Mapping[int, tuple[int, int]]) -> list[LinkClickInfo]:
    return [LinkClickInfo(link["number"], link["url"], *counts.get(link["number"], (0, 0))) for link in edition.links]


def clicked_urls(rows: Iterable[Click]) -> dict[tuple[int, int], str]:
    editions = Edition.objects.filter(id__in={row.edition_id for row in rows}).only("links")
    return {(edition.id, link["number"]): link["url"] for edition in editions for link in edition.links}


@tenancy.needs_account
def clicks_by_campaign(campaign_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of clicks by people for each campaign, including older clicks whose rows were deleted."""
    return dict.fromkeys(campaign_ids, 0) | {row[0]: row[1] for row in _counted(_BY_CAMPAIGN, campaign_ids)}


_BY_WEEKDAY = """
SELECT extract(isodow FROM at AT TIME ZONE %(time_zone)s)::int - 1,
    extract(hour FROM at AT TIME ZONE %(time_zone)s)::int, sum(people)::bigint
FROM counted WHERE at IS NOT NULL GROUP BY 1, 2
"""


@tenancy.needs_account
def clicks_by_weekday(campaign_ids: Sequence[int], time_zone: str) -> list[list[int]]:
    """Return the clicks by people for each day of the week (Monday first) and each hour of the day in a time zone."""
    hours = [[0] * 24 for _day in range(7)]
    for day, hour, people in _counted(_BY_WEEKDAY, campaign_ids, time_zone=time_zone):
        hours[day][hour] = people
    return hours


@tenancy.needs_account
def clicks_by_variant(campaign_id: int) -> dict[int, int]:
    variants = dict(Edition.objects.filter(campaign_id=campaign_id).values_list("id", "variant"))
    counted: dict[int, int] = {}
    for edition_id, number in _counted(_BY_EDITION, [campaign_id]):
        variant = variants.get(edition_id, 0)
        counted[variant] = counted.get(variant, 0) + number
    return counted
