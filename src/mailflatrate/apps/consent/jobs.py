"""Background jobs of the ledger."""

from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.ledger import SEAL_JOB
from mailflatrate.base.jobs import JobQueue, job


@job(SEAL_JOB, JobQueue.HOUSE, every="* * * * *")
def seal_ledger(timestamp: int) -> None:
    """Seals are time-stamped. Also triggered by every thousandth event."""
    ledger_seals.seal_ledger()
    ledger_seals.stamp_newest()
