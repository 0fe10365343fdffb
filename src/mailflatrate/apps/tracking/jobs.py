"""Background jobs of tracking."""

from mailflatrate.apps.tracking import scanners
from mailflatrate.base.jobs import JobQueue, job


@job("tracking.forget_visitors", JobQueue.HOUSE, every="*/5 * * * *")
def forget_visitors(timestamp: int) -> None:
    """Delete the visitor marks by which bursts of clicks are recognized."""
    scanners.forget_visitors()
