"""A provider's share of a campaign, which can wait until a person releases it (R-86, R-88, R-90).
A mixed chunk (the canary, small providers) has an empty provider. A sender in the middle of one skips recipients of
a held lane; when it returns the chunk, they move to a chunk of that lane.
"""

from collections import defaultdict

from django.db.models import Max

from mailflatrate.apps.campaigns.states import LockedCampaign, locked
from mailflatrate.apps.delivery import wake
from mailflatrate.apps.delivery.locked_chunks import LockedChunk, locked_chunks
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, DeliveryState, LaneHold
from mailflatrate.apps.delivery.queries import held_lanes
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.campaigns.campaign_states import RUNNING, UNFINISHED
from mailflatrate.rules.sending.providers import provider_of


@tenancy.needs_platform
def hold_lane(account_id: int, campaign_id: int, provider: str, rule: str) -> bool:
    """False when the campaign is over."""
    with tenancy.account(account_id):
        campaign = locked(campaign_id)
    if campaign.state not in UNFINISHED:
        return False
    lane = {"account_id": account_id, "campaign_id": campaign_id, "provider": provider, "released_at": None}
    LaneHold.objects.get_or_create(**lane, defaults={"rule": rule, "held_at": clock.now()})
    with tenancy.account(account_id):
        for chunk in locked_chunks(Chunk.objects.filter(campaign_id=campaign_id, provider="", state=ChunkState.READY)):
            sort_out(chunk, campaign)
    return True


@tenancy.needs_platform
def release_lane(account_id: int, campaign_id: int, provider: str) -> None:
    """At once if the campaign is running (R-90)."""
    with tenancy.account(account_id):
        campaign = locked(campaign_id)
    held = LaneHold.objects.filter(account_id=account_id, campaign_id=campaign_id, provider=provider, released_at=None)
    held.update(released_at=clock.now())
    if campaign.state in RUNNING:
        with tenancy.account(account_id):
            wake.wake_campaign(campaign)


def sort_out(chunk: LockedChunk, campaign: LockedCampaign) -> None:
    if chunk.provider:
        return
    held = {hold.provider for hold in held_lanes(campaign.id)}
    if not held:
        return
    waiting = Delivery.objects.filter(chunk_id=chunk.id, state=DeliveryState.PENDING, contact__isnull=False)
    lanes: dict[str, list[int]] = defaultdict(list)
    for delivery_id, email in waiting.values_list("id", "contact__email"):
        provider = provider_of(domain_of(str(email)))
        if provider in held:
            lanes[provider].append(delivery_id)
    for provider, ids in lanes.items():
        last = Chunk.objects.filter(campaign_id=campaign.id).aggregate(n=Max("number"))["n"]
        lane = Chunk.objects.create(
            campaign_id=campaign.id,
            number=last + 1,
            size=len(ids),
            provider=provider,
            not_before=chunk.not_before,
        )
        Delivery.objects.filter(id__in=ids).update(chunk=lane)
