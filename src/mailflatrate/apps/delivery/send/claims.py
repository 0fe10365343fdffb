"""What a sender reads: the claim of a chunk with all its rows, and the repeated check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mailflatrate.apps.delivery.fence_sql import HELD, OPEN
from mailflatrate.apps.delivery.planning.coupons import CODES, by_contact
from mailflatrate.apps.delivery.send.database import BY_KEYS, Connection
from mailflatrate.apps.delivery.wake import lane_open
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS, RecipientRow
from mailflatrate.rules import sql
from mailflatrate.rules.checks.recipient_subscribed import MAILED


class ChunkHalt(Enum):
    STOPPING = "the process stops"
    CAMPAIGN = "the campaign or the account does not send any more"
    CLAIM_LOST = "another sender took the chunk over"
    RELAY = "the relay does not answer"
    BROKEN = "a part of the work failed"


# Compare-and-set and fetch in one. A campaign sent in turns gives one turn to one claim: a second claim waits for the
# plan's row and finds the next turn still ahead. What is beyond the turn is returned with the chunk. The same sender
# may repeat a claim if it never learned of its success.
_CLAIM = f"""
WITH turn AS (
    UPDATE plan p SET next_turn_at = now() + p.turn_seconds * interval '1 second'
    FROM chunk c
    WHERE c.id = %(chunk_id)s AND c.account_id = %(account_id)s AND c.state = 'ready'
      AND (c.not_before IS NULL OR c.not_before <= now()) AND {lane_open("c")}
      AND p.campaign_id = c.campaign_id AND p.account_id = c.account_id
      AND p.per_turn IS NOT NULL AND p.next_turn_at <= now() AND {OPEN}
    RETURNING p.per_turn
), claimed AS (
    UPDATE chunk SET state = 'sending', claimed_by = %(claimed_by)s, claimed_at = now(), heartbeat_at = now()
    WHERE id = %(chunk_id)s AND account_id = %(account_id)s
      AND (state = 'ready' OR (state = 'sending' AND claimed_by = %(claimed_by)s))
      AND (not_before IS NULL OR not_before <= now()) AND {OPEN}
      AND (campaign_id IS NULL OR (
          EXISTS (SELECT 1 FROM campaign k WHERE k.id = chunk.campaign_id AND k.account_id = chunk.account_id
                  AND k.state IN {sql.campaign_states("RUNNING")})
          AND (EXISTS (SELECT 1 FROM turn) OR NOT EXISTS (
              SELECT 1 FROM plan p WHERE p.campaign_id = chunk.campaign_id AND p.account_id = chunk.account_id
                AND p.per_turn IS NOT NULL))
          AND EXISTS (SELECT 1 FROM account a WHERE a.id = chunk.account_id AND {sql.may_send("a")})
          AND {lane_open("chunk")}))
    RETURNING id, account_id, campaign_id, claimed_by
), marked AS (
    INSERT INTO begun (chunk_id, account_id, claimed_by, server_run)
    SELECT id, account_id, claimed_by, (SELECT run FROM server_run) FROM claimed
    ON CONFLICT (chunk_id) DO UPDATE SET claimed_by = excluded.claimed_by, begun_to = 0, under_way = '{{}}',
        unsent = '{{}}', server_run = excluded.server_run
)
SELECT claimed.campaign_id, d.edition_id, first.at, (SELECT per_turn FROM turn), {COLUMNS}
FROM claimed
LEFT JOIN delivery d ON d.chunk_id = %(chunk_id)s AND d.account_id = %(account_id)s AND d.state = 'pending'
LEFT JOIN LATERAL (SELECT min(t.at) AS at FROM attempt t
    WHERE t.account_id = d.account_id AND t.delivery_id = d.id AND d.attempts > 0) first ON d.attempts > 0
{JOINS}
ORDER BY d.id
"""  # noqa: S608  # made of constants
_HEAD = 4
_BY_KEYS = "SELECT " + ", ".join(f"set_config('{name}', 'off', true)" for name in BY_KEYS)

# A row is listed only while nothing speaks against it, so one that is missing for any reason isn't sent. The
# subscription stays an outer join and suppressions a lookup per row: other joins read, or plan, more than one chunk.
_ROWS = f"""
    SELECT d.id FROM delivery d
    JOIN contact c ON c.id = d.contact_id AND c.account_id = d.account_id
    LEFT JOIN subscription s ON s.account_id = d.account_id AND s.mailing_list_id = d.mailing_list_id
        AND s.contact_id = d.contact_id
    WHERE d.chunk_id = %(chunk_id)s AND d.account_id = a.id AND d.state = 'pending' AND d.id >= %(first_id)s
      AND d.consent_event_id IS NOT NULL AND {sql.is_confirmed("coalesce(s.state, '')")}
      AND {sql.suppressed("a.id", "c.address_key")} IS FALSE
      AND (c.paused_until IS NULL OR c.paused_until <= now())
"""  # noqa: S608  # made of constants
_TRANSACTIONAL_ROWS = f"""
    SELECT d.id FROM delivery d
    LEFT JOIN signup_request r ON r.id = d.confirmation_id AND r.account_id = d.account_id
    LEFT JOIN transactional_message t ON t.id = d.transactional_id AND t.account_id = d.account_id
    WHERE d.chunk_id = %(chunk_id)s AND d.account_id = a.id AND d.state = 'pending' AND d.id >= %(first_id)s
      AND (d.notice_id IS NOT NULL OR r.state = 'asked' OR t.id IS NOT NULL AND {sql.may_send("a")}
          AND {sql.contract_enabled("a.id")}
          AND {sql.contract_stopped("a.id", "t.address_key", "t.mailbox_key")} IS FALSE)
      AND {sql.kept_away("a.id", "r.address_key")} IS FALSE
"""  # noqa: S608  # made of constants

_MARKED = """EXISTS (SELECT 1 FROM begun b JOIN server_run r ON r.run = b.server_run
    WHERE b.chunk_id = %(chunk_id)s AND b.account_id = a.id AND b.claimed_by = %(claimed_by)s)"""

# What may have changed since: the campaign's state, the account's status, the people of this chunk, the lanes. And
# whether the marks are those of the server's present run.
_CHECK = f"""
SELECT coalesce(k.state, 'cancelled'), {sql.may_send("a")} AND NOT {HELD},
    EXISTS (SELECT 1 FROM chunk c WHERE c.id = %(chunk_id)s AND c.account_id = a.id AND c.state = 'sending'
            AND c.claimed_by = %(claimed_by)s),
    {_MARKED}, ARRAY({_ROWS}),
    ARRAY(SELECT h.provider::text FROM lane_hold h
          WHERE h.account_id = a.id AND h.campaign_id = k.campaign_id AND h.released_at IS NULL)
FROM account a
LEFT JOIN (SELECT id AS campaign_id, state FROM campaign WHERE id = %(campaign_id)s) k ON true
WHERE a.id = %(account_id)s
"""  # noqa: S608  # made of constants
_CHECK_TRANSACTIONAL = f"""
SELECT 'sending', NOT {HELD},
    EXISTS (SELECT 1 FROM chunk c WHERE c.id = %(chunk_id)s AND c.account_id = a.id AND c.state = 'sending'
            AND c.claimed_by = %(claimed_by)s),
    {_MARKED}, ARRAY({_TRANSACTIONAL_ROWS}), ARRAY[]::text[]
FROM account a WHERE a.id = %(account_id)s
"""  # noqa: S608  # made of constants

# The rows as they are now, for contacts with changes; only while the rows belong to the claim.
_AGAIN = f"""
SELECT {COLUMNS} FROM delivery d {JOINS}
WHERE d.id = ANY(%(ids)s::bigint[]) AND d.account_id = %(account_id)s AND d.chunk_id = %(chunk_id)s
  AND d.state = 'pending' AND d.consent_event_id IS NOT NULL
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class Claim:
    """`first_attempts`: of rows tried before. `pending`: all waiting rows, also those not to be sent now."""

    account_id: int
    chunk_id: int
    campaign_id: int | None
    edition_id: int | None
    rows: list[RecipientRow]
    first_attempts: dict[int, datetime]
    pending: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """`changed`: every row changed in any way, settled ones included. `is_marked` False: the server crashed since the
    last mark, which may be lost.
    """

    campaign_state: str
    account_may_send: bool
    claim_held: bool
    is_marked: bool
    changed: list[int]
    held_providers: list[str]


async def claim(connection: Connection, account_id: int, chunk_id: int, claimed_by: str) -> Claim | None:
    """None if claimed elsewhere, done, not due, or not running. No more rows than the current turn."""
    parameters = {"account_id": account_id, "chunk_id": chunk_id, "claimed_by": claimed_by}
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_BY_KEYS)
        await cursor.execute(_CLAIM, parameters)
        claimed_rows = await cursor.fetchall()
    if not claimed_rows:
        return None
    campaign_id, edition_id, _, per_turn = claimed_rows[0][:_HEAD]
    make = RecipientRow._make
    most = int(str(per_turn)) if per_turn is not None else None
    # A chunk may hold messages of several variants: take those of the first one now, the others later.
    rows = [make(row[_HEAD:]) for row in claimed_rows[:most] if row[_HEAD] is not None and row[1] == edition_id]
    first_attempts = {row[_HEAD]: row[2] for row in claimed_rows if row[2] is not None}
    pending = frozenset(row[_HEAD] for row in claimed_rows if row[_HEAD] is not None)
    return Claim(account_id, chunk_id, campaign_id, edition_id, rows, first_attempts, pending)  # type: ignore[arg-type]


async def check_claim(connection: Connection, held: Claim, claimed_by: str, first_id: int = 0) -> ClaimCheck:
    parameters = {
        "account_id": held.account_id,
        "chunk_id": held.chunk_id,
        "campaign_id": held.campaign_id,
        "claimed_by": claimed_by,
        "first_id": first_id,
    }
    statement = _CHECK if held.campaign_id is not None else _CHECK_TRANSACTIONAL
    cursor = await connection.execute(statement, parameters, binary=True)
    row = await cursor.fetchone()
    if row is None:
        return ClaimCheck("cancelled", False, False, False, [], [])
    state, may_send, claim_held, is_marked, unchanged, held_providers = row
    same = frozenset(unchanged)  # type: ignore[call-overload]
    changed = [row.delivery_id for row in held.rows if row.delivery_id >= first_id and row.delivery_id not in same]
    return ClaimCheck(state, may_send, claim_held, is_marked, changed, held_providers)  # type: ignore[arg-type]


async def read_again(connection: Connection, held: Claim, ids: list[int]) -> list[RecipientRow]:
    parameters = {"account_id": held.account_id, "chunk_id": held.chunk_id, "ids": ids}
    cursor = await connection.execute(_AGAIN, parameters, binary=True)
    return [RecipientRow._make(row) for row in await cursor.fetchall()]


async def read_coupons(connection: Connection, held: Claim, pools: Mapping[str, int]) -> dict[int, dict[str, str]]:
    contacts = [row.contact_id for row in held.rows if row.contact_id is not None]
    parameters = {"account_id": held.account_id, "pools": list(pools.values()), "contacts": contacts}
    cursor = await connection.execute(CODES, parameters, binary=True)
    return by_contact(await cursor.fetchall())


def says_no(row: RecipientRow) -> bool:
    """True if the row alone refuses, so that the gate need not be asked."""
    suppressed = row.suppressed_here is not None or row.suppressed_everywhere is not None
    return suppressed or row.subscription not in MAILED or row.email is None
