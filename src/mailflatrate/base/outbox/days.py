"""The outbox's partitions: days ahead are made, and days that are no longer kept are dropped."""

from typing import Final

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.events import KEPT

DAYS_AHEAD: Final = 3
"""Days that have a partition before they begin. Without one, events go to a partition of their own."""


def keep_days() -> tuple[int, int]:
    """Make the next days' partitions and drop those that are too old; return how many of each."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("SELECT open_outbox_days(%s)", [DAYS_AHEAD])
        (made,) = cursor.fetchone() or (0,)
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("SELECT drop_outbox_days(%s)", [KEPT.days])
        (dropped,) = cursor.fetchone() or (0,)
    return int(made), int(dropped)


@job("outbox.keep_days", JobQueue.HOUSE, every="7 * * * *")
def keep_days_hourly(timestamp: int) -> None:
    """Keep the partitions of the outbox. Every hour, as a busy table may refuse the lock."""
    keep_days()
