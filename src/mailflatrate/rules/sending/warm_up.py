"""How a new address or sender domain builds its reputation (R-104). A step is a day, done if at least half was used
without bad signs. Deferrals stop a day, too many complaints repeat it, and 30 days without mail restart all. Source:
M3AAWG Sender Best Common Practices, version 4; up to 4,000 its ladder, then 30% more each day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailflatrate.rules.limits import value

LADDER: tuple[int, ...] = (50, 100, 250, 500, 1_000, 2_000, 4_000)
GROWTH = 1.3
LAST_STEP = 27
"""After four weeks of days that were used the address is known."""
UNBOUNDED = 2**31
A_DAY = timedelta(days=1)
IDLE = timedelta(days=30)
USED_SHARE = 0.5
STOP_SHARE, STOP_LEAST = 0.1, 5
"""A day stops when that share of its answers are deferrals, and at least that many."""
COMPLAINT_SHARE = value("complaint_throttle") / 100


def quota(step: int) -> int:
    if step < len(LADDER):
        return LADDER[max(0, step)]
    return int(LADDER[-1] * GROWTH ** (step - len(LADDER) + 1))


@dataclass(frozen=True, slots=True)
class WarmUpDay:
    """The state of a warm-up: its step, when the day began, and the day's figures so far."""

    step: int
    began_at: datetime
    used: int = 0
    answered: int = 0
    deferred: int = 0
    complaints: int = 0

    @property
    def is_stopped(self) -> bool:
        return self.deferred >= max(STOP_LEAST, STOP_SHARE * self.answered)

    @property
    def is_held(self) -> bool:
        return self.is_stopped or self.complaints > COMPLAINT_SHARE * self.answered

    @property
    def left(self) -> int:
        if self.step > LAST_STEP:
            return UNBOUNDED
        return 0 if self.is_stopped else max(0, quota(self.step) - self.used)

    @property
    def ends_at(self) -> datetime:
        return self.began_at + A_DAY


def at(day: WarmUpDay, now: datetime) -> WarmUpDay:
    if now < day.ends_at:
        return day
    if now - day.began_at > IDLE:
        return WarmUpDay(0, now)
    is_done = not day.is_held and day.used >= USED_SHARE * quota(day.step)
    days = (now - day.began_at) // A_DAY
    return WarmUpDay(day.step + 1 if is_done else day.step, day.began_at + days * A_DAY)


def is_over(day: WarmUpDay) -> bool:
    return day.step > LAST_STEP


@dataclass(frozen=True, slots=True)
class PlannedDay:
    at: datetime
    people: int


MOST_DAYS = 60


def planned_days(warming: Sequence[WarmUpDay], people: int, now: datetime) -> list[PlannedDay]:
    """Empty if nothing limits it. Each day the strictest of `warming` counts; other campaigns are left out, as their
    volume is unknown. At most MOST_DAYS days.
    """
    days = [at(day, now) for day in warming]
    if not days or people <= min(day.left for day in days):
        return []
    return list(_days(days, people, now))


def _days(days: list[WarmUpDay], people: int, now: datetime) -> Iterator[PlannedDay]:
    when = now
    for _ in range(MOST_DAYS):
        share = min([people, *(day.left for day in days)])
        if share:
            yield PlannedDay(when, share)
            people -= share
        if not people:
            return
        when = min(day.ends_at for day in days)
        days = [_next(day, share) for day in days]


def _next(day: WarmUpDay, share: int) -> WarmUpDay:
    used = replace(day, used=day.used + share)
    return at(used, used.ends_at)


def chunk_sizes(people: int, step: int, most: int) -> list[int]:
    sizes = []
    while people > 0:
        size = min(people, quota(step), most)
        sizes.append(size)
        people, step = people - size, step + 1
    return sizes
