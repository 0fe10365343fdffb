"""Move deliveries of finished campaigns to the archive, batch by batch, and drop months that expired. A batch is a
transaction, so the next run continues after a crash. Only functions of the database's owner (migration 0022) may
add archive rows, delete deliveries, or make or drop partitions.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.utils import OperationalError

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.archive.lookup import archived_until
from mailflatrate.apps.delivery.archive.tables import ArchivedCampaign
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.base.tenancy.apply import is_busy
from mailflatrate.rules.campaigns.campaign_states import OVER
from mailflatrate.settings.schema import load_settings

CHUNKS_TOGETHER = 2
"""About 2,000 deliveries, some 100 ms a transaction, so that nothing waits for it."""
CAMPAIGNS_TOGETHER = 200
RUN_SECONDS = 60.0
REST_SHARE = 1.0
"""Seconds of rest for each second of work, so that the engine has the database half of the time."""


def archive_finished(run_seconds: float = RUN_SECONDS) -> int:
    """Return how many deliveries moved."""
    ends = time.monotonic() + run_seconds
    call_owner("SELECT open_archive_month()")
    days = load_settings().archive_after_days
    for campaign_id in _due(days):
        call_owner("SELECT archive_campaign(%s, %s)", campaign_id, days)
    total = 0
    for campaign_id in _moving():
        while time.monotonic() < ends:
            begun = time.monotonic()
            moved = call_owner("SELECT archive_deliveries(%s, %s)", campaign_id, CHUNKS_TOGETHER)
            if moved is None:
                break
            total += int(moved)
            time.sleep(min((time.monotonic() - begun) * REST_SHARE, max(ends - time.monotonic(), 0)))
    return total


def drop_expired(ended_before: datetime) -> int:
    """Return how many months."""
    dropped = 0
    while (done := call_owner("SELECT drop_archive_month(%s)", ended_before)) is not None:
        dropped += done not in ("attempts", "recipients")
    return dropped


def _due(days: int) -> list[int]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        until = archived_until()
        if until is None:
            return []
        before = min(until, clock.now() - timedelta(days=days))
        ended = Campaign.objects.filter(state__in=OVER, finished_at__lt=before).exclude(
            id__in=ArchivedCampaign.objects.values("campaign_id")
        )
        return list(ended.order_by("finished_at").values_list("id", flat=True))


def _moving() -> list[int]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = ArchivedCampaign.objects.filter(finished_at=None).order_by("ended_at")
        return list(rows.values_list("campaign_id", flat=True)[:CAMPAIGNS_TOGETHER])


def call_owner(statement: str, *values: Any) -> Any:
    """In its own transaction; None if a lock could not be acquired within 3 s."""
    try:
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()[0]
    except OperationalError as problem:
        if not is_busy(problem):
            raise
        return None
