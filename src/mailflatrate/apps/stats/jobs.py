"""Background jobs of the figures. Earlier stages request them by name."""

from datetime import date, timedelta

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.stats import actions, audience, monthly_report, peers
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason

REFRESH_EVERY = timedelta(seconds=30)
LATE_DAYS = 8


@job("stats.judge_campaign", JobQueue.HOUSE, attempts=20)
def judge_campaign(account_id: int, campaign_id: int) -> None:
    actions.judge_campaign(account_id, campaign_id)
    with tenancy.account(account_id):
        jobs.defer(
            "stats.refresh_campaign",
            JobQueue.HOUSE,
            at=clock.now() + REFRESH_EVERY,
            once=f"figures:{campaign_id}",
            account_id=account_id,
            campaign_id=campaign_id,
        )


@job("stats.refresh_campaign", JobQueue.HOUSE, attempts=20)
def refresh_campaign(account_id: int, campaign_id: int) -> None:
    actions.refresh_campaign(account_id, campaign_id)
    actions.judge_campaign(account_id, campaign_id)
    actions.judge_account(account_id)


@job("stats.refresh_recent", JobQueue.HOUSE, every="17 3 * * *")
def refresh_recent(timestamp: int) -> None:
    """Recompute the figures of the last week's campaigns once a night, in case an update was missed."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        recent = list(
            Campaign.objects.filter(started_at__gt=clock.now() - timedelta(days=LATE_DAYS)).values_list(
                "account_id", "id"
            )
        )
    for account_id, campaign_id in recent:
        refresh_campaign(account_id, campaign_id)


@job("stats.tell_owners", JobQueue.HOUSE, attempts=20)
def tell_owners(account_id: int) -> None:
    actions.tell_about_measures(account_id)


@job(audience.COUNT_JOB, JobQueue.HOUSE)
def count_audience(account_id: int) -> None:
    with tenancy.account(account_id):
        audience.count_audience()


@job("stats.count_peers", JobQueue.HOUSE, every="37 4 * * *")
def count_peers(timestamp: int) -> None:
    peers.count_peers()


@job("stats.queue_monthly_reports", JobQueue.HOUSE, every="41 5 * * *")
def queue_monthly_reports(timestamp: int) -> None:
    monthly_report.queue_reports()


@job("stats.send_monthly_report", JobQueue.HOUSE, attempts=20)
def send_monthly_report(account_id: int, month: str) -> None:
    monthly_report.send_report(account_id, date.fromisoformat(month))


@job("stats.decide_ab_test", JobQueue.PLAN, attempts=20)
def decide_ab_test(account_id: int, campaign_id: int) -> None:
    actions.decide_ab_test(account_id, campaign_id)
