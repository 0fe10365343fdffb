"""Helpers of this folder's writes."""

from typing import Any

from django.db import connection
from django.db.models import Max

from mailflatrate.apps.campaigns import states
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.states import LockedCampaign
from mailflatrate.apps.delivery import ab_test, campaign_log
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, DeliveryState, Retry, Tally
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.rules.campaigns.campaign_states import RUNNING, CampaignMover

OPEN_CHUNKS = (ChunkState.READY, ChunkState.SENDING)

# Rows of one chunk that end without a report from a sender, counted in the same statement.
_END_ROWS = """
WITH ended AS (
    UPDATE delivery d SET state = %(state)s, reason = %(reason)s, settled_at = now()
    WHERE d.account_id = %(account_id)s AND d.chunk_id = %(chunk_id)s AND d.state = ANY(%(from)s::text[])
      AND NOT (%(state)s = 'cancelled' AND d.state = 'deferred' AND EXISTS (
          SELECT 1 FROM relay_deferral r WHERE r.delivery_id = d.id AND r.account_id = d.account_id))
    RETURNING d.id, d.campaign_id
)
INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
SELECT %(account_id)s, %(chunk_id)s, campaign_id, %(state)s, '', count(*) FROM ended GROUP BY campaign_id
ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
"""


def run(statement: str, parameters: dict[str, Any]) -> int:
    """Return the first value of the first row, or the number of rows written."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount


def move(campaign: LockedCampaign, state: CampaignState, by: CampaignMover, *, reason: str = "", **fields: Any) -> None:
    """Logged once the transaction is committed."""
    states.move(campaign, state, by, reason=reason, **fields)
    campaign_log.tell_moved(campaign)


def complete(campaign: LockedCampaign) -> None:
    """When no chunk or retry is left; an automation's message goes on until no one can get it any longer."""
    if campaign.state not in RUNNING or (campaign.automation_id is not None and not campaign.automation_over):
        return
    if Chunk.objects.filter(campaign_id=campaign.id, state__in=OPEN_CHUNKS).exists():
        return
    if ab_test.test_goes_on(campaign):
        ab_test.end_test(campaign)
    elif not Retry.objects.filter(campaign_id=campaign.id).exists():
        move(campaign, CampaignState.SENT, CampaignMover.MACHINE)
        figures_changed(campaign.id)


def end_rows(
    account_id: int, chunk_id: int, state: DeliveryState, reason: str, origin: tuple[DeliveryState, ...]
) -> None:
    parameters = {"account_id": account_id, "chunk_id": chunk_id, "state": state.value, "reason": reason}
    run(_END_ROWS, {**parameters, "from": [old_state.value for old_state in origin]})


def cancel_rows(account_id: int, chunk_id: int) -> None:
    """Messages in a relay's queue stay, because they cannot be recalled."""
    deferred = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED)
    had_any = deferred.exists()
    end_rows(account_id, chunk_id, DeliveryState.CANCELLED, "", (DeliveryState.PENDING, DeliveryState.DEFERRED))
    if had_any:
        Tally.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED).update(count=deferred.count())


def next_number(campaign: Campaign | None) -> int:
    if campaign is None:
        return 0
    highest = Chunk.objects.filter(campaign_id=campaign.id).aggregate(n=Max("number"))["n"]
    return (highest or 0) + 1
