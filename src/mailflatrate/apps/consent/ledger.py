"""Writes the consent ledger: the one SQL form of an event and its evidence (ARCHITECTURE section 7).

The event holds a commitment to its personal half: SHA-256 over a random salt (16 octets) and the canonical text of the
evidence, a JSON array in PostgreSQL's `jsonb` spelling. Times in it are UTC with microseconds. `rules.proof.record`
computes the same without a database.

What double opt-in records (R-29), besides address, times, IP addresses, source and browser; keys of `details`:

- `requested` (source: the form's address; browser: the visitor's): `request` (id, the same in all events of a sign-up),
  `kind` (form, person, api, move), `form`, `form_code`, `form_version` (number), `form_sha256` (of the frozen version),
  `wording` (as read), `language`, `page` (that contained the form), `ticked` (names of boxes), `proof` (work, time,
  none); if a customer did it: `by` (who), `key` (the API key) and `note` (how the person asked), with the page or bulk
  action where they did it as the source; at a stand: `stand` (id), `place`, `visited_at` (by the tablet's word), and
  `staff` (on duty at the time) or `kept` (the tablet kept it; who sent it).
- `confirmation_sent`: `request`, `delivery`, `message_id`, `sent_at` (ISO 8601), `body_sha256` (of the body's octets
  after the empty line, as handed to the relay), `reply` (the relay's acceptance line), `form_sha256`.
- `confirmed` (browser: the one that confirmed): `request`, `token` (first half of its SHA-256), `requested_event`,
  `sent_event`, `signup_user_agent`, `answered_on` (the page, without its token), and everything that `requested` has
  on form, wording and page; for a change of address `moved_from` (id of the earlier contact).
- `objection` with `by` "not_me": `request`, `token`, `requested_event`.

`withdrawn` says who ended it (`by`) and the state of the subscription before (`was`). Undoing an unsubscribe within
minutes appends the consent that it ended again: with everything it had, and with `by` "unsubscribe_undone", `undoes`
(the withdrawal's id), `restores` (the consent's id) and `undone_on` (the page).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.base import jobs, tenancy
from mailflatrate.rules.contacts.audience_states import GONE, ConsentKind
from mailflatrate.rules.proof.record import EVENT_FORM, NO_EVIDENCE

SALT_SQL = "uuid_send(gen_random_uuid())"
"""16 bytes of PostgreSQL's strong random source, 122 of their bits random."""
SALT_SECRET_SQL = f"{SALT_SQL} || {SALT_SQL}"
"""Drawn in the statement and stored nowhere; its salts derive from it."""


SEAL_JOB = "consent.seal_ledger"
SEAL_EVERY_EVENTS = 1_000


def moment_sql(column: str) -> str:
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def evidence_sql(row: str) -> str:
    signup, confirmed = moment_sql(f"{row}.signup_at"), moment_sql(f"{row}.confirmed_at")
    return (
        f"jsonb_build_array({row}.email, {signup}, host({row}.signup_ip), {confirmed}, host({row}.confirmed_ip), "
        f"{row}.source, {row}.user_agent, {row}.details)::text"
    )


def derived_salt_sql(secret: str, number: str) -> str:
    """Random bytes from the kernel cost 2 µs an event; without the secret no salt can be told from another."""
    return f"substr(sha256({secret} || int8send({number})), 1, 16)"


def commitment_sql(row: str) -> str:
    return f"sha256({row}.salt || convert_to({evidence_sql(row)}, 'UTF8'))"


def event_sql(row: str) -> str:
    return (
        f"concat('{EVENT_FORM}|', {row}.id, '|', {row}.account_id, '|', {row}.contact_id, '|', {row}.mailing_list_id, "
        f"'|', {row}.kind, '|', {moment_sql(f'{row}.occurred_at')}, '|', {moment_sql(f'{row}.recorded_at')}, '|', "
        f"{row}.source_import_id, '|', encode({row}.commitment, 'hex'))"
    )


@dataclass(frozen=True, slots=True)
class EventEvidence:
    email: str
    signup_at: datetime | None = None
    signup_ip: str | None = None
    confirmed_at: datetime | None = None
    confirmed_ip: str | None = None
    source: str = ""
    user_agent: str = ""
    details: dict[str, Any] = field(default_factory=dict)


_APPEND = f"""
WITH row AS MATERIALIZED (
    SELECT %(email)s::text AS email, %(signup_at)s::timestamptz AS signup_at, %(signup_ip)s::inet AS signup_ip,
        %(confirmed_at)s::timestamptz AS confirmed_at, %(confirmed_ip)s::inet AS confirmed_ip,
        %(source)s::text AS source, %(user_agent)s::text AS user_agent, %(details)s::jsonb AS details,
        {SALT_SQL} AS salt
), event AS (
    INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, source_import_id, commitment)
    SELECT %(account_id)s, %(contact_id)s, %(list_id)s, %(kind)s, %(occurred_at)s, %(source_import_id)s,
        {commitment_sql("row")} FROM row
    RETURNING id
), evidence AS (
    INSERT INTO consent_evidence (event_id, account_id, email, signup_at, signup_ip, confirmed_at, confirmed_ip,
        source, user_agent, details, salt)
    SELECT event.id, %(account_id)s, email, signup_at, signup_ip, confirmed_at, confirmed_ip, source, user_agent,
        details, salt
    FROM row, event
)
SELECT id FROM event
"""  # noqa: S608  # made of constants of this file


def as_json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values))


@tenancy.needs_account
def append(
    contact_id: int,
    list_id: int | None,
    kind: ConsentKind,
    occurred_at: datetime,
    evidence: EventEvidence,
    *,
    source_import_id: int | None = None,
) -> int:
    """With its evidence; return its id. `source_import_id`: it brought the consent."""
    with connection.cursor() as cursor:
        cursor.execute(
            _APPEND,
            {
                "account_id": tenancy.current_account_id(),
                "contact_id": contact_id,
                "list_id": list_id,
                "kind": kind.value,
                "occurred_at": occurred_at,
                "source_import_id": source_import_id,
                "email": evidence.email,
                "signup_at": evidence.signup_at,
                "signup_ip": evidence.signup_ip,
                "confirmed_at": evidence.confirmed_at,
                "confirmed_ip": evidence.confirmed_ip,
                "source": evidence.source,
                "user_agent": evidence.user_agent,
                "details": json.dumps(evidence.details),
            },
        )
        row = cursor.fetchone()
    assert row is not None
    return _counted(int(row[0]))


_APPEND_BARE = """
INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
SELECT %s, contact_id, %s, %s, %s, %s FROM unnest(%s::bigint[]) WITH ORDINALITY AS gone (contact_id, n) ORDER BY n
RETURNING id
"""


def append_bare(
    contact_ids: Sequence[int], kind: ConsentKind, occurred_at: datetime, *, list_id: int | None = None
) -> None:
    """GONE events explain why personal halves are missing: all, or (`list_id`) some of a list. Raises NoAccount."""
    assert kind in GONE
    values = [tenancy.current_account_id(), list_id, kind.value, occurred_at, NO_EVIDENCE, list(contact_ids)]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_BARE, values)
        for (event_id,) in cursor.fetchall():
            _counted(int(event_id))


def _counted(event_id: int) -> int:
    """Wakes the sealer at every thousandth event, across all accounts."""
    if event_id % SEAL_EVERY_EVENTS == 0:
        wake_sealer()
    return event_id


def wake_sealer() -> None:
    """Soon after this transaction commits."""
    jobs.defer(SEAL_JOB, jobs.JobQueue.HOUSE, once=SEAL_JOB, timestamp=0)
