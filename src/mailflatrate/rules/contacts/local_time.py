"""When each recipient gets a campaign: at the same hour in every time zone (IANA), or at the hour they confirmed. An
unknown zone is the campaign's. If clocks skip the hour, it is sent when the hour would have been.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

ATTRIBUTES = ("time_zone", "timezone", "tz", "zeitzone")
"""Names of contact attributes that hold a time zone, as an import spells them."""


@lru_cache(maxsize=1)
def zones() -> dict[str, ZoneInfo]:
    return {name.lower(): ZoneInfo(name) for name in sorted(available_timezones())}


def find_zone(name: str) -> ZoneInfo | None:
    return zones().get(name.strip().lower().replace(" ", "_"))


def same_hour(local_at: datetime, home: str) -> dict[str, datetime]:
    """When (UTC) clocks of each zone (lower case) show what `home`'s do at `local_at`. Raises ZoneInfoNotFoundError."""
    wall = local_at.astimezone(ZoneInfo(home)).replace(tzinfo=None)
    return {name: wall.replace(tzinfo=zone).astimezone(UTC) for name, zone in zones().items()}


def next_hours(begin: datetime, home: str) -> dict[int, datetime]:
    """By hour (0 to 23), from the aware `begin` on, which is its own hour, within 24 hours (25 when clocks are put
    back). A skipped hour is the one after it. Raises ZoneInfoNotFoundError.
    """
    zone, begin = ZoneInfo(home), begin.astimezone(UTC)
    wall = begin.astimezone(zone)
    full = begin - timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    by_hour = {wall.hour: begin}
    for step in range(1, 25):
        by_hour.setdefault((full + timedelta(hours=step)).astimezone(zone).hour, full + timedelta(hours=step))
    for hour in range(24):
        by_hour.setdefault(hour, by_hour.get((hour + 1) % 24, begin))
    return by_hour
