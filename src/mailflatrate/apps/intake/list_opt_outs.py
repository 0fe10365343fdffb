"""People who left one list elsewhere, by portable consent: unsubscribed from the import's list, not suppressed."""

import json
from collections.abc import Sequence

from django.db import connection

from mailflatrate.apps.consent.ledger import SALT_SQL, commitment_sql
from mailflatrate.apps.intake.judging.judged import SaidNo
from mailflatrate.apps.intake.models import Import
from mailflatrate.base import clock

_LEAVE = f"""
WITH opted_out AS (
    SELECT DISTINCT ON (address_key) * FROM unnest(%(keys)s::bytea[], %(emails)s::text[], %(details)s::text[],
            %(times)s::timestamptz[]) AS t(address_key, email, details, left_at)
    ORDER BY address_key, left_at DESC NULLS FIRST
), person AS (
    INSERT INTO contact (account_id, email, address_key) SELECT %(account_id)s, email, address_key FROM opted_out
    ORDER BY address_key
    ON CONFLICT (account_id, address_key) DO UPDATE SET email = contact.email
    RETURNING id, contact.address_key AS known_key, contact.email AS known_email
), chosen AS MATERIALIZED (
    SELECT person.id AS contact_id, person.known_email AS email, opted_out.details::jsonb AS details,
        NULL::timestamptz AS signup_at, NULL::inet AS signup_ip,
        least(opted_out.left_at, %(now)s::timestamptz) AS confirmed_at,
        NULL::inet AS confirmed_ip, %(source)s::text AS source, ''::text AS user_agent, {SALT_SQL} AS salt,
        nextval('consent_event_id_seq') AS event_id
    FROM person JOIN opted_out ON opted_out.address_key = person.known_key
    LEFT JOIN subscription s ON s.account_id = %(account_id)s AND s.mailing_list_id = %(list_id)s
        AND s.contact_id = person.id
    WHERE s.state IS DISTINCT FROM 'unsubscribed' OR s.unsubscribed_at < opted_out.left_at
), event AS (
    INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, source_import_id,
        commitment)
    SELECT event_id, %(account_id)s, contact_id, %(list_id)s, 'withdrawn', confirmed_at, %(import_id)s,
        {commitment_sql("chosen")}
    FROM chosen
), evidence AS (
    INSERT INTO consent_evidence (event_id, account_id, email, confirmed_at, source, user_agent, details, salt)
    SELECT event_id, %(account_id)s, email, confirmed_at, source, user_agent, details, salt FROM chosen
)
INSERT INTO subscription AS s (account_id, mailing_list_id, contact_id, state, unsubscribed_at, unsubscribed_by)
SELECT %(account_id)s, %(list_id)s, contact_id, 'unsubscribed', confirmed_at, 'import' FROM chosen
ON CONFLICT (account_id, mailing_list_id, contact_id) DO UPDATE SET
    state = 'unsubscribed', unsubscribed_at = excluded.unsubscribed_at, unsubscribed_by = 'import',
    quarantine_reason = ''
"""  # noqa: S608  # made of constants


def write_leavers(job: Import, noes: Sequence[SaidNo]) -> None:
    if not noes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _LEAVE,
            {
                "account_id": job.account_id,
                "import_id": job.id,
                "list_id": job.mailing_list_id,
                "keys": [noe.address_key for noe in noes],
                "emails": [noe.left_list_as for noe in noes],
                "details": [json.dumps({"by": "import", "import": job.id, "line": noe.line}) for noe in noes],
                "times": [None if noe.at is None else noe.at.at for noe in noes],
                "source": f"import {job.id}: {job.file_name}"[:200],
                "now": clock.now(),
            },
        )
