"""When it is a certain time of day for whom: a mailing that reaches everybody at the same hour on his own clock.

Answered by an attribute that names a time zone (IANA: Europe/Berlin); whoever has none, or one that nobody knows, lives
by the clock of the mailing. Where the clocks jump over the hour, it comes when the hour would have been.
"""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

ATTRIBUTES = ("time_zone", "timezone", "tz", "zeitzone")
"""Names of contact attributes that hold a time zone, as an import spells them."""


@lru_cache(maxsize=1)
def _zones() -> dict[str, ZoneInfo]:
    """Every zone by its name in lower case."""
    return {name.lower(): ZoneInfo(name) for name in sorted(available_timezones())}


def same_hour(local_at: datetime, home: str) -> dict[str, datetime]:
    """Name of a zone in lower case -> the moment (UTC) at which it reads there what `home` reads at `local_at`.

    `local_at` is aware. Raises ZoneInfoNotFoundError for an unknown home.
    """
    wall = local_at.astimezone(ZoneInfo(home)).replace(tzinfo=None)
    return {name: wall.replace(tzinfo=zone).astimezone(UTC) for name, zone in _zones().items()}
