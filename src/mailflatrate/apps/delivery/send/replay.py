"""Tell a promoted or restored database what was sent before (ADR 0002). All sending is held meanwhile."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.recovery import maybe_sent
from mailflatrate.apps.delivery.send.journal import JournalEntry
from mailflatrate.apps.delivery.send.outcomes import sent_events_sql
from mailflatrate.apps.delivery.send.sent_record import may_have_arrived, read_folder
from mailflatrate.base import tenancy
from mailflatrate.wire.smtp.types import OutcomeKind

BATCH = 2_000
GATHERED = 10_000
REASON = "database_behind"

# By identifiers alone, whatever a host's clock says. None is given out twice, because they jump at each hold.
_TELL = f"""
WITH reported AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(accepted)s::boolean[], %(ats)s::bigint[]) AS t(id, accepted, at_ms)
), before AS (
    SELECT d.id, d.chunk_id, d.campaign_id, d.contact_id, d.state AS was,
        CASE WHEN t.accepted THEN 'sent' ELSE 'in_doubt' END AS now, to_timestamp(t.at_ms / 1000.0) AS at
    FROM delivery d JOIN reported t USING (id)
    WHERE d.account_id = %(account_id)s
      AND (d.state IN ('pending', 'deferred') OR (d.state = 'in_doubt' AND t.accepted))
    FOR UPDATE OF d
), changed AS (
    UPDATE delivery d SET state = b.now, reason = %(reason)s, settled_at = b.at, attempts = d.attempts + 1
    FROM before b WHERE d.id = b.id AND d.account_id = %(account_id)s
    RETURNING d.id
), told AS (
    {sent_events_sql("before b", delivery="b.id", campaign="b.campaign_id", contact="b.contact_id", sent="b.now")}
), not_again AS (
    DELETE FROM retry WHERE account_id = %(account_id)s AND delivery_id IN (SELECT id FROM changed)
), moved AS (
    SELECT chunk_id, campaign_id, now AS state, count(*) AS n FROM before GROUP BY 1, 2, 3
    UNION ALL
    SELECT chunk_id, campaign_id, was, -count(*) FROM before WHERE was <> 'pending' GROUP BY 1, 2, 3
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, chunk_id, campaign_id, state, '', sum(n) FROM moved GROUP BY 2, 3, 4
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
SELECT (SELECT count(*) FROM before),
    (SELECT count(*) FROM reported t WHERE NOT EXISTS (
        SELECT 1 FROM delivery_record d WHERE d.id = t.id AND d.account_id = %(account_id)s))
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class ReplayResult:
    changed: int
    missing: int


def replay(folder: Path) -> ReplayResult:
    """Repeatable. At most GATHERED are in memory; order doesn't matter: an acceptance is never taken back."""
    changed = missing = 0
    incomplete: set[int] = set()
    for account_id, reported in _batches(read_folder(folder)):
        change = _tell(account_id, reported)
        changed, missing = changed + change.changed, missing + change.missing
        if change.missing:
            incomplete.add(account_id)
    maybe_sent.set_aside_accounts(incomplete)
    return ReplayResult(changed, missing)


def _batches(entries: Iterable[JournalEntry]) -> Iterator[tuple[int, list[JournalEntry]]]:
    """An account and up to BATCH of its messages that may have arrived, each once in a batch."""
    rest = filter(may_have_arrived, entries)
    while gathered := list(islice(rest, GATHERED)):
        last: dict[int, dict[int, JournalEntry]] = defaultdict(dict)
        for entry in gathered:
            earlier = last[entry.account_id].get(entry.delivery_id)
            if earlier is None or not _is_accepted(earlier):
                last[entry.account_id][entry.delivery_id] = entry
        for account_id, by_id in last.items():
            reported = list(by_id.values())
            for begin in range(0, len(reported), BATCH):
                yield account_id, reported[begin : begin + BATCH]


def _is_accepted(entry: JournalEntry) -> bool:
    return entry.outcome is not None and entry.outcome.kind is OutcomeKind.ACCEPTED


def _tell(account_id: int, entries: list[JournalEntry]) -> ReplayResult:
    now_ms = time.time_ns() // 1_000_000  # a journal notes no time for what was begun and had no reply
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "reason": REASON,
        "ids": [entry.delivery_id for entry in entries],
        "accepted": [_is_accepted(entry) for entry in entries],
        "ats": [entry.at_ms or now_ms for entry in entries],
    }
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(_TELL, parameters)
        changed, missing = cursor.fetchone()
    return ReplayResult(changed, missing)
