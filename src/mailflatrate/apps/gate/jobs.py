"""Scheduled campaigns that are due."""

from mailflatrate.apps.gate import actions
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job


@job("gate.release_due", JobQueue.PLAN)
def release_due(account_id: int, campaign_id: int) -> None:
    """Release one scheduled campaign, if it is still scheduled."""
    with tenancy.account(account_id):
        actions.release_due(campaign_id)
