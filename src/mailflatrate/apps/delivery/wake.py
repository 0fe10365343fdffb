"""Jobs for chunks, enqueued in the current transaction: only for what is ready and has no job. The chunk's row
decides: an extra job finds nothing to claim, a missing one is enqueued by the sweep.
"""

from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from mailflatrate.apps.campaigns.states import LockedCampaign
from mailflatrate.base import job_queue, jobs, tenancy, tracing
from mailflatrate.base.jobs import JobQueue
from mailflatrate.rules import sql

SEND_CHUNK = "delivery.send_chunk"
SEND_TRANSACTIONAL = "delivery.send_transactional"


def lane_open(chunk: str) -> str:
    """SQL condition on a chunk (its table's alias): no person has to release its lane (R-90)."""
    return f"""NOT EXISTS (SELECT 1 FROM lane_hold h WHERE h.account_id = {chunk}.account_id
        AND h.campaign_id = {chunk}.campaign_id AND h.provider = {chunk}.provider AND h.released_at IS NULL)"""  # noqa: S608


# A campaign that is sent in turns has one job at a time, for the next turn; thousands would only find it taken.
# The priority falls with the chunk's number, so that a small campaign is not stuck behind a large one. Confirmation
# mails and notices have a lane of their own, beside whatever is running.
_KEY = "'chunk:' || c.id"
_JOB = job_queue.new_job(
    f"CASE WHEN c.campaign_id IS NULL THEN '{JobQueue.EXPRESS}' ELSE '{JobQueue.SEND}' END",
    f"CASE WHEN c.campaign_id IS NULL THEN '{SEND_TRANSACTIONAL}' ELSE '{SEND_CHUNK}' END",
    "jsonb_build_object('account_id', c.account_id, 'chunk_id', c.id) || %(trace)s::jsonb",
    priority="CASE WHEN c.campaign_id IS NULL THEN 10 ELSE -c.number END",
    once=_KEY,
    at="greatest(c.not_before, p.next_turn_at, %(at)s::timestamptz)",
)
_DEFER_READY = f"""
SELECT {job_queue.enqueue(f"array_agg({_JOB} ORDER BY c.number)")}
FROM chunk c
JOIN account a ON a.id = c.account_id
LEFT JOIN campaign k ON k.id = c.campaign_id AND k.account_id = c.account_id
LEFT JOIN plan p ON p.campaign_id = c.campaign_id AND p.account_id = c.account_id AND p.per_turn IS NOT NULL
WHERE c.account_id = %(account_id)s AND c.state = 'ready'
  AND (c.campaign_id IS NULL OR (k.state IN {sql.campaign_states("RUNNING")} AND {sql.may_send("a")}))
  AND {lane_open("c")}
  AND NOT {job_queue.is_waiting(_KEY)}
  AND (p.per_turn IS NULL OR c.id = (
      SELECT n.id FROM chunk n WHERE n.account_id = c.account_id AND n.campaign_id = c.campaign_id
        AND n.state = 'ready' AND {lane_open("n")} ORDER BY n.not_before NULLS FIRST, n.number LIMIT 1))
  AND {{which}}
HAVING count(*) > 0
"""  # noqa: S608  # made of constants

# For a campaign: chunk 0 first; the others once the canary has released them.
_OF_CAMPAIGN = """c.campaign_id = %(campaign_id)s AND (c.number = 0 OR EXISTS (
    SELECT 1 FROM plan p WHERE p.campaign_id = c.campaign_id AND p.account_id = c.account_id
      AND (p.canary_size = 0 OR p.released_at IS NOT NULL)))"""


# A campaign whose ready chunks all have a job has nothing to wake, and one with an open chunk isn't over.
_NEED_SWEEP = f"""
SELECT k.account_id, k.id FROM campaign k
WHERE k.state IN {sql.campaign_states("RUNNING")} AND (
    EXISTS (SELECT 1 FROM chunk c WHERE c.account_id = k.account_id AND c.campaign_id = k.id AND c.state = 'ready'
        AND NOT {job_queue.is_waiting(_KEY)})
    OR ((k.automation_id IS NULL OR k.automation_over) AND NOT EXISTS (
        SELECT 1 FROM chunk c WHERE c.account_id = k.account_id AND c.campaign_id = k.id
            AND c.state IN ('ready', 'sending'))))
"""  # noqa: S608  # made of constants


def campaigns_to_sweep() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_NEED_SWEEP)
        return list(cursor.fetchall())


def wake_campaign(campaign: LockedCampaign, at: datetime | None = None) -> None:
    """Not before `at`."""
    _wake_twice(_OF_CAMPAIGN, at, account_id=campaign.account_id, campaign_id=campaign.id)


def wake_chunk(account_id: int, chunk_id: int, at: datetime | None = None) -> None:
    """Not before `at`."""
    _wake_twice("c.id = %(chunk_id)s", at, account_id=account_id, chunk_id=chunk_id)


def wake_transactional(account_id: int) -> None:
    _wake_twice("c.campaign_id IS NULL", None, account_id=account_id)


def _wake_twice(which: str, at: datetime | None, **numbers: int) -> None:
    """Again after the commit: a job already waiting may have run before it, and ended without a claim."""
    _wake(which, at, **numbers)
    key = (which, *numbers.items())

    def check_again() -> None:
        # Another process may wake the same chunk at this moment; the sweep makes good any failure here.
        with suppress(IntegrityError), tenancy.account(numbers["account_id"]):
            _wake(which, at, **numbers)

    check_again.key = key  # type: ignore[attr-defined]
    if not any(getattr(other, "key", None) == key for _, other, *_ in connection.run_on_commit):
        transaction.on_commit(check_again, robust=True)


def _wake(which: str, at: datetime | None, **numbers: int) -> None:
    with tenancy.deferring(), connection.cursor() as cursor:
        cursor.execute(_DEFER_READY.format(which=which), {"at": at, "trace": tracing.carried_sql(), **numbers})


def figures_changed(campaign_id: int | None) -> None:
    """Check it once this transaction is committed (R-86)."""
    if campaign_id is not None:
        jobs.wake(
            "stats.judge_campaign",
            jobs.JobQueue.HOUSE,
            once=f"judge:{campaign_id}",
            account_id=tenancy.current_account_id(),
            campaign_id=campaign_id,
        )
