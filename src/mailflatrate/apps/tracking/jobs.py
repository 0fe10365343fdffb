"""Background jobs of tracking."""

from mailflatrate.apps.tracking import click_hours, scanners
from mailflatrate.base.jobs import JobQueue, job


@job("tracking.forget_visitors", JobQueue.HOUSE, every="*/5 * * * *")
def forget_visitors(timestamp: int) -> None:
    """Delete the visitor marks by which bursts of clicks are recognized."""
    scanners.forget_visitors()


@job("tracking.fold_clicks", JobQueue.HOUSE, every="9 * * * *")
def fold_clicks(timestamp: int) -> None:
    """Fold clicks of some hours ago into counts by link and hour."""
    click_hours.fold_recent()
