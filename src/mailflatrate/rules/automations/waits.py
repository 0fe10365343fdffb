"""When a step is due, on a person's clock. Days are calendar days: one day ends at the same time of day. Where clocks
skip an hour, a time in it is taken as if they hadn't; where they repeat one, its first time counts.
"""

from calendar import isleap
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from mailflatrate.rules.automations.graph import NoMailHours
from mailflatrate.rules.automations.steps import WaitKind, WaitRule
from mailflatrate.rules.contacts.local_time import find_zone

LATE_AFTER = timedelta(days=1)
"""From here on a step is late, and the author's rule decides what it does."""
LOOKED_BACK_DAYS = 7
"""How long after its day a date field still lets a person in, after an outage."""


def wait_rule(parameters: Mapping[str, Any]) -> WaitRule:
    return WaitRule(**{**parameters, "kind": WaitKind(parameters["kind"])})


def zone_for(name: str | None, home: str) -> ZoneInfo:
    """Ignore case; `home`, the account's, if the contact names none or an unknown one."""
    zone = find_zone(name or "")
    return zone if zone is not None else ZoneInfo(home)


def moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """Return the moment (UTC) at which clocks in a zone show this time on this day."""
    return datetime.combine(day, _time(at), tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=2_000)
def _time(at: str) -> time:
    return time.fromisoformat(at)


def due_at(rule: WaitRule, now: datetime, zone: ZoneInfo, day: date | None = None) -> datetime | None:
    """Never before now; None if it needs a date that the person doesn't have."""
    match rule.kind:
        case WaitKind.FOR:
            later = now + timedelta(minutes=rule.minutes, hours=rule.hours)
            return max(now, _same_time(later, rule.days, zone) if rule.days else later)
        case WaitKind.UNTIL:
            return _next_time(rule.at, rule.weekday, now, zone)
        case WaitKind.DATE:
            return max(now, moment(day + timedelta(days=rule.days), rule.at, zone)) if day is not None else None
        case WaitKind.EVENT:
            return _same_time(now, rule.days, zone)


def _same_time(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    wall = now.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _next_time(at: str, weekday: int | None, now: datetime, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=later) for later in range(15))
    return next(
        due for day in days if (weekday is None or day.weekday() == weekday) and (due := moment(day, at, zone)) >= now
    )


def after_no_mail_hours(now: datetime, quiet: NoMailHours | None, zone: ZoneInfo) -> datetime:
    """Return now, or the end of the no-mail hours if now is within them."""
    if quiet is None or quiet.start == quiet.end:
        return now
    wall = now.astimezone(zone).strftime("%H:%M")
    over_midnight = quiet.start > quiet.end
    is_quiet = (wall >= quiet.start or wall < quiet.end) if over_midnight else quiet.start <= wall < quiet.end
    if not is_quiet:
        return now
    # In an hour that the clocks repeat, the quiet may end at the second time they show its end.
    again = datetime.combine(now.astimezone(zone).date(), _time(quiet.end), tzinfo=zone).replace(fold=1).astimezone(UTC)
    ends_again = again >= now and again.astimezone(zone).strftime("%H:%M") == quiet.end
    return again if ends_again else _next_time(quiet.end, None, now, zone)


def days_reached(since: datetime, now: datetime, at: str, zone: ZoneInfo) -> list[date]:
    last = now.astimezone(zone).date() + timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(LOOKED_BACK_DAYS + 2)]
    return sorted(day for day in days if since < moment(day, at, zone) <= now)


def month_days(day: date) -> list[str]:
    """Return the anniversaries (month and day) that fall on a day; 29 February falls on the 28th in other years."""
    substitute = (day.month, day.day) == (2, 28) and not isleap(day.year)
    return [f"{day:%m-%d}"] + (["02-29"] if substitute else [])


def is_late(due: datetime, now: datetime) -> bool:
    return now - due > LATE_AFTER
