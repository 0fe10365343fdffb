"""Background jobs of transactional email."""

from mailflatrate.apps.transactional.actions.messages import ERASED_AT_ONCE, erase_old_messages
from mailflatrate.base.jobs import JobQueue, job


@job("transactional.erase_old", JobQueue.HOUSE, every="23 * * * *")
def erase_old(timestamp: int) -> None:
    while erase_old_messages() >= ERASED_AT_ONCE:
        pass
