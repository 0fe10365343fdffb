"""Withdrawals of many people in few statements: effective at once, recorded in the ledger (R-16)."""

import json
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from mailflatrate.apps.consent.ledger import SALT_SQL, SEAL_EVERY_EVENTS, commitment_sql, wake_sealer
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.actions import SuppressionEntry, suppress_keys
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.rules.contacts.suppression import SuppressionReason

# Contacts are locked in the order of their ids, as everyone does who ends their subscriptions.
_PEOPLE = """
SELECT id, address_key FROM contact WHERE account_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
_COLUMNS = f"""%(details)s::jsonb AS details, NULL::timestamptz AS signup_at, NULL::inet AS signup_ip,
        %(now)s::timestamptz AS confirmed_at, NULL::inet AS confirmed_ip, %(source)s::text AS source,
        ''::text AS user_agent, {SALT_SQL} AS salt, nextval('consent_event_id_seq') AS event_id"""
_WRITTEN = f"""
event AS (
    INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
    SELECT event_id, %(account_id)s, contact_id, mailing_list_id, 'withdrawn', %(now)s, {commitment_sql("chosen")}
    FROM chosen
), evidence AS (
    INSERT INTO consent_evidence (event_id, account_id, email, confirmed_at, source, user_agent, details, salt)
    SELECT event_id, %(account_id)s, email, confirmed_at, source, user_agent, details, salt FROM chosen
)"""  # noqa: S608  # made of constants
_END = f"""
WITH chosen AS MATERIALIZED (
    SELECT s.id, s.contact_id, s.mailing_list_id, c.email, {_COLUMNS}
    FROM subscription s JOIN contact c ON c.account_id = s.account_id AND c.id = s.contact_id
    WHERE s.account_id = %(account_id)s AND s.contact_id = ANY(%(ids)s::bigint[]) AND s.state <> 'unsubscribed'
        AND (%(list_id)s::bigint IS NULL OR s.mailing_list_id = %(list_id)s)
    ORDER BY s.id FOR UPDATE OF s
), {_WRITTEN}, ended AS (
    UPDATE subscription s SET state = 'unsubscribed', unsubscribed_at = %(now)s, unsubscribed_by = %(by)s,
        quarantine_reason = ''
    FROM chosen WHERE s.account_id = %(account_id)s AND s.id = chosen.id
)
SELECT contact_id FROM chosen
"""  # noqa: S608  # made of constants
_SAY = f"""
WITH chosen AS MATERIALIZED (
    SELECT c.id AS contact_id, NULL::bigint AS mailing_list_id, c.email, {_COLUMNS}
    FROM contact c WHERE c.account_id = %(account_id)s AND c.id = ANY(%(ids)s::bigint[])
), {_WRITTEN}
SELECT contact_id FROM chosen
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class UnsubscribedPeople:
    """`changed`: on a list or mailable; `gone`: no longer exist."""

    changed: frozenset[int]
    gone: frozenset[int]


@tenancy.needs_account
@transaction.atomic
def unsubscribe_many(contact_ids: Collection[int], *, list_id: int | None, by: str, source: str) -> UnsubscribedPeople:
    """As `consent.unsubscribe` for each. Idempotent."""
    account_id = tenancy.current_account_id()
    values: dict[str, Any] = {
        "account_id": account_id,
        "list_id": list_id,
        "by": by[:20],
        "source": source,
        "details": json.dumps({"by": by}),
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [account_id, list(contact_ids)])
        people = {int(contact_id): bytes(key) for contact_id, key in cursor.fetchall()}
    # A "no" to everything is one to the lists that a limited member doesn't see.
    whole = tenancy.unlimited(UnlimitedReason.SUPPRESSION) if list_id is None else nullcontext()
    with whole, connection.cursor() as cursor:
        cursor.execute(_END, {**values, "ids": list(people)})
        ended = [int(contact_id) for (contact_id,) in cursor.fetchall()]
        events, changed = len(ended), set(ended)
        if list_id is None:
            fresh = _suppressed(people, source, by)
            silent = sorted(fresh - changed)
            cursor.execute(_SAY, {**values, "ids": silent})
            events, changed = events + len(silent), changed | fresh
    if events >= SEAL_EVERY_EVENTS:
        wake_sealer()
    return UnsubscribedPeople(frozenset(changed), frozenset(contact_ids) - frozenset(people))


def _suppressed(people: dict[int, bytes], source: str, by: str) -> set[int]:
    emails = dict(Contact.objects.filter(id__in=people).values_list("id", "email"))
    entries: Sequence[SuppressionEntry] = [
        SuppressionEntry(
            key, SuppressionReason.UNSUBSCRIBE, source, {"by": by}, mailbox_keys(emails[contact_id]).mailbox
        )
        for contact_id, key in people.items()
    ]
    fresh = suppress_keys(entries)
    return {contact_id for contact_id, key in people.items() if key in fresh}
