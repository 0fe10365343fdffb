"""Background jobs of this app; thin."""

from mailflatrate.apps.privacy import actions
from mailflatrate.apps.privacy.actions.requests import CARRY_OUT
from mailflatrate.base.jobs import Queue, job


@job(CARRY_OUT, Queue.HOUSE)
def carry_out(account_id: int, request_id: int) -> None:
    """Do for one customer what a person confirmed with another."""
    actions.carry_out(account_id, request_id)


@job("privacy.expire_requests", Queue.HOUSE, every="23 * * * *")
def expire(timestamp: int) -> None:
    """Close requests that nobody confirmed in time."""
    actions.expire_requests()
