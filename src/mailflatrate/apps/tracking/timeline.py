"""Clicks by people over the first two days of a campaign: counts only, never of one person."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

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
