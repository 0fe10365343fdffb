"""One slice, in one transaction. SQL only compares with existing rows: suppressions and unsubscribes win (R-16),
confirmed subscriptions stay. Complete proof always goes to the ledger; it makes mailable only under an approved
origin (R-10) and, if older than a year, after a review (R-13).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection
from django.utils.translation import gettext

from mailflatrate.apps.consent.ledger import (
    SALT_SECRET_SQL,
    SEAL_EVERY_EVENTS,
    commitment_sql,
    derived_salt_sql,
    wake_sealer,
)
from mailflatrate.apps.intake.judging.judged import TAKEN_ID, Refusal, Slice
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.opt_outs import write_noes
from mailflatrate.apps.intake.proof_sources import ended_lines
from mailflatrate.apps.intake.quarantine import AGEING, ORIGIN_WAITING, SAID_NO
from mailflatrate.apps.intake.queries import may_import
from mailflatrate.apps.intake.reading.portable_rows import PROOF_ENDED
from mailflatrate.apps.intake.slice_external_ids import give_external_ids_of_slice
from mailflatrate.apps.intake.slice_tags import give_tags_of_slice
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import ChangeSource, DeclarationState
from mailflatrate.base import tenancy
from mailflatrate.base.long_task import TaskCanceled, TaskOvertaken
from mailflatrate.rules import sql
from mailflatrate.rules.contacts import external_ids

_TRIES = 3
UNKNOWN_WORDS = 30


@dataclass(slots=True)
class ImportTally:
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    events: int = 0


# The planner knows little about tables that grow during the import, so the statement leaves it no choice but to look up
# each staged row by its key: LATERAL with LIMIT cannot become a join over whole tables, ON CONFLICT names its index.
# Reading a row is made expensive: for an account that it takes for small it would use an index that begins with the
# account, and read all its contacts for each staged row. The triggers' statements are planned on the same terms.
_PLAN = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL cpu_tuple_cost = 1"
_STAGING = """
CREATE TEMP TABLE IF NOT EXISTS import_staging (
    line bigint, email text, address_key bytea, mailbox_key bytea, first_name text, last_name text, attributes jsonb,
    signup_at timestamptz, signup_ip inet, confirmed_at timestamptz, confirmed_ip inet, source text, user_agent text,
    details jsonb, reason text, tags jsonb, external_id text
) ON COMMIT DELETE ROWS
"""
_COPY = """
COPY import_staging FROM STDIN
WITH (FORMAT csv, FORCE_NOT_NULL (email, first_name, last_name, source, user_agent, reason))
"""

# What a contact and a subscription are made of.
_CONTACT = """contact_id, %(account_id)s, email, address_key, first_name, last_name, coalesce(attributes, '{}'),
        CASE WHEN verdict = 'accepted' THEN confirmed_at END"""
_SUBSCRIPTION = """%(account_id)s, %(list_id)s, contact_id,
        CASE WHEN held_for = '' THEN 'confirmed' ELSE 'quarantined' END, event_id, held_for,
        CASE WHEN held_for = '' THEN confirmed_at END"""

# Without proof, nothing says that the person agreed after a no.
_CONSENTED_AT = "coalesce(st.confirmed_at, '-infinity')"

# Row-level security narrows each table to the account; the keys repeat the account so that their indexes are used.
# Who is new is inserted without ON CONFLICT, which looks each key up once more and writes each row twice to the log: a
# contact or subscription that came in between violates its key, and the slice is written again.
_MERGE = f"""
WITH drawn AS MATERIALIZED (
    SELECT {SALT_SECRET_SQL} AS secret
), judged AS MATERIALIZED (
    SELECT v.*,
        CASE WHEN v.verdict <> 'refused' THEN coalesce(v.known_id, nextval('contact_id_seq')) END AS contact_id,
        CASE WHEN v.verdict = 'accepted' THEN nextval('consent_event_id_seq') END AS event_id,
        CASE WHEN v.verdict = 'accepted' THEN {derived_salt_sql("(SELECT secret FROM drawn)", "v.line")} END AS salt
    FROM (
        SELECT st.*, c.id AS known_id, sub.state IS NOT NULL AS is_on_list,
            CASE
                WHEN suppressed.found OR sub.state = 'unsubscribed' OR left_another.found THEN 'refused'
                WHEN st.reason = '' AND (sub.state IS NULL OR (sub.state = 'pending' AND %(approved)s)
                    OR (sub.state = 'quarantined' AND sub.consent_event_id IS NULL)) THEN 'accepted'
                WHEN sub.state IS NULL THEN 'quarantined'
                ELSE 'known'
            END AS verdict,
            CASE WHEN suppressed.found THEN 'suppressed' ELSE 'unsubscribed' END AS refusal,
            c.id IS NULL OR (st.first_name <> '' AND st.first_name <> c.first_name)
                OR (st.last_name <> '' AND st.last_name <> c.last_name)
                OR NOT c.attributes @> coalesce(st.attributes, '{{}}') AS differs,
            c.last_activity_at IS NULL OR c.last_activity_at < st.confirmed_at AS livens,
            CASE WHEN st.reason <> '' THEN st.reason WHEN NOT %(approved)s THEN '{ORIGIN_WAITING}'
                WHEN st.details ? 'review' THEN '{AGEING}' ELSE '' END AS held_for
        FROM import_staging st
        LEFT JOIN LATERAL (
            SELECT id, first_name, last_name, attributes, last_activity_at FROM contact
            WHERE account_id = %(account_id)s AND address_key = st.address_key LIMIT 1
        ) c ON TRUE
        LEFT JOIN LATERAL (
            SELECT state, consent_event_id FROM subscription
            WHERE account_id = %(account_id)s AND mailing_list_id = %(list_id)s AND contact_id = c.id LIMIT 1
        ) sub ON TRUE
        LEFT JOIN LATERAL (
            SELECT id FROM suppression
            WHERE account_id = %(account_id)s AND address_key = st.address_key AND {sql.in_force("suppression")} LIMIT 1
        ) own ON TRUE
        LEFT JOIN LATERAL (
            SELECT id FROM suppression
            WHERE account_id IS NULL AND address_key = st.address_key AND {sql.in_force("suppression")} LIMIT 1
        ) whole ON TRUE
        LEFT JOIN LATERAL (
            SELECT id FROM suppression
            WHERE account_id = %(account_id)s AND (address_key = st.mailbox_key OR mailbox_key = st.mailbox_key)
                AND {sql.in_force("suppression")} LIMIT 1
        ) own_mailbox ON TRUE
        LEFT JOIN LATERAL (
            SELECT id FROM suppression
            WHERE account_id IS NULL AND (address_key = st.mailbox_key OR mailbox_key = st.mailbox_key)
                AND {sql.in_force("suppression")} LIMIT 1
        ) whole_mailbox ON TRUE
        CROSS JOIN LATERAL (
            SELECT NOT {sql.is_confirmed("coalesce(sub.state, '')")}
                AND {sql.forbids_subscribing("%(account_id)s", "c.id", _CONSENTED_AT)} AS found
        ) left_another
        CROSS JOIN LATERAL (
            SELECT coalesce(own.id, whole.id, own_mailbox.id, whole_mailbox.id) IS NOT NULL AS found
        ) suppressed
    ) AS v
), new_contact AS (
    INSERT INTO contact (id, account_id, email, address_key, first_name, last_name, attributes, last_activity_at)
    SELECT {_CONTACT} FROM judged WHERE verdict <> 'refused' AND known_id IS NULL
), known_contact AS (
    INSERT INTO contact AS c (id, account_id, email, address_key, first_name, last_name, attributes, last_activity_at)
    SELECT {_CONTACT} FROM judged
    WHERE verdict <> 'refused' AND known_id IS NOT NULL AND (differs OR (verdict = 'accepted' AND livens))
    ON CONFLICT (account_id, address_key) DO UPDATE SET
        first_name = coalesce(nullif(excluded.first_name, ''), c.first_name),
        last_name = coalesce(nullif(excluded.last_name, ''), c.last_name),
        attributes = c.attributes || excluded.attributes,
        last_activity_at = greatest(c.last_activity_at, excluded.last_activity_at),
        updated_at = now()
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
    SELECT {_SUBSCRIPTION} FROM judged WHERE verdict IN ('accepted', 'quarantined') AND NOT is_on_list
), known_subscription AS (
    INSERT INTO subscription AS s (account_id, mailing_list_id, contact_id, state, consent_event_id,
        quarantine_reason, confirmed_at)
    SELECT {_SUBSCRIPTION} FROM judged WHERE verdict IN ('accepted', 'quarantined') AND is_on_list
    ON CONFLICT (account_id, mailing_list_id, contact_id) DO UPDATE SET
        state = excluded.state, consent_event_id = excluded.consent_event_id, confirmed_at = excluded.confirmed_at,
        quarantine_reason = excluded.quarantine_reason
    WHERE s.state IN ('pending', 'quarantined') AND excluded.consent_event_id IS NOT NULL
    RETURNING 1
)
SELECT verdict, CASE WHEN verdict IN ('accepted', 'quarantined') THEN held_for
        WHEN verdict = 'refused' THEN refusal ELSE '' END, count(*),
    CASE WHEN verdict = 'refused' OR verdict = 'quarantined' THEN array_agg(line) END,
    count(*) FILTER (WHERE differs),
    count(*) FILTER (WHERE verdict IN ('accepted', 'quarantined') AND is_on_list),
    (SELECT count(*) FROM known_subscription)
FROM judged GROUP BY 1, 2
"""  # noqa: S608  # made of constants

# One value for all rows: as arrays, each text of them is quoted by Python.
_REFUSE = """
INSERT INTO import_refusal (account_id, source_import_id, line_number, row, rule, reason, suggestion, held)
SELECT %(account_id)s, %(import_id)s, (one ->> 0)::bigint, (one -> 1)::jsonb, one ->> 2, one ->> 3, one ->> 4, %(held)s
FROM json_array_elements(%(refusals)s::json) AS one
ORDER BY (one ->> 0)::bigint
"""


def write_slice(job: Import, part: Slice) -> None:
    """Retried after a race. Raises `TaskCanceled`, or `TaskOvertaken` if the position is not the slice's."""
    ended = ended_lines(part.own_events)
    for attempt in range(1, _TRIES + 1):
        try:
            with tenancy.account(job.account_id):
                _write(job, part, ended)
                return
        except (IntegrityError, _SubscriptionMoved):
            if attempt == _TRIES:
                raise
    raise AssertionError("unreachable")


class _SubscriptionMoved(Exception):
    pass


def _write(job: Import, part: Slice, ended: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.rows_read, i.cancel_requested, i.state, o.state,
                    i.accepted, i.updated, i.unchanged, i.quarantined, i.refused
                FROM import i JOIN list_origin o ON o.id = i.origin_id
                WHERE i.account_id = %s AND i.id = %s FOR UPDATE OF i""",
            [job.account_id, job.id],
        )
        rows_read, cancel_requested, state, origin, *counters = cursor.fetchone() or (-1, False, "", "")
        if cancel_requested or not may_import(job):
            raise TaskCanceled
        if rows_read != part.first_row or state != ImportState.RUNNING.value:
            raise TaskOvertaken
        if origin == DeclarationState.REJECTED.value:
            raise ImportProblem(gettext("the origin of this list was rejected, so nothing can be imported into it"))
        name_author(ChangeAuthor(ChangeSource.IMPORT, job.created_by_id, f"import:{job.id}"))
        tally = _tally(*counters)
        # First, so that a no in this slice suppresses a person before any other row about them is judged.
        _take_back(tally, write_noes(job, part.noes))
        approved = origin == DeclarationState.APPROVED.value
        refusals, held = _merge(cursor, job, part, tally, ended=ended, approved=approved)
        _refuse(cursor, job, refusals)
        _refuse(cursor, job, held, held=True)
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
        _note_unknown(cursor, job, part)
    if tally.events >= SEAL_EVERY_EVENTS:
        wake_sealer()


def _take_back(tally: ImportTally, ended: Counter[str]) -> None:
    """People of earlier rows who said no in later ones leave their counters."""
    for reason, people in ended.items():
        if reason:
            tally.quarantined[reason] -= people
        else:
            tally.accepted -= people
        tally.quarantined[SAID_NO] += people
    tally.quarantined = +tally.quarantined


def _note_unknown(cursor: Any, job: Import, part: Slice) -> None:
    """At most UNKNOWN_WORDS words, and how many values don't suit their field."""
    if not part.unknown and not part.companies and not +part.unread:
        return
    cursor.execute("SELECT terms FROM import WHERE account_id = %s AND id = %s", [job.account_id, job.id])
    terms = json.loads(cursor.fetchone()[0])
    words = terms.setdefault("unknown_words", {})
    for (title, word), rows in part.unknown.most_common():
        of_column = words.setdefault(title, {})
        if word in of_column or sum(map(len, words.values())) < UNKNOWN_WORDS:
            of_column[word] = of_column.get(word, 0) + rows
    companies = terms.setdefault("proof_companies", {})
    for company, rows in part.companies.most_common(UNKNOWN_WORDS):
        companies[company] = companies.get(company, 0) + rows
    unread = terms.setdefault("unread_values", {})
    for (key, fault), rows in (+part.unread).items():
        of_field = unread.setdefault(key, {})
        of_field[fault] = of_field.get(fault, 0) + rows
    cursor.execute(
        "UPDATE import SET terms = %s::jsonb WHERE account_id = %s AND id = %s",
        [json.dumps(terms), job.account_id, job.id],
    )


def _tally(accepted: int, updated: int, unchanged: int, quarantined: str, refused: str) -> ImportTally:
    """A reviewer's decision may have changed some while the file was read."""
    return ImportTally(accepted, updated, unchanged, Counter(json.loads(quarantined)), Counter(json.loads(refused)))


def _merge(
    cursor: Any, job: Import, part: Slice, tally: ImportTally, *, ended: Sequence[int], approved: bool
) -> tuple[list[Refusal], list[Refusal]]:
    """Return all refusals, the database's included, and the rows without whole proof."""
    refusals, held = list(part.refusals), list[Refusal]()
    for *_, reason, _ in part.refusals:
        tally.refused[reason] += 1
    if not part.staged:
        return refusals, held
    cursor.execute(_PLAN)
    cursor.execute(_STAGING)
    with cursor.copy(_COPY) as copy:
        copy.write(part.staged)
    if ended:
        cursor.execute("UPDATE import_staging SET reason = %s WHERE line = ANY(%s)", [PROOF_ENDED, list(ended)])
    whose = {"account_id": job.account_id, "list_id": job.mailing_list_id, "import_id": job.id}
    cursor.execute(_MERGE, {**whose, "approved": approved})
    planned = written = 0
    refused_lines: list[int] = []
    for verdict, reason, rows, lines, changed, moving, moved in cursor.fetchall():
        planned += moving
        written = moved
        if verdict == "accepted":
            tally.events += rows
        if verdict in ("accepted", "quarantined"):
            if reason:
                tally.quarantined[reason] += rows
            else:
                tally.accepted += rows
            held += [(line, part.cells[line], "", reason, "") for line in lines or ()]
        elif verdict == "known":
            tally.updated += changed
            tally.unchanged += rows - changed
        else:
            tally.refused[reason] += rows
            refused_lines += lines
            refusals += [(line, part.cells[line], "R-16", reason, "") for line in lines]
    if written != planned:
        raise _SubscriptionMoved
    _give(cursor, job, part, refused_lines)
    return refusals, held


def _give(cursor: Any, job: Import, part: Slice, refused_lines: Sequence[int]) -> None:
    if part.tags:
        give_tags_of_slice(cursor, job, part, refused_lines)
    if part.has_external_ids:
        # Set, not added: a slice may be written again.
        part.unread[(external_ids.FIELD, TAKEN_ID)] = give_external_ids_of_slice(cursor, job, refused_lines)


def _refuse(cursor: Any, job: Import, refusals: Sequence[Refusal], *, held: bool = False) -> None:
    if not refusals:
        return
    cursor.execute(
        _REFUSE,
        {
            "account_id": job.account_id,
            "import_id": job.id,
            # PostgreSQL's text and jsonb hold no NUL; the row is shown with a symbol in its place.
            "refusals": json.dumps(
                [
                    (line, [cell.replace("\0", "\u2400") for cell in cells], rule, reason, suggestion[:254])
                    for line, cells, rule, reason, suggestion in refusals
                ]
            ),
            "held": held,
        },
    )
