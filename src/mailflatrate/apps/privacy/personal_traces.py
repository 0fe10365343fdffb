"""Every place outside of the lists where a person leaves traces, and how each is wiped (R-94).

A campaign's overall record is kept: its rows, states and counts, without the person. Everything that is deleted is
listed here table by table; a test walks through every table of the database and looks for the erased address.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.inbound import named_addresses
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.tokens import TokenPurpose
from mailflatrate.mail.verp import return_path


@dataclass(frozen=True, slots=True)
class PersonTraces:
    """The person to wipe.

    `email` as it is stored; `deliveries` are all messages ever planned for them, `samples` the test sends that showed
    their data to another person.
    """

    account_id: int
    contact_id: int
    email: str
    address_key: bytes
    deliveries: list[int]
    requests: list[int]
    samples: list[int]


# Under the application role, so within the account. The order is that of the path.
_WIPE: dict[str, str] = {
    "clicks": "UPDATE click SET delivery_id = NULL WHERE account_id = %(account_id)s"
    " AND delivery_id = ANY(%(deliveries)s)",
    "attempts": "UPDATE attempt SET reply_text = '' WHERE account_id = %(account_id)s"
    " AND delivery_id = ANY(%(deliveries)s)",
    "feedback": "UPDATE feedback SET contact_id = NULL, text = '' WHERE account_id = %(account_id)s"
    " AND (contact_id = %(contact_id)s OR delivery_id = ANY(%(deliveries)s))",
    "deliveries": "UPDATE delivery SET contact_id = NULL, reply_text = '' WHERE account_id = %(account_id)s"
    " AND id = ANY(%(deliveries)s)",
    # After the table they came from, so that a row moved meanwhile is found here.
    "archived_deliveries": "UPDATE delivery_archive SET contact_id = NULL, reply_text = ''"
    " WHERE account_id = %(account_id)s AND id = ANY(%(deliveries)s)",
    "sign_ups": "DELETE FROM signup_request WHERE account_id = %(account_id)s AND id = ANY(%(requests)s)",
    "denials": "DELETE FROM signup_denial WHERE account_id = %(account_id)s AND address_key = %(address_key)s",
    "notices": "UPDATE notice SET recipient = '', subject = '', text_sealed = '' WHERE account_id = %(account_id)s"
    " AND kind = 'privacy' AND lower(recipient) = %(email)s",
    "versions": "UPDATE campaign_version SET values = regexp_replace(values::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE account_id = %(account_id)s AND values::text ILIKE %(like)s",
    "comments": "UPDATE campaign_comment SET text = regexp_replace(text, %(regex)s, '', 'gi')"
    " WHERE account_id = %(account_id)s AND text ILIKE %(like)s",
    "notes": "UPDATE contact_note SET text = coalesce(nullif(regexp_replace(text, %(regex)s, '', 'gi'), ''), '–')"
    " WHERE account_id = %(account_id)s AND text ILIKE %(like)s",
    "test_mailings": "UPDATE notice SET sample_contact_id = NULL WHERE account_id = %(account_id)s"
    " AND sample_contact_id = %(contact_id)s",
    "refused_rows": "DELETE FROM import_refusal WHERE account_id = %(account_id)s"
    " AND (row::text ILIKE %(like)s OR suggestion ILIKE %(like)s)",
    "suppression_rows": "DELETE FROM suppression_file_row WHERE account_id = %(account_id)s"
    " AND row::text ILIKE %(like)s",
    "segments": "UPDATE segment SET conditions = regexp_replace(conditions::text, %(regex)s, '', 'gi')::jsonb,"
    " tree = regexp_replace(tree::text, %(regex)s, '', 'gi')::jsonb WHERE account_id = %(account_id)s"
    " AND (conditions::text ILIKE %(like)s OR tree::text ILIKE %(like)s)",
    "export_segments": "UPDATE export SET conditions = regexp_replace(conditions::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE account_id = %(account_id)s AND conditions::text ILIKE %(like)s",
    "bulk_actions": "UPDATE bulk_action SET selection = regexp_replace(selection::text, %(regex)s, '', 'gi')::jsonb,"
    " parameters = regexp_replace(parameters::text, %(regex)s, '', 'gi')::jsonb WHERE account_id = %(account_id)s"
    " AND (selection::text ILIKE %(like)s OR parameters::text ILIKE %(like)s)",
    "audiences": "UPDATE campaign SET conditions = regexp_replace(conditions::text, %(regex)s, '', 'gi')::jsonb,"
    " excluded_segments = regexp_replace(excluded_segments::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE account_id = %(account_id)s"
    " AND (conditions::text ILIKE %(like)s OR excluded_segments::text ILIKE %(like)s)",
    "requests": "UPDATE privacy_request SET values = '{}', ip = NULL, user_agent = '' WHERE account_id = %(account_id)s"
    " AND (contact_id = %(contact_id)s OR address_key = %(address_key)s"
    " OR (kind = 'address' AND lower(values->>'email') = %(email)s))",
}
# Mail that came in may belong to nobody yet, so these look at the account's rows and at those without one.
_WIPE_MAIL: dict[str, str] = {
    "suppressions": "UPDATE suppression SET source = regexp_replace(source, %(regex)s, '', 'gi'),"
    " evidence = regexp_replace(evidence::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE (account_id = %(account_id)s OR account_id IS NULL) AND address_key = %(address_key)s",
    # What a case of the abuse desk holds is kept for its defense as long as the case is (Art. 17(3)(e), R-95).
    "raw_mails": "UPDATE raw_mail SET raw = '', envelope_from = '', peer = '', reason = '', reading = '{}',"
    " address_keys = '{}' WHERE desk = '' AND (account_id = %(account_id)s OR account_id IS NULL)"
    " AND (delivery_id = ANY(%(deliveries)s) OR address_keys && ARRAY[%(address_key)s]::bytea[])",
    "test_inbox": "DELETE FROM postbox_message WHERE (account_id = %(account_id)s OR account_id IS NULL)"
    " AND (address_keys && ARRAY[%(address_key)s]::bytea[] OR split_part(envelope_from, '@', 1) = ANY(%(paths)s))",
}
# The same for messages whose addresses were not noted yet when the person was erased; by then only the key is known.
_WIPE_LATE: tuple[str, ...] = (
    "UPDATE raw_mail SET raw = '', envelope_from = '', peer = '', reason = '', reading = '{}', address_keys = '{}'"
    " WHERE desk = '' AND received_at <= %(before)s AND (account_id = %(account_id)s OR account_id IS NULL)"
    " AND address_keys && ARRAY[%(address_key)s]::bytea[]",
    "DELETE FROM postbox_message WHERE received_at <= %(before)s"
    " AND (account_id = %(account_id)s OR account_id IS NULL) AND address_keys && ARRAY[%(address_key)s]::bytea[]",
)
WIPE_LATE_JOB = "privacy.wipe_late"
NOTED_AT_ONCE = 1_000
"""This many messages are noted while a person waits for the erasure; a job does the rest."""


@tenancy.needs_account
def find_person(contact_id: int, email: str, address_key: bytes) -> PersonTraces:
    """Return everything that identifies a person's data."""
    account_id = tenancy.current_account_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM signup_request WHERE account_id = %s AND (contact_id = %s OR address_key = %s)",
            [account_id, contact_id, address_key],
        )
        requests = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT d.id FROM delivery_record d WHERE d.account_id = %(account)s AND d.contact_id = %(contact)s"
            " UNION SELECT d.id FROM delivery d WHERE d.account_id = %(account)s AND d.confirmation_id = ANY(%(asked)s)"
            " UNION SELECT d.id FROM notice n JOIN delivery d ON d.notice_id = n.id AND d.account_id = n.account_id"
            " WHERE n.account_id = %(account)s AND n.kind = 'privacy' AND lower(n.recipient) = %(email)s",
            {"account": account_id, "contact": contact_id, "asked": requests, "email": email.lower()},
        )
        deliveries = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT d.id FROM delivery d JOIN notice n ON n.id = d.notice_id AND n.account_id = d.account_id"
            " WHERE d.account_id = %s AND n.sample_contact_id = %s",
            [account_id, contact_id],
        )
        samples = [row[0] for row in cursor.fetchall()]
    return PersonTraces(account_id, contact_id, email, address_key, deliveries, requests, samples)


def wipe(person: PersonTraces) -> dict[str, int]:
    """Wipe a person's traces in the running transaction; return how many rows of each kind.

    Messages whose addresses are not indexed yet are wiped by a job, unless they are few.
    """
    now = clock.now()
    for model in named_addresses.TABLES:
        for _batch in range(NOTED_AT_ONCE // named_addresses.TOGETHER):
            if not named_addresses.note_some(model):
                break
    values = _values(person)
    counts = _run(_WIPE, values)
    with tenancy.platform(PlatformReason.PERSON):
        counts |= _run(_WIPE_MAIL, values)
        is_left = named_addresses.with_too_many(now).exists()
    if is_left or not named_addresses.is_all_noted(now):
        _wipe_later(person.account_id, person.address_key, now, now)
    return counts


def wipe_late(account_id: int, address_key: bytes, before: datetime) -> None:
    """Wipe messages from before an erasure whose addresses were indexed only afterward; repeat while some are not
    indexed.
    """
    named_addresses.note_wanted(address_key, before)
    with tenancy.platform(PlatformReason.PERSON), connection.cursor() as cursor:
        for statement in _WIPE_LATE:
            cursor.execute(statement, {"account_id": account_id, "address_key": address_key, "before": before})
    if not named_addresses.is_all_noted(before):
        _wipe_later(account_id, address_key, before, clock.now())


def _wipe_later(account_id: int, address_key: bytes, before: datetime, now: datetime) -> None:
    jobs.defer(
        WIPE_LATE_JOB,
        jobs.JobQueue.HOUSE,
        at=now + timedelta(minutes=1),
        account_id=account_id,
        address_key=address_key.hex(),
        before=before.isoformat(),
    )


def _values(person: PersonTraces) -> dict[str, Any]:
    email = person.email.lower()
    escaped = email.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "account_id": person.account_id,
        "contact_id": person.contact_id,
        "email": email,
        "like": f"%{escaped}%",
        "regex": re.escape(email),
        "address_key": person.address_key,
        "deliveries": person.deliveries,
        "requests": person.requests,
        "paths": [
            return_path(key_ring().seal(TokenPurpose.VERP, person.account_id, delivery_id), "").removesuffix("@")
            for delivery_id in (*person.deliveries, *person.samples)
        ],
    }


def _run(statements: dict[str, str], values: dict[str, Any]) -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for name, statement in statements.items():
            cursor.execute(statement, values)
            counts[name] = int(cursor.rowcount)
    return counts
