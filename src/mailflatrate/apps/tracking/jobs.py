"""Background jobs of this app; thin."""

from mailflatrate.apps.tracking import scanners
from mailflatrate.base.jobs import Queue, job


@job("tracking.forget_visitors", Queue.HOUSE, every="*/5 * * * *")
def forget_visitors(timestamp: int) -> None:
    """Let go of what told clicks at once from others."""
    scanners.forget_visitors()
