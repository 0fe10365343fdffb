"""Writing the consent ledger: the one SQL form of an event and its evidence (ARCHITECTURE section 7).

The event holds a commitment to its personal half: SHA-256 over a random salt (16 octets) and the canonical text of the
evidence, a JSON array in PostgreSQL's `jsonb` spelling. Times in it are UTC with microseconds.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.base import tenancy

SALT_SQL = "uuid_send(gen_random_uuid())"
"""16 octets of PostgreSQL's strong random source, 122 of their bits random."""


def commitment_sql(row: str) -> str:
    """The commitment over the evidence columns of `row` (an alias that also has `salt`)."""
    moment = "to_char({row}.{column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    signup, confirmed = (moment.format(row=row, column=column) for column in ("signup_at", "confirmed_at"))
    return (
        f"sha256({row}.salt || convert_to(jsonb_build_array({row}.email, {signup}, host({row}.signup_ip), "
        f"{confirmed}, host({row}.confirmed_ip), {row}.source, {row}.user_agent, {row}.details)::text, 'UTF8'))"
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """The personal half of one event. Times are aware."""

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
    INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
    SELECT %(account_id)s, %(contact_id)s, %(list_id)s, %(kind)s, %(occurred_at)s, {commitment_sql("row")} FROM row
    RETURNING id
)
INSERT INTO consent_evidence (event_id, account_id, email, signup_at, signup_ip, confirmed_at, confirmed_ip, source,
    user_agent, details, salt)
SELECT event.id, %(account_id)s, email, signup_at, signup_ip, confirmed_at, confirmed_ip, source, user_agent, details,
    salt
FROM row, event
RETURNING event_id
"""  # noqa: S608  # made of constants of this file


def append(contact_id: int, list_id: int | None, kind: ConsentKind, occurred_at: datetime, evidence: Evidence) -> int:
    """Append one event with its evidence; its id. Runs inside `tenancy.account(...)`. Raises NoAccount."""
    with connection.cursor() as cursor:
        cursor.execute(
            _APPEND,
            {
                "account_id": tenancy.current_account_id(),
                "contact_id": contact_id,
                "list_id": list_id,
                "kind": kind.value,
                "occurred_at": occurred_at,
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
    return int(row[0])
