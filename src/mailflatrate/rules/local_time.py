"""When it is a given time of day for each recipient, for a campaign sent at the same hour in every time zone.

An attribute names the contact's time zone (IANA: Europe/Berlin). Contacts with none, or an unknown one, follow the
campaign's time zone. If the local clocks skip the hour, the campaign is sent when the hour would have been.
"""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

ATTRIBUTES = ("time_zone", "timezone", "tz", "zeitzone")
"""Names of contact attributes that hold a time zone, as an import spells them."""


@lru_cache(maxsize=1)
def zones() -> dict[str, ZoneInfo]:
    """Return every zone by its name in lower case."""
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
