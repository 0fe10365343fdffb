"""Tell a database that was promoted or restored what was sent before (ADR 0020). All sending is held meanwhile."""

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery import maybe_sent
from mailflatrate.apps.delivery.send.journal import JournalEntry
from mailflatrate.apps.delivery.send.sent_record import read_folder
from mailflatrate.base import tenancy
from mailflatrate.wire.smtp_types import OutcomeKind

BATCH = 2000
REASON = "database_behind"

# Only rows that are older than what the journal says of them: a reused identifier belongs to another message.
_TELL = """
WITH reported AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(accepted)s::boolean[], %(ats)s::bigint[]) AS t(id, accepted, at_ms)
), before AS (
    SELECT d.id, d.chunk_id, d.campaign_id, d.state AS was, CASE WHEN t.accepted THEN 'sent' ELSE 'in_doubt' END AS now,
        to_timestamp(t.at_ms / 1000.0) AS at
    FROM delivery d JOIN reported t USING (id)
    WHERE d.account_id = %(account_id)s AND d.created_at < to_timestamp(t.at_ms / 1000.0) + interval '5 minutes'
      AND (d.state IN ('pending', 'deferred') OR (d.state = 'in_doubt' AND t.accepted))
    FOR UPDATE OF d
), changed AS (
    UPDATE delivery d SET state = b.now, reason = %(reason)s, settled_at = b.at, attempts = d.attempts + 1
    FROM before b WHERE d.id = b.id AND d.account_id = %(account_id)s
    RETURNING d.id
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
"""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """Counts of a replay: `changed` deliveries were behind; `missing` are not in the database at all."""

    changed: int
    missing: int


def replay(folder: Path) -> ReplayResult:
    """Replay everything a journal folder knows. A repeated call changes nothing more."""
    changed = missing = 0
    incomplete: set[int] = set()
    last: dict[int, dict[int, JournalEntry]] = defaultdict(dict)
    for entries in read_folder(folder):
        for entry in entries:
            if entry.outcome is None or entry.outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT):
                known = last[entry.account_id].get(entry.delivery_id)
                if known is None or known.outcome is None:  # an acceptance is never taken back
                    last[entry.account_id][entry.delivery_id] = entry
    for account_id, by_id in last.items():
        reported = list(by_id.values())
        for begin in range(0, len(reported), BATCH):
            found = _tell(account_id, reported[begin : begin + BATCH])
            changed, missing = changed + found.changed, missing + found.missing
            if found.missing:
                incomplete.add(account_id)
    maybe_sent.set_aside_accounts(incomplete)
    return ReplayResult(changed, missing)


def _tell(account_id: int, entries: list[JournalEntry]) -> ReplayResult:
    now_ms = time.time_ns() // 1_000_000  # a journal notes no time for what was begun and had no reply
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "reason": REASON,
        "ids": [entry.delivery_id for entry in entries],
        "accepted": [entry.outcome is not None and entry.outcome.kind is OutcomeKind.ACCEPTED for entry in entries],
        "ats": [entry.at_ms or now_ms for entry in entries],
    }
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(_TELL, parameters)
        changed, missing = cursor.fetchone()
    return ReplayResult(changed, missing)
