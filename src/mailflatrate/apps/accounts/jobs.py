"""Work of accounts that nobody waits for."""

from mailflatrate.apps.accounts import actions
from mailflatrate.base.jobs import Queue, job


@job("accounts.forget_unproved", Queue.HOUSE, every="17 3 * * *")
def forget_unproved(timestamp: int) -> None:
    """Erase addresses that were left on the application page and never proved."""
    actions.forget_unproved()
