"""When each recipient gets a campaign: at the same hour in every time zone, or at the hour of the day they confirmed.

An attribute names the contact's time zone (IANA: Europe/Berlin). Contacts with none, or an unknown one, follow the
campaign's time zone. If the local clocks skip the hour, the campaign is sent when the hour would have been.
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
    """Return the zone of a name as a contact may spell it; None if there is none."""
    return zones().get(name.strip().lower().replace(" ", "_"))


def same_hour(local_at: datetime, home: str) -> dict[str, datetime]:
    """Return, by time zone name in lower case, the time (UTC) when clocks there show what clocks in `home` show at
    `local_at`.

    `local_at` is aware. Raises ZoneInfoNotFoundError for an unknown home.
    """
    wall = local_at.astimezone(ZoneInfo(home)).replace(tzinfo=None)
    return {name: wall.replace(tzinfo=zone).astimezone(UTC) for name, zone in zones().items()}


def next_hours(begin: datetime, home: str) -> dict[int, datetime]:
    """Return, by hour of the day (0 to 23), when clocks in `home` next show it, from the aware moment `begin` on.

    The hour that has begun is `begin` itself. An hour that the clocks skip is the one after it. All are within 24 hours
    (25 when the clocks are put back). Raises ZoneInfoNotFoundError for an unknown home.
    """
    zone, begin = ZoneInfo(home), begin.astimezone(UTC)
    wall = begin.astimezone(zone)
    full = begin - timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    found = {wall.hour: begin}
    for step in range(1, 25):
        found.setdefault((full + timedelta(hours=step)).astimezone(zone).hour, full + timedelta(hours=step))
    for hour in range(24):
        found.setdefault(hour, found.get((hour + 1) % 24, begin))
    return found
