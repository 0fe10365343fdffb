"""The days that one page of the calendar shows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Days outside these years are read as today."""

CalendarView = Literal["month", "week"]


@dataclass(frozen=True, slots=True)
class CalendarRange:
    """Whole weeks from Monday to Sunday around `day`: those of its month, or its own."""

    view: CalendarView
    day: date

    @property
    def first(self) -> date:
        begin = self.day.replace(day=1) if self.view == "month" else self.day
        return begin - timedelta(days=begin.weekday())

    @property
    def days(self) -> list[date]:
        after = self.next if self.view == "month" else self.first + WEEK
        count = (after - self.first).days
        return [self.first + timedelta(days=number) for number in range(count + -count % 7)]

    @property
    def previous(self) -> date:
        if self.view == "week":
            return self.day - WEEK
        return (self.day.replace(day=1) - timedelta(days=1)).replace(day=1)

    @property
    def next(self) -> date:
        if self.view == "week":
            return self.day + WEEK
        return (self.day.replace(day=1) + timedelta(days=31)).replace(day=1)

    def is_outside(self, day: date) -> bool:
        return self.view == "month" and day.month != self.day.month

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        begin, end = self.days[0], self.days[-1] + timedelta(days=1)
        return datetime.combine(begin, time.min, zone), datetime.combine(end, time.min, zone)


def read_range(view: str, day: str, today: date) -> CalendarRange:
    """Return the range that a query string asks for; anything unreadable means this month."""
    calendar_view: CalendarView = "week" if view == "week" else "month"
    return CalendarRange(calendar_view, read_day(day) or today)


def read_day(text: str) -> date | None:
    """Return a day written as YYYY-MM-DD; None for anything else, or outside the years shown."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None
