"""The outbox's daily partitions: future ones are created, expired ones are dropped."""

from typing import Final

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.events import KEPT

DAYS_AHEAD: Final = 3
"""Days that have a partition before they begin. Without one, events go to a partition of their own."""


def keep_days() -> tuple[int, int]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("SELECT open_outbox_days(%s)", [DAYS_AHEAD])
        (made,) = cursor.fetchone() or (0,)
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("SELECT drop_outbox_days(%s)", [KEPT.days])
        (dropped,) = cursor.fetchone() or (0,)
    return int(made), int(dropped)


@job("outbox.keep_days", JobQueue.HOUSE, every="7 * * * *")
def keep_days_hourly(timestamp: int) -> None:
    """Create and drop partitions of the outbox. Runs every hour, because a busy table may refuse the lock."""
    keep_days()
