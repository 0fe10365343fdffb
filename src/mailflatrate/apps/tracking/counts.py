"""The clicks of some campaigns in one read, for a report that shows them by campaign, link and time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection

from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.tracking.click_hours import COUNTED
from mailflatrate.apps.tracking.queries import LinkClickInfo, links_of
from mailflatrate.base import tenancy

HOURS = 48
"""The first two days: few campaigns are clicked later."""
# How long each step is, by the campaign's age: an hour says nothing about the first one.
_STEPS = ((timedelta(hours=1), 60), (timedelta(hours=4), 300))
HOUR_SECONDS = 3600


def step_seconds(age: timedelta) -> int:
    return next((step for until, step in _STEPS if age < until), HOUR_SECONDS)


def steps_shown(age: timedelta) -> int:
    """Return how many steps have begun at this age, of the first two days; at least two, which make a line."""
    step = step_seconds(age)
    return max(2, min(HOURS * HOUR_SECONDS // step, int(age.total_seconds() // step) + 1))


def median_by_step(series: Sequence[Sequence[int]]) -> list[float]:
    return [median(step) for step in zip(*series, strict=True)]


def evenly(hours: Sequence[float], step: int, steps: int) -> list[float]:
    per_hour = HOUR_SECONDS // step
    return [hours[at // per_hour] / per_hour for at in range(steps)] if hours else []


_COUNTS = f"""
WITH {COUNTED}
SELECT k.campaign_id, k.edition_id, k.link_number,
    CASE WHEN k.at >= c.started_at AND k.at < c.started_at + %(steps)s * %(step)s * interval '1 second'
        THEN floor(extract(epoch FROM k.at - c.started_at) / %(step)s)::int END,
    sum(k.people)::bigint, sum(k.machines)::bigint
FROM counted k JOIN campaign c ON c.id = k.campaign_id AND c.account_id = %(account_id)s
GROUP BY 1, 2, 3, 4
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class ClickCount:
    """Clicks on a link of an edition in one step of its campaign's timeline; `step` None: before or after it."""

    campaign_id: int
    edition_id: int
    link_number: int
    step: int | None
    people: int
    machines: int


@dataclass(frozen=True, slots=True)
class ClickCounts:
    steps: int
    rows: Sequence[ClickCount]

    def people(self, campaign_id: int) -> int:
        return sum(row.people for row in self.rows if row.campaign_id == campaign_id)

    def timeline(self, campaign_id: int) -> list[int]:
        totals = [0] * self.steps
        for row in self.rows:
            if row.campaign_id == campaign_id and row.step is not None:
                totals[row.step] += row.people
        return totals

    def links(self, campaign_id: int) -> list[LinkClickInfo]:
        """Return clicks by target over all variants, the most clicked first; `number` is its first link's."""
        counted: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
        for row in self.rows:
            if row.campaign_id == campaign_id:
                people, machines = counted[row.edition_id].get(row.link_number, (0, 0))
                counted[row.edition_id][row.link_number] = (people + row.people, machines + row.machines)
        by_url: dict[str, LinkClickInfo] = {}
        editions = Edition.objects.filter(campaign_id=campaign_id, id__in=list(counted)).only("links", "campaign_id")
        for edition in editions.order_by("id"):
            for link in links_of(edition, counted[edition.id]):
                before = by_url.get(link.url, LinkClickInfo(link.number, link.url, 0, 0))
                by_url[link.url] = LinkClickInfo(
                    before.number, link.url, before.people + link.people, before.machines + link.machines
                )
        return sorted(by_url.values(), key=lambda link: (-link.people, link.number))


@tenancy.needs_account
def count_clicks(campaign_ids: Sequence[int], step: int = HOUR_SECONDS, steps: int = HOURS) -> ClickCounts:
    """From each one's start, `steps` of `step` seconds; minutes only while a campaign's clicks are not folded yet."""
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "campaign_ids": list(campaign_ids),
        "step": step,
        "steps": steps,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, parameters)
        return ClickCounts(steps, [ClickCount(*row) for row in cursor.fetchall()])
