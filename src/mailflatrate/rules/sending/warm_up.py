"""How a new sending address or sender domain builds its reputation: a few messages a day, then more (R-104).

A step is a day. It counts as done if at least half of it was used and there were no bad signs; then the next one is
larger. Deferrals stop the rest of a day, and too many complaints repeat its step. After 30 days without mail the
reputation is gone, and the warm-up restarts.

Sources: R-104 (M3AAWG Sender Best Common Practices, version 4: 3 to 6 weeks for an address, about 6 for a domain, the
most engaged people first); the numbers up to 4,000 are its ladder, then 30% more each day.
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
    """Return the number of messages for a day, by its step; the first step is 0."""
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
        """Return True if the day doesn't count, regardless of how much was sent: the next day repeats its step."""
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
    """Return the current day: the same one, or a new one with the step that follows from it."""
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
    """One day of a campaign, and how many people get the campaign that day."""

    at: datetime
    people: int


MOST_DAYS = 60


def planned_days(warming: Sequence[WarmUpDay], people: int, now: datetime) -> list[PlannedDay]:
    """Return the days on which this many people get a campaign if nothing stops it; empty if nothing limits it.

    `warming`: every warm-up that it goes through; each day the strictest one counts. The volume of other campaigns is
    unknown, so it is left out. At most MOST_DAYS days.
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
    """Return chunk sizes for a campaign's people, so that the chunks of one day do not depend on the next day's."""
    sizes = []
    while people > 0:
        size = min(people, quota(step), most)
        sizes.append(size)
        people, step = people - size, step + 1
    return sizes
