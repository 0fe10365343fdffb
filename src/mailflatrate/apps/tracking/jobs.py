"""Background jobs of tracking."""

from datetime import UTC, datetime
from typing import Final

from mailflatrate.apps.tracking import click_hours, conversions, scanners
from mailflatrate.apps.tracking.conversion_goal import COUNT_JOB
from mailflatrate.base.jobs import JobQueue, job

FOLD_MINUTES: Final = 10


@job("tracking.forget_visitors", JobQueue.HOUSE, every="*/5 * * * *")
def forget_visitors(timestamp: int) -> None:
    scanners.forget_visitors()


@job("tracking.fold_clicks", JobQueue.HOUSE, every=f"*/{FOLD_MINUTES} * * * *")
def fold_clicks(timestamp: int) -> None:
    """Fold clicks of half an hour ago into counts by link and hour; once an hour, also those that were missed."""
    is_hourly = datetime.fromtimestamp(timestamp, UTC).minute < FOLD_MINUTES
    click_hours.fold_recent(click_hours.NOTICED_HOURLY if is_hourly else click_hours.NOTICED)


@job("tracking.count_conversions", JobQueue.HOUSE, every="*/10 * * * *")
def count_conversions(timestamp: int) -> None:
    conversions.count_conversions()


@job(COUNT_JOB, JobQueue.HOUSE)
def count_account_conversions(account_id: int) -> None:
    conversions.count_account(account_id)
