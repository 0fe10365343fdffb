"""Contacts who confirmed, written set by set as the product writes them."""

from django.db import connection

from mailflatrate.apps.consent.ledger import SALT_SQL, commitment_sql
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring

_PEOPLE = (
    """INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes)
       SELECT %(account_id)s, email, key, first_name, 'Meyer', '{"city": "Kiel"}' FROM stage ORDER BY n""",
    f"""WITH row AS MATERIALIZED (
         SELECT nextval('consent_event_id_seq') AS event_id, c.account_id, c.id AS contact_id, c.email,
             now() - interval '30 days' AS signup_at, NULL::inet AS signup_ip,
             now() - interval '30 days' AS confirmed_at, NULL::inet AS confirmed_ip,
             'lindenhof.example' AS source, '' AS user_agent, '{{}}'::jsonb AS details,
             {SALT_SQL} AS salt
         FROM contact c WHERE c.account_id = %(account_id)s
           AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.contact_id = c.id) ORDER BY c.id
       ), event AS (
         INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
         SELECT event_id, account_id, contact_id, %(list_id)s, 'confirmed', confirmed_at, {commitment_sql("row")}
         FROM row
       )
       INSERT INTO consent_evidence (account_id, event_id, email, signup_at, confirmed_at, source, salt)
       SELECT account_id, event_id, email, signup_at, confirmed_at, source, salt FROM row""",
    """INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id, confirmed_at)
       SELECT account_id, mailing_list_id, contact_id, 'confirmed', id, occurred_at FROM consent_event
       WHERE account_id = %(account_id)s ON CONFLICT DO NOTHING""",
)


def add_people(account_id: int, list_id: int, count: int, domain: str = "") -> None:
    """Confirmed people with their proof."""
    ring, names = key_ring(), ("Dora", "Emil", "Frieda")
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stage (n bigint, email text, key bytea, first_name text) ON COMMIT DROP")
        for n in range(count):
            email = f"reader{n}x{account_id}@{domain}" if domain else f"reader{n}@people{account_id}.example"
            row = [n, email, ring.suppression_key(email), names[n % 3]]
            cursor.execute("INSERT INTO stage VALUES (%s, %s, %s, %s)", row)
        for statement in _PEOPLE:
            cursor.execute(statement, {"account_id": account_id, "list_id": list_id})
