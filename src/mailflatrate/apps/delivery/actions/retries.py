"""Deferred messages that are due again (R-72)."""

from datetime import datetime
from typing import Any

from django.db.models import Min

from mailflatrate.apps.campaigns.states import find_locked
from mailflatrate.apps.delivery import lanes, wake
from mailflatrate.apps.delivery.actions.row_updates import next_number, run
from mailflatrate.apps.delivery.locked_chunks import new_chunk
from mailflatrate.apps.delivery.models import Chunk, Retry
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.rules.campaigns.campaign_states import RUNNING
from mailflatrate.settings.schema import load_settings

# Due retries of one lane become a chunk of their own; the tally of the chunk they leave follows them.
_COLLECT = """
WITH due AS (
    DELETE FROM retry WHERE account_id = %(account_id)s AND delivery_id IN (
        SELECT r.delivery_id FROM retry r
        JOIN delivery d ON d.id = r.delivery_id AND d.account_id = r.account_id
        JOIN chunk k ON k.id = d.chunk_id AND k.account_id = r.account_id AND k.provider = %(provider)s
        WHERE r.account_id = %(account_id)s AND r.campaign_id IS NOT DISTINCT FROM %(campaign_id)s
          AND r.due_at <= %(now)s
        ORDER BY r.due_at LIMIT %(most)s FOR UPDATE OF r SKIP LOCKED)
    RETURNING delivery_id
), before AS (
    SELECT d.id, d.chunk_id FROM delivery d JOIN due ON due.delivery_id = d.id
    WHERE d.account_id = %(account_id)s AND d.state = 'deferred'
), moved AS (
    UPDATE delivery d SET chunk_id = %(chunk_id)s, state = 'pending' FROM before
    WHERE d.id = before.id AND d.account_id = %(account_id)s
    RETURNING d.id
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, chunk_id, %(campaign_id)s, 'deferred', '', -count(*) FROM before GROUP BY chunk_id
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
SELECT count(*) FROM moved
"""


def _of(campaign_id: int | None) -> dict[str, Any]:
    return {"campaign__isnull": True} if campaign_id is None else {"campaign_id": campaign_id}


def wake_retries(account_id: int, campaign_id: int | None) -> None:
    first = Retry.objects.filter(**_of(campaign_id)).aggregate(at=Min("due_at"))["at"]
    if first is not None:
        jobs.defer(
            "delivery.collect_retries",
            jobs.JobQueue.PLAN,
            at=first,
            once=f"retries:{account_id}:{campaign_id}",
            account_id=account_id,
            campaign_id=campaign_id,
        )


def collect_retries(account_id: int, campaign_id: int | None) -> None:
    most = load_settings().chunk_size
    while _collect_some(account_id, campaign_id, clock.now(), most):
        pass


def _collect_some(account_id: int, campaign_id: int | None, now: datetime, most: int) -> int:
    with tenancy.account(account_id):
        campaign = find_locked(campaign_id)
        if campaign is not None and campaign.state not in RUNNING:
            return 0
        due = Retry.objects.filter(**_of(campaign_id), due_at__lte=now).order_by("due_at")
        provider = due.values_list("delivery__chunk__provider", flat=True).first()
        if provider is None:
            wake_retries(account_id, campaign_id)
            return 0
        chunk = new_chunk(campaign_id, next_number(campaign), provider)
        parameters = {"account_id": account_id, "campaign_id": campaign_id, "chunk_id": chunk.id, "now": now}
        moved = run(_COLLECT, {**parameters, "provider": provider, "most": most})
        Chunk.objects.filter(id=chunk.id).update(size=moved)
        if campaign is not None:
            lanes.sort_out(chunk, campaign)
        wake.wake_chunk(account_id, chunk.id)
        wake_retries(account_id, campaign_id)
        return moved
