"""Clicks by people over the first two days of a campaign: counts only, never of one person."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection

from mailflatrate.apps.tracking.click_hours import COUNTED
from mailflatrate.base import tenancy

HOURS = 48
"""The first two days: few campaigns are clicked later."""
# How long each step is, by the campaign's age: an hour says nothing about the first one.
_STEPS = ((timedelta(hours=1), 60), (timedelta(hours=4), 300))
HOUR_SECONDS = 3600

_BY_STEP = f"""
WITH {COUNTED}
SELECT k.campaign_id, floor(extract(epoch FROM k.at - c.started_at) / %(step)s)::int AS step, sum(k.people)::bigint
FROM counted k JOIN campaign c ON c.id = k.campaign_id AND c.account_id = %(account_id)s
WHERE k.at >= c.started_at AND k.at < c.started_at + %(steps)s * %(step)s * interval '1 second'
GROUP BY 1, 2
"""  # noqa: S608  # made of constants


def step_seconds(age: timedelta) -> int:
    """Return how long a step of the timeline is for a campaign of this age: a minute, five, or an hour."""
    return next((step for until, step in _STEPS if age < until), HOUR_SECONDS)


def steps_shown(age: timedelta) -> int:
    """Return how many steps have begun at this age, of the first two days; at least two, which make a line."""
    step = step_seconds(age)
    return max(2, min(HOURS * HOUR_SECONDS // step, int(age.total_seconds() // step) + 1))


@tenancy.needs_account
def clicks_by_step(campaign_ids: Sequence[int], step: int, steps: int) -> dict[int, list[int]]:
    """Return the clicks by people in each of the first `steps` spans of `step` seconds, of each campaign that has any.

    A step is no longer than what is folded: minutes are asked for while the clicks are younger than that.
    """
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "campaign_ids": list(campaign_ids),
        "step": step,
        "steps": steps,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_STEP, parameters)
        found: dict[int, list[int]] = defaultdict(lambda: [0] * steps)
        for campaign_id, at, number in cursor.fetchall():
            found[campaign_id][at] = number
    return dict(found)


def median_by_step(series: Sequence[Sequence[int]]) -> list[float]:
    """Return the median of each step over some campaigns; empty without any."""
    return [median(step) for step in zip(*series, strict=True)]
