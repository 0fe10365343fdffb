"""Verdicts on replies, and one statement for a whole batch of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.send.database import Connection
from mailflatrate.base import job_queue, tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.outbox.writing import emitted
from mailflatrate.mail.bounce_text.verdict import classify_smtp_reply
from mailflatrate.mail.reading.values import BounceOutcome
from mailflatrate.rules.events import EventType
from mailflatrate.rules.sending.pace import CAMPAIGN_RETRIES, RetryPolicy, next_attempt
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage

_SWITCHED_ON = "EXISTS (SELECT 1 FROM event_setting s WHERE s.account_id = %(account_id)s AND s.per_message)"


def sent_events_sql(source: str, *, delivery: str, campaign: str, contact: str, sent: str) -> str:
    """For a WITH, for accepted messages in `source`. All is SQL; `sent`: the new state. Needs `account_id`."""
    payload = f"jsonb_build_object('message_id', {delivery}, 'campaign_id', {campaign}, 'contact_id', {contact})"
    condition = f"{sent} = 'sent' AND {campaign} IS NOT NULL AND {contact} IS NOT NULL AND {_SWITCHED_ON}"
    return emitted(EventType.MESSAGE_SENT, "%(account_id)s", payload, f"{source} WHERE {condition}")


COUNT_BOUNCES = "delivery.count_bounces"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
BOUNCES = {
    BounceOutcome.RECIPIENT_HARD: "hard",
    BounceOutcome.RECIPIENT_SOFT: "soft",
    BounceOutcome.SENDER_FAULT: "sender",
    BounceOutcome.CONTENT: "content",
}
_SENT, _BOUNCED, _DEFERRED, _IN_DOUBT, _WITHHELD = (
    state.value
    for state in (
        DeliveryState.SENT,
        DeliveryState.BOUNCED,
        DeliveryState.DEFERRED,
        DeliveryState.IN_DOUBT,
        DeliveryState.WITHHELD,
    )
)


class SettledDelivery(NamedTuple):
    """`due_at`: only deferred messages (R-72); `stage` and `host` go to the attempt."""

    delivery_id: int
    state: str
    code: int | None
    status: str
    text: str
    bounce: str
    reason: str
    at: datetime
    stage: str = ""
    host: str = ""
    due_at: datetime | None = None


def retry_policy(settings: Settings) -> RetryPolicy:
    first = settings.retry_first_seconds / 60
    hours = settings.retry_give_up_seconds / 3600
    return RetryPolicy(first, settings.retry_factor, max(first, CAMPAIGN_RETRIES.longest_minutes), hours)


def withheld(delivery_id: int, reason: str, now: datetime) -> SettledDelivery:
    return SettledDelivery(delivery_id, _WITHHELD, None, "", "", "", reason, now)


def in_doubt(delivery_id: int, reason: str, now: datetime) -> SettledDelivery:
    """Its sending began, and its reply will never be known."""
    return SettledDelivery(delivery_id, _IN_DOUBT, None, "", "", "", reason, now, Stage.DATA_END.value)


def settle(
    outcome: SendOutcome, now: datetime, *, attempts: int, first_at: datetime | None, policy: RetryPolicy
) -> SettledDelivery:
    """`attempts` were made before it, the first at `first_at`. Not for NOT_SENT."""
    kind, delivery_id = outcome.kind, outcome.delivery_id
    text = outcome.text[:1000]
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", text)  # PostgreSQL's text cannot hold a NUL
    if kind is OutcomeKind.ACCEPTED:
        return SettledDelivery(delivery_id, _SENT, outcome.code, outcome.enhanced or "", text, "", "", now)
    if kind is OutcomeKind.IN_DOUBT:
        return in_doubt(delivery_id, f"connection lost: {text}"[:60], now)
    verdict = classify_smtp_reply(outcome.code, outcome.enhanced, outcome.text)
    bounce, due_at = BOUNCES[verdict.outcome], None
    if outcome.stage is Stage.LOCAL:
        bounce = "content"  # the relay cannot carry this message; that says nothing about the mailbox
    elif kind is OutcomeKind.DEFERRED:
        due_at = next_attempt(attempts + 1, first_at or now, now, policy)
        bounce = "soft" if bounce == "hard" else bounce
    return SettledDelivery(
        delivery_id,
        _DEFERRED if due_at else _BOUNCED,
        outcome.code or None,
        (outcome.enhanced or verdict.status)[:12],
        text,
        "" if due_at else bounce,
        verdict.reason.value,
        now,
        outcome.stage.value,
        outcome.remote_host,
        due_at,
    )


# One statement, because each part only follows from the rows that were really changed: a batch that is written twice
# (the server went away before it could say that it had committed) changes, counts and enqueues nothing the second time.
_RECORD = """
WITH mine AS (
    SELECT id, campaign_id FROM chunk
    WHERE id = %(chunk_id)s AND account_id = %(account_id)s AND state = 'sending' AND claimed_by = %(claimed_by)s
    FOR NO KEY UPDATE
), given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(codes)s::int[], %(statuses)s::text[],
        %(texts)s::text[], %(bounces)s::text[], %(reasons)s::text[], %(ats)s::timestamptz[])
        AS t(id, state, code, status, text, bounce, reason, at)
), written AS (
    UPDATE delivery d
    SET state = g.state, reply_code = g.code, reply_status = g.status, reply_text = g.text, bounce = g.bounce,
        reason = g.reason, settled_at = CASE WHEN g.state = 'deferred' THEN NULL ELSE g.at END,
        attempts = d.attempts + (g.state <> 'withheld')::int
    FROM given g, mine
    WHERE d.id = g.id AND d.account_id = %(account_id)s AND d.chunk_id = mine.id AND d.state = 'pending'
    RETURNING d.id, d.state, d.bounce, d.reason, d.attempts, d.contact_id
), told AS (
    {told}
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, mine.id, mine.campaign_id, w.state,
        CASE w.state WHEN 'bounced' THEN w.bounce WHEN 'withheld' THEN w.reason ELSE '' END, count(*)
    FROM written w, mine GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
{extra}
SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM written)
"""
_BOUNCE_JOB = job_queue.new_job(
    f"'{JobQueue.HOUSE}'",
    f"'{COUNT_BOUNCES}'",
    "jsonb_build_object('account_id', %(account_id)s::bigint, 'delivery_ids', jsonb_agg(w.id))",
)
# Only for batches with results other than accepted and withheld.
_EXTRA = f"""
, failed AS (
    SELECT * FROM unnest(%(failed_ids)s::bigint[], %(stages)s::text[], %(hosts)s::text[], %(dues)s::timestamptz[])
        AS t(id, stage, host, due_at)
), tried AS (
    INSERT INTO attempt (account_id, delivery_id, number, at, stage, reply_code, reply_status, reply_text, host)
    SELECT %(account_id)s, w.id, w.attempts, g.at, f.stage, g.code, g.status, g.text, f.host
    FROM written w JOIN given g USING (id) JOIN failed f USING (id)
), later AS (
    INSERT INTO retry (delivery_id, account_id, campaign_id, due_at)
    SELECT w.id, %(account_id)s, mine.campaign_id, f.due_at
    FROM written w JOIN failed f USING (id), mine WHERE w.state = 'deferred'
    ON CONFLICT (delivery_id) DO UPDATE SET due_at = excluded.due_at
), queued AS (
    SELECT {job_queue.enqueue(f"ARRAY[{_BOUNCE_JOB}]")}
    FROM written w WHERE (w.state = 'bounced' AND w.bounce IN ('hard', 'soft'))
        OR (w.state = 'sent' AND w.id = ANY(%(recovered)s::bigint[]))
    HAVING count(*) > 0
), used AS (
    SELECT count(*) FROM queued
)"""  # noqa: S608  # made of constants
_TOLD = sent_events_sql(
    "written w, mine", delivery="w.id", campaign="mine.campaign_id", contact="w.contact_id", sent="w.state"
)
_RECORD_SENT = _RECORD.format(extra="", told=_TOLD)
_RECORD_ALL = _RECORD.format(extra=_EXTRA, told=_TOLD).replace(
    "(SELECT count(*) FROM written)", "(SELECT count(*) FROM written), (SELECT * FROM used)"
)


def _numbers(values: Iterable[int | None]) -> str:
    """In PostgreSQL's notation: the driver would check each element's class, half a second for 100,000."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def _texts(values: Iterable[str]) -> str:
    escaped = "\x00".join(values).replace("\\", "\\\\").replace('"', '\\"').replace("\x00", '","')
    return f'{{"{escaped}"}}'


@dataclass(frozen=True, slots=True)
class RecordedBatch:
    """`claim_held` False: this sender no longer holds the chunk, and nothing was written."""

    claim_held: bool
    written: int


async def record(
    connection: Connection,
    account_id: int,
    chunk_id: int,
    claimed_by: str,
    batch: Sequence[SettledDelivery],
    recovered: frozenset[int] = frozenset(),
) -> RecordedBatch:
    """In the current transaction. `recovered`: deliveries whose contact had soft bounces before."""
    ids, states, codes, statuses, texts, bounces, reasons, ats, *_ = zip(*batch, strict=True)
    parameters: dict[str, object] = {
        "account_id": account_id,
        "chunk_id": chunk_id,
        "claimed_by": claimed_by,
        "ids": _numbers(ids),
        "states": _texts(states),
        "codes": _numbers(codes),
        "statuses": _texts(statuses),
        "texts": _texts(texts),
        "bounces": _texts(bounces),
        "reasons": _texts(reasons),
        "ats": _texts(map(str, ats)),
    }
    failed = [row for row in batch if row.state in (_DEFERRED, _BOUNCED, _IN_DOUBT)]
    revived = [row.delivery_id for row in batch if row.state == _SENT and row.delivery_id in recovered]
    statement = _RECORD_SENT
    if failed or revived:
        statement = _RECORD_ALL
        await tenancy.enter_jobs_async(connection)
        parameters |= {
            "failed_ids": [row.delivery_id for row in failed],
            "stages": [row.stage for row in failed],
            "hosts": [row.host for row in failed],
            "dues": [row.due_at for row in failed],
            "recovered": revived,
        }
    cursor = await connection.execute(statement, parameters)
    row = await cursor.fetchone()
    assert row is not None
    return RecordedBatch(claim_held=bool(row[0]), written=int(str(row[1])))
