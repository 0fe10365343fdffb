"""Writing one slice of an import: staging, contacts, ledger, subscriptions and progress in one transaction.

The rules were asked before (`judge`); here SQL only looks at what stands already: suppressions and unsubscribes
win over everything (R-16), a confirmed subscription stays as it is, and nothing is written where nothing changes.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection

from mailflatrate.apps.lists.ledger import SALT_SQL, commitment_sql
from mailflatrate.apps.lists.models import Import, ImportState
from mailflatrate.base import tenancy

SLICE_ROWS = 20_000
_TRIES = 3

Refusal = tuple[int, list[str], str, str, str]
"""Line number, cells as they stood in the file, rule id (may be empty), reason, suggestion (may be empty)."""


@dataclass(slots=True)
class Slice:
    """A run of rows, judged: what `judge` hands to the database half.

    `staged` is CSV for COPY in the order of the staging columns, `cells` the rows behind it by line number.
    """

    first_row: int
    rows: int = 0
    position_bytes: int = 0
    staged: bytes = b""
    cells: dict[int, list[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """The counters of the import, as the slices so far left them."""

    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Overtaken(Exception):
    """Another runner has moved the import on; this one must stop."""


class Cancelled(Exception):
    """The customer cancelled."""


# Each staged row is looked up by key, however few rows the planner believes the tables to have: they grow under its
# feet during an import, and it would scan them for every row. Checks of foreign keys are planned under the same terms.
_PLAN = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off
"""
_STAGING = """
CREATE TEMP TABLE IF NOT EXISTS import_staging (
    line bigint, email text, address_key bytea, first_name text, last_name text, attributes jsonb,
    signup_at timestamptz, signup_ip inet, confirmed_at timestamptz, confirmed_ip inet, source text, user_agent text,
    details jsonb, reason text
) ON COMMIT DELETE ROWS
"""
_COPY = """
COPY import_staging FROM STDIN
WITH (FORMAT csv, FORCE_NOT_NULL (email, first_name, last_name, source, user_agent, reason))
"""

# Row-level security narrows each table to the account; the keys say it again so that their indexes serve.
_MERGE = f"""
WITH judged AS MATERIALIZED (
    SELECT v.*,
        CASE WHEN v.verdict IN ('accepted', 'quarantined') THEN coalesce(v.known_id, nextval('contact_id_seq')) END
            AS contact_id,
        CASE WHEN v.verdict = 'accepted' THEN nextval('consent_event_id_seq') END AS event_id,
        CASE WHEN v.verdict = 'accepted' THEN {SALT_SQL} END AS salt
    FROM (
        SELECT st.*, c.id AS known_id, sub.id AS subscription_id,
            CASE
                WHEN own.id IS NOT NULL OR whole.id IS NOT NULL THEN 'suppressed'
                WHEN sub.state = 'unsubscribed' THEN 'unsubscribed'
                WHEN st.reason = '' AND (sub.state IS NULL OR sub.state <> 'confirmed') THEN 'accepted'
                WHEN sub.state IS NULL THEN 'quarantined'
                ELSE 'known'
            END AS verdict
        FROM import_staging st
        LEFT JOIN contact c ON c.account_id = %(account_id)s AND c.address_key = st.address_key
        LEFT JOIN subscription sub ON sub.account_id = %(account_id)s AND sub.mailing_list_id = %(list_id)s
            AND sub.contact_id = c.id
        LEFT JOIN suppression own ON own.account_id = %(account_id)s AND own.address_key = st.address_key
            AND own.lifted_at IS NULL
        LEFT JOIN suppression whole ON whole.account_id IS NULL AND whole.address_key = st.address_key
            AND whole.lifted_at IS NULL
    ) AS v
), new_contact AS (
    INSERT INTO contact (id, account_id, email, address_key, first_name, last_name, attributes, last_activity_at)
    SELECT contact_id, %(account_id)s, email, address_key, first_name, last_name, coalesce(attributes, '{{}}'),
        CASE WHEN verdict = 'accepted' THEN confirmed_at END
    FROM judged WHERE known_id IS NULL AND contact_id IS NOT NULL
), changed_contact AS (
    UPDATE contact c SET
        first_name = coalesce(nullif(j.first_name, ''), c.first_name),
        last_name = coalesce(nullif(j.last_name, ''), c.last_name),
        attributes = c.attributes || coalesce(j.attributes, '{{}}'),
        last_activity_at = CASE WHEN j.verdict = 'accepted' THEN greatest(c.last_activity_at, j.confirmed_at)
            ELSE c.last_activity_at END,
        updated_at = now()
    FROM judged j
    WHERE c.account_id = %(account_id)s AND c.id = j.known_id AND j.verdict IN ('accepted', 'quarantined', 'known')
      AND ((j.first_name <> '' AND j.first_name <> c.first_name) OR (j.last_name <> '' AND j.last_name <> c.last_name)
        OR NOT c.attributes @> coalesce(j.attributes, '{{}}')
        OR (j.verdict = 'accepted' AND (c.last_activity_at IS NULL OR c.last_activity_at < j.confirmed_at)))
    RETURNING j.line, j.verdict
), event AS (
    INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, source_import_id,
        commitment)
    SELECT event_id, %(account_id)s, contact_id, %(list_id)s, 'imported', confirmed_at, %(import_id)s,
        {commitment_sql("judged")}
    FROM judged WHERE event_id IS NOT NULL
), evidence AS (
    INSERT INTO consent_evidence (event_id, account_id, email, signup_at, signup_ip, confirmed_at, confirmed_ip,
        source, user_agent, details, salt)
    SELECT event_id, %(account_id)s, email, signup_at, signup_ip, confirmed_at, confirmed_ip, source, user_agent,
        details, salt
    FROM judged WHERE event_id IS NOT NULL
), new_subscription AS (
    INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id, quarantine_reason,
        confirmed_at)
    SELECT %(account_id)s, %(list_id)s, contact_id,
        CASE verdict WHEN 'accepted' THEN 'confirmed' ELSE 'quarantined' END, event_id, reason,
        CASE WHEN verdict = 'accepted' THEN confirmed_at END
    FROM judged WHERE subscription_id IS NULL AND contact_id IS NOT NULL
), risen AS (
    UPDATE subscription s SET state = 'confirmed', consent_event_id = j.event_id, confirmed_at = j.confirmed_at,
        quarantine_reason = ''
    FROM judged j
    WHERE s.account_id = %(account_id)s AND s.id = j.subscription_id AND j.verdict = 'accepted'
      AND s.state IN ('pending', 'quarantined')
    RETURNING 1
)
SELECT verdict, CASE verdict WHEN 'quarantined' THEN reason ELSE '' END, count(*),
    CASE WHEN verdict IN ('suppressed', 'unsubscribed') THEN array_agg(line) END,
    (SELECT count(*) FROM risen) - (SELECT count(*) FROM judged WHERE verdict = 'accepted'
        AND subscription_id IS NOT NULL),
    (SELECT count(*) FROM changed_contact WHERE verdict = 'known')
FROM judged GROUP BY 1, 2
"""  # noqa: S608  # made of constants

_REFUSE = """
INSERT INTO import_refusal (account_id, source_import_id, line_number, row, rule, reason, suggestion)
SELECT %(account_id)s, %(import_id)s, line, cells::jsonb, rule, reason, suggestion
FROM unnest(%(lines)s::bigint[], %(cells)s::text[], %(rules)s::text[], %(reasons)s::text[], %(suggestions)s::text[])
    AS t(line, cells, rule, reason, suggestion)
ORDER BY line
"""


def write_slice(job: Import, part: Slice, before: Tally) -> Tally:
    """Write a slice and move the import's position and counters on, in one transaction. The counters after it.

    Tried again when somebody else wrote the same contact in between. Raises Cancelled when the customer cancelled,
    Overtaken when the position is not where this slice begins.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with tenancy.account(job.account_id):
                return _write(job, part, before)
        except (IntegrityError, _Moved):
            if attempt == _TRIES:
                raise
    raise AssertionError("unreachable")


class _Moved(Exception):
    """A subscription changed its state while the slice was judged."""


def _write(job: Import, part: Slice, before: Tally) -> Tally:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rows_read, cancel_requested, state FROM import WHERE account_id = %s AND id = %s FOR UPDATE",
            [job.account_id, job.id],
        )
        rows_read, cancel_requested, state = cursor.fetchone() or (-1, False, "")
        if cancel_requested:
            raise Cancelled
        if rows_read != part.first_row or state != ImportState.RUNNING.value:
            raise Overtaken
        tally, refusals = _merge(cursor, job, part, before)
        _refuse(cursor, job, refusals)
        cursor.execute(
            """UPDATE import SET rows_read = %s, bytes_read = %s, accepted = %s, updated = %s, unchanged = %s,
                quarantined = %s::jsonb, refused = %s::jsonb WHERE account_id = %s AND id = %s""",
            [
                part.first_row + part.rows,
                part.position_bytes,
                tally.accepted,
                tally.updated,
                tally.unchanged,
                json.dumps(tally.quarantined),
                json.dumps(tally.refused),
                job.account_id,
                job.id,
            ],
        )
    return tally


def _merge(cursor: Any, job: Import, part: Slice, before: Tally) -> tuple[Tally, list[Refusal]]:
    tally = Tally(before.accepted, before.updated, before.unchanged, before.quarantined.copy(), before.refused.copy())
    refusals = list(part.refusals)
    for *_, reason, _ in part.refusals:
        tally.refused[reason] += 1
    if not part.staged:
        return tally, refusals
    cursor.execute(_PLAN)
    cursor.execute(_STAGING)
    with cursor.copy(_COPY) as copy:
        copy.write(part.staged)
    cursor.execute(_MERGE, {"account_id": job.account_id, "list_id": job.mailing_list_id, "import_id": job.id})
    for verdict, reason, rows, lines, drift, updated in cursor.fetchall():
        if drift:
            raise _Moved
        if verdict == "accepted":
            tally.accepted += rows
        elif verdict == "quarantined":
            tally.quarantined[reason] += rows
        elif verdict == "known":
            tally.updated += updated
            tally.unchanged += rows - updated
        else:
            tally.refused[verdict] += rows
            refusals += [(line, part.cells[line], "R-16", verdict, "") for line in lines]
    return tally, refusals


def _refuse(cursor: Any, job: Import, refusals: Sequence[Refusal]) -> None:
    if not refusals:
        return
    cursor.execute(
        _REFUSE,
        {
            "account_id": job.account_id,
            "import_id": job.id,
            "lines": [line for line, *_ in refusals],
            # PostgreSQL's text and jsonb hold no NUL; the row is shown with the sign for one.
            "cells": [json.dumps([cell.replace("\0", "\u2400") for cell in cells]) for _, cells, *_ in refusals],
            "rules": [rule for _, _, rule, _, _ in refusals],
            "reasons": [reason for *_, reason, _ in refusals],
            "suggestions": [suggestion[:254] for *_, suggestion in refusals],
        },
    )
