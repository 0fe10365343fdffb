"""Background jobs of this app; thin."""

from mailflatrate.apps.tracking import scanners
from mailflatrate.base.jobs import JobQueue, job


@job("tracking.forget_visitors", JobQueue.HOUSE, every="*/5 * * * *")
def forget_visitors(timestamp: int) -> None:
    """Delete the visitor marks that tell bursts of clicks from other clicks."""
    scanners.forget_visitors()
