"""Claims of lost hosts, settled by what the database or a late journal knows about them (ADR 0002)."""

from django.db import connection
from django.db.models.functions import Now

from mailflatrate.apps.campaigns.states import find_locked
from mailflatrate.apps.delivery.actions.claim_end import give_back
from mailflatrate.apps.delivery.actions.row_updates import end_rows, next_number, run
from mailflatrate.apps.delivery.locked_chunks import locked_chunks, locked_claim
from mailflatrate.apps.delivery.models import (
    Begun,
    Chunk,
    ChunkState,
    Delivery,
    DeliveryState,
    LostClaim,
    Retry,
    Tally,
)
from mailflatrate.base import clock, tenancy

# What the marks of a lost sender say about the rows of its chunk (ADR 0002). The rest stays pending. Marks do not wait
# for the disk: if the server has crashed since, the last ones may be missing, and only what was accepted by an earlier
# one is known (ADR 0093).
_BY_MARKS = """
WITH mark AS (
    DELETE FROM begun WHERE chunk_id = %(chunk_id)s AND account_id = %(account_id)s AND claimed_by = %(claimed_by)s
    RETURNING begun_to, under_way, unsent, server_run
), known AS (
    SELECT m.*, coalesce(m.server_run = (SELECT run FROM server_run), false) AS is_whole FROM mark m
), ended AS (
    UPDATE delivery d
    SET state = CASE WHEN d.id = ANY(k.under_way) OR d.id > k.begun_to OR d.id = ANY(k.unsent)
            THEN 'in_doubt' ELSE 'sent' END,
        reason = 'host_lost', settled_at = now(), attempts = d.attempts + 1
    FROM known k
    WHERE d.account_id = %(account_id)s AND d.chunk_id = %(chunk_id)s AND d.state = 'pending'
      AND (NOT k.is_whole OR (d.id <= k.begun_to AND NOT d.id = ANY(k.unsent)))
    RETURNING d.id, d.campaign_id, d.state
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, %(chunk_id)s, campaign_id, state, '', count(*) FROM ended GROUP BY campaign_id, state
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
SELECT array_agg(id) FILTER (WHERE state = 'in_doubt') FROM ended
"""

_REOPEN = """
WITH moved AS (
    UPDATE delivery SET chunk_id = %(chunk_id)s, state = 'pending', reason = '', settled_at = NULL,
        attempts = greatest(attempts - 1, 0)
    WHERE id = ANY(%(ids)s) AND account_id = %(account_id)s AND state = 'in_doubt' AND reason = 'host_lost'
    RETURNING id
)
UPDATE tally SET count = count - (SELECT count(*) FROM moved)
WHERE account_id = %(account_id)s AND chunk_id = %(from)s AND state = 'in_doubt' AND detail = ''
"""


def abandon_chunk(account_id: int, chunk_id: int, claimed_by: str) -> None:
    """What is not marked begun, another sender sends; the rest is unknown until the journal is found (ADR 0002)."""
    with tenancy.account(account_id):
        campaign = find_locked(Chunk.objects.filter(id=chunk_id).values_list("campaign_id", flat=True).first())
        chunk = locked_claim(chunk_id, claimed_by)
        if chunk is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_BY_MARKS, {"account_id": account_id, "chunk_id": chunk_id, "claimed_by": claimed_by})
            (unknown,) = cursor.fetchone()
        if unknown:
            LostClaim.objects.create(
                campaign_id=chunk.campaign_id, chunk=chunk, claimed_by=claimed_by, deliveries=unknown
            )
        give_back(chunk, campaign)


def end_unknown(account_id: int, chunk_id: int) -> bool:
    """The database may have forgotten that they were sent. Returns whether there were any."""
    with tenancy.account(account_id):
        campaign = find_locked(Chunk.objects.filter(id=chunk_id).values_list("campaign_id", flat=True).first())
        (chunk,) = locked_chunks(Chunk.objects.filter(id=chunk_id))
        deferred = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED)
        Retry.objects.filter(delivery__in=deferred).delete()
        Tally.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED).update(count=0)
        origin = (DeliveryState.PENDING, DeliveryState.DEFERRED)
        had_any = Delivery.objects.filter(chunk_id=chunk_id, state__in=origin).exists()
        end_rows(account_id, chunk_id, DeliveryState.IN_DOUBT, "database_behind", origin)
        if chunk.state != ChunkState.DONE:
            give_back(chunk, campaign)
        return had_any


def reopen_lost_claim(account_id: int, lost_claim_id: int) -> int | None:
    """Move its deliveries to a new chunk, claimed under the found journal's name; None if done elsewhere."""
    with tenancy.account(account_id):
        campaign = find_locked(LostClaim.objects.filter(id=lost_claim_id).values_list("campaign_id", flat=True).first())
        lost = LostClaim.objects.select_for_update().filter(id=lost_claim_id, settled_at=None).first()
        if lost is None:
            return None
        origin = Chunk.objects.get(id=lost.chunk_id)
        chunk = Chunk.objects.create(
            campaign_id=lost.campaign_id,
            number=next_number(campaign),
            size=len(lost.deliveries),
            provider=origin.provider,
            state=ChunkState.SENDING,
            claimed_by=lost.claimed_by,
            claimed_at=Now(),
            heartbeat_at=Now(),
        )
        # If this process ends before the journal is written, the marks still show what is unknown.
        Begun.objects.create(
            chunk=chunk, claimed_by=lost.claimed_by, begun_to=max(lost.deliveries), under_way=lost.deliveries
        )
        run(_REOPEN, {"account_id": account_id, "from": lost.chunk_id, "chunk_id": chunk.id, "ids": lost.deliveries})
        LostClaim.objects.filter(id=lost.id).update(settled_at=clock.now())
        return chunk.id
