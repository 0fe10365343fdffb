"""Every place outside of the lists where a person leaves traces, and how each is wiped (R-94).

What a mailing did as a whole stays: its rows, states and counts, without the person. What goes is listed here table by
table; a test walks through every table of the database and looks for the erased address.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be wiped. `email` as it is stored; `deliveries` are all that were ever meant for him here."""

    account_id: int
    contact_id: int
    email: str
    address_key: bytes
    deliveries: list[int]
    requests: list[int]


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
    "sign_ups": "DELETE FROM signup_request WHERE account_id = %(account_id)s AND id = ANY(%(requests)s)",
    "denials": "DELETE FROM signup_denial WHERE account_id = %(account_id)s AND address_key = %(address_key)s",
    "notices": "UPDATE notice SET recipient = '', subject = '', text = '' WHERE account_id = %(account_id)s"
    " AND kind = 'privacy' AND lower(recipient) = %(email)s",
    "test_mailings": "UPDATE notice SET sample_contact_id = NULL WHERE account_id = %(account_id)s"
    " AND sample_contact_id = %(contact_id)s",
    "refused_rows": "DELETE FROM import_refusal WHERE account_id = %(account_id)s"
    " AND (row::text ILIKE %(like)s OR suggestion ILIKE %(like)s)",
    "segments": "UPDATE segment SET conditions = regexp_replace(conditions::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE account_id = %(account_id)s AND conditions::text ILIKE %(like)s",
    "audiences": "UPDATE campaign SET conditions = regexp_replace(conditions::text, %(regex)s, '', 'gi')::jsonb,"
    " excluded_segments = regexp_replace(excluded_segments::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE account_id = %(account_id)s"
    " AND (conditions::text ILIKE %(like)s OR excluded_segments::text ILIKE %(like)s)",
    "suppressions": "UPDATE suppression SET source = regexp_replace(source, %(regex)s, '', 'gi'),"
    " evidence = regexp_replace(evidence::text, %(regex)s, '', 'gi')::jsonb"
    " WHERE account_id = %(account_id)s AND address_key = %(address_key)s",
    "requests": "UPDATE privacy_request SET values = '{}', ip = NULL, user_agent = '' WHERE account_id = %(account_id)s"
    " AND (contact_id = %(contact_id)s OR address_key = %(address_key)s"
    " OR (kind = 'address' AND lower(values->>'email') = %(email)s))",
}
# Mail that came in may belong to nobody yet, so these look at the account's rows and at those without one.
_WIPE_MAIL: dict[str, str] = {
    # What a case of the abuse desk holds is kept for its defence as long as the case is (Art. 17(3)(e), R-95).
    "raw_mails": "UPDATE raw_mail SET raw = '', envelope_from = '', peer = '', reason = '', reading = '{}'"
    " WHERE desk = '' AND (account_id = %(account_id)s OR account_id IS NULL) AND (delivery_id = ANY(%(deliveries)s)"
    " OR lower(envelope_from) = %(email)s OR position(convert_to(%(email)s, 'UTF8') IN raw) > 0)",
    "postbox": "DELETE FROM postbox_message WHERE (account_id = %(account_id)s OR account_id IS NULL)"
    " AND lower(envelope_to) = %(email)s",
}


def find_person(contact_id: int, email: str, address_key: bytes) -> Person:
    """Everything by which a person is to be found. Runs inside `tenancy.account(...)`."""
    account_id = tenancy.current_account_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM signup_request WHERE account_id = %s AND (contact_id = %s OR address_key = %s)",
            [account_id, contact_id, address_key],
        )
        requests = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT d.id FROM delivery d LEFT JOIN notice n ON n.id = d.notice_id AND n.account_id = d.account_id"
            " WHERE d.account_id = %s AND (d.contact_id = %s OR d.confirmation_id = ANY(%s)"
            " OR (n.kind = 'privacy' AND lower(n.recipient) = %s))",
            [account_id, contact_id, requests, email.lower()],
        )
        deliveries = [row[0] for row in cursor.fetchall()]
    return Person(account_id, contact_id, email, address_key, deliveries, requests)


def wipe(person: Person) -> dict[str, int]:
    """Wipe a person's traces in the running transaction; how many rows of each kind."""
    values = _values(person)
    counts = _run(_WIPE, values)
    with tenancy.platform(PlatformReason.PERSON):
        counts |= _run(_WIPE_MAIL, values)
    return counts


def _values(person: Person) -> dict[str, Any]:
    email = person.email.lower()
    escaped = email.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "account_id": person.account_id, "contact_id": person.contact_id, "email": email, "like": f"%{escaped}%",
        "regex": re.escape(email),
        "address_key": person.address_key, "deliveries": person.deliveries, "requests": person.requests,
    }  # fmt: skip


def _run(statements: dict[str, str], values: dict[str, Any]) -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for name, statement in statements.items():
            cursor.execute(statement, values)
            counts[name] = int(cursor.rowcount)
    return counts
