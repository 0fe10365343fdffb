"""End a claim: a sender hands it back, or it is taken from one that is gone."""

from datetime import timedelta

from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.apps.campaigns.states import LockedCampaign, find_locked
from mailflatrate.apps.delivery import confirmations, lanes, wake
from mailflatrate.apps.delivery.actions.campaigns import after_canary
from mailflatrate.apps.delivery.actions.retries import wake_retries
from mailflatrate.apps.delivery.actions.row_updates import cancel_rows, complete, move
from mailflatrate.apps.delivery.locked_chunks import LockedChunk, locked_claim
from mailflatrate.apps.delivery.models import Begun, Chunk, ChunkState, Delivery, DeliveryState, Plan, Retry
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.campaigns.campaign_states import CampaignMover


def finish_chunk(
    account_id: int,
    chunk_id: int,
    claimed_by: str,
    *,
    relay_problem: str = "",
    relay_answered: bool = False,
    pause_seconds: float = 0.0,
) -> None:
    """Hand back what is left. Without an answering relay, the campaign waits, and the chunk wakes after the pause."""
    with tenancy.account(account_id):
        campaign_id = Chunk.objects.filter(id=chunk_id).values_list("campaign_id", flat=True).first()
        campaign = find_locked(campaign_id)
        chunk = locked_claim(chunk_id, claimed_by)
        if chunk is None:
            return
        if campaign is not None:
            _note_relay(campaign, relay_problem, answered=relay_answered)
        give_back(chunk, campaign, pause_seconds)


def give_back(chunk: LockedChunk, campaign: LockedCampaign | None, pause_seconds: float = 0.0) -> None:
    """Pending rows become ready again; without such rows the chunk is done."""
    account_id, chunk_id = chunk.account_id, chunk.id
    Begun.objects.filter(chunk_id=chunk_id).delete()
    if campaign is not None and campaign.state == CampaignState.CANCELLED:
        Retry.objects.filter(campaign_id=campaign.id).delete()
        cancel_rows(account_id, chunk_id)
    if campaign is not None:
        lanes.sort_out(chunk, campaign)
    left = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.PENDING).exists()
    chunk.claimed_by, chunk.state = "", ChunkState.READY if left else ChunkState.DONE
    if left and pause_seconds:
        chunk.not_before = clock.now() + timedelta(seconds=pause_seconds)
    chunk.save(update_fields=["claimed_by", "state", "not_before"])
    if left:
        wake.wake_chunk(account_id, chunk_id)
    else:
        wake_retries(account_id, chunk.campaign_id)
        if chunk.campaign_id is None:
            confirmations.note_accepted(chunk_id)
        if campaign is not None:
            after_canary(campaign, chunk)
            complete(campaign)
    if campaign is not None:
        _wake_next_turn(campaign)


def _wake_next_turn(campaign: LockedCampaign) -> None:
    if Plan.objects.filter(campaign_id=campaign.id, per_turn__isnull=False).exists():
        wake.wake_campaign(campaign)


def _note_relay(campaign: LockedCampaign, problem: str, *, answered: bool) -> None:
    if problem and campaign.state == CampaignState.SENDING:
        move(campaign, CampaignState.WAITING, CampaignMover.MACHINE, reason=problem[:500])
    elif answered and not problem and campaign.state == CampaignState.WAITING:
        move(campaign, CampaignState.SENDING, CampaignMover.MACHINE)
