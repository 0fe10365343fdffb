"""Background jobs of the engine."""

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import fence, test_inbox_consents, wake
from mailflatrate.apps.delivery.actions import campaigns, retries
from mailflatrate.apps.delivery.archive import archiving
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, Retry
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.results import feedback
from mailflatrate.apps.delivery.send import recovery
from mailflatrate.apps.delivery.send.sender import this_sender
from mailflatrate.apps.gate.notices import notice_decision
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings


def queue_notice(account_id: int, notice_id: int) -> None:
    """A repeated call does nothing."""
    with tenancy.account(account_id):
        notice = Notice.objects.select_for_update().get(id=notice_id)
        if Delivery.objects.filter(notice=notice).exists():
            return
        decision = notice_decision(notice)
        chunk = Chunk.objects.create(campaign_id=None, number=0, size=1)
        Delivery.objects.create(
            chunk=chunk,
            notice=notice,
            decision=decision,
            edition_id=notice.edition_id,
            rules_version=decision.rules_version,
            granted_at=decision.decided_at,
        )
        wake.wake_chunk(account_id, chunk.id)


MANY = 100


@job("delivery.plan_campaign", JobQueue.PLAN, attempts=MANY)
def plan_campaign(account_id: int, campaign_id: int, edition_id: int, decision_id: int) -> None:
    plan.plan_campaign(account_id, campaign_id, edition_id, decision_id)


@job("delivery.send_chunk", JobQueue.SEND)
async def send_chunk(account_id: int, chunk_id: int) -> None:
    """If it fails, the chunk's row records what is left, and the sweep wakes it."""
    await this_sender().work_chunk(account_id, chunk_id)


@job("delivery.send_transactional", JobQueue.EXPRESS)
async def send_transactional(account_id: int, chunk_id: int) -> None:
    await this_sender().work_transactional(account_id, chunk_id)


@job("delivery.send_confirmations", JobQueue.EXPRESS, attempts=MANY)
async def send_confirmations(account_id: int) -> None:
    await this_sender().work_confirmations(account_id)


@job("delivery.send_notice", JobQueue.EXPRESS)
def send_notice(account_id: int, notice_id: int) -> None:
    queue_notice(account_id, notice_id)


@job("delivery.release_canary", JobQueue.PLAN, attempts=MANY)
def release_canary(account_id: int, campaign_id: int) -> None:
    campaigns.release_canary(account_id, campaign_id)


@job("delivery.cancel_rest", JobQueue.PLAN, attempts=MANY)
def cancel_rest(account_id: int, campaign_id: int) -> None:
    campaigns.cancel_rest(account_id, campaign_id)


@job("delivery.collect_retries", JobQueue.PLAN)
def collect_retries(account_id: int, campaign_id: int | None) -> None:
    retries.collect_retries(account_id, campaign_id)


@job("delivery.count_bounces", JobQueue.HOUSE, attempts=MANY)
def count_bounces(account_id: int, delivery_ids: list[int]) -> None:
    feedback.count_bounces(account_id, delivery_ids)


@job("delivery.sweep", JobQueue.PLAN, every="* * * * *")
def sweep(timestamp: int) -> None:
    recovery.give_up_lost_hosts(load_settings().data_dir / "journal")
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        running = wake.campaigns_to_sweep()
        # A campaign released while a hold was ending may have been postponed by the hold and missed when it ended.
        planning = [] if fence.is_held() else list(Campaign.objects.filter(state=CampaignState.PLANNING))
        ready = Chunk.objects.filter(campaign=None, state=ChunkState.READY)
        post = list(ready.values_list("account_id", flat=True).distinct())
        due = list(Retry.objects.filter(due_at__lte=clock.now()).values_list("account_id", "campaign_id").distinct())
    for account_id, campaign_id in due:
        retries.collect_retries(account_id, campaign_id)
    for account_id, campaign_id in running:
        campaigns.wake_campaign(account_id, campaign_id)
    for campaign in planning:
        with tenancy.account(campaign.account_id):
            campaigns.defer_planning(campaign)
    for account_id in post:
        campaigns.wake_transactional(account_id)


@job("delivery.end_test_inbox_consents", JobQueue.PLAN, every="* * * * *")
def end_test_inbox_consents(timestamp: int) -> None:
    while test_inbox_consents.end_test_inbox_consents() == test_inbox_consents.ENDED_AT_ONCE:
        pass


@job("delivery.archive", JobQueue.HOUSE, every="7,17,27,37,47,57 * * * *")
def archive(timestamp: int) -> None:
    archiving.archive_finished()
