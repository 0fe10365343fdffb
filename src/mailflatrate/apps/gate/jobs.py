"""Background jobs of the gate: release scheduled campaigns that are due, and end supervision."""

from mailflatrate.apps.gate import actions, supervision
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job


@job("gate.release_due", JobQueue.PLAN)
def release_due(account_id: int, campaign_id: int) -> None:
    with tenancy.account(account_id):
        actions.release_due(campaign_id)


@job("gate.end_supervision", JobQueue.PLAN)
def end_supervision(account_id: int, campaign_id: int) -> None:
    supervision.end_supervision(account_id, campaign_id)
