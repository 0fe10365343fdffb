"""Every place outside of the lists where people leave traces, and how each is wiped (R-94); a campaign's states and
counts stay. A test looks for the erased address in every table. Many people take the same statements.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.inbound import named_addresses
from mailflatrate.apps.inbound.models import InboxMessage
from mailflatrate.apps.privacy import text_traces
from mailflatrate.apps.privacy.people import ErasedPeople, Places, counted
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason

_Reading = Callable[[ErasedPeople, Any], tuple[Places, Places]]


@dataclass(frozen=True, slots=True)
class _Trace:
    """`read` gives the places that a row still names afterward, and those that it no longer does."""

    statement: str
    read: _Reading


def _by_delivery(people: ErasedPeople, delivery_id: Any) -> Places:
    return people.deliveries.get(delivery_id, ())


def _delivery_stays(people: ErasedPeople, row: Any) -> tuple[Places, Places]:
    return _by_delivery(people, row[0]), ()


def _one(places: Mapping[Any, int], name: Any) -> Places:
    return [places[name]] if name in places else ()


def _by_keys(people: ErasedPeople, keys: Any) -> set[int]:
    return {people.keys[bytes(key)] for key in keys or () if bytes(key) in people.keys}


def _wiped(table: str, change: str, where: str, returning: str, read: _Reading) -> _Trace:
    """Return how rows of an account are changed where what they held before has to be known."""
    return _Trace(
        f"UPDATE {table} SET {change} FROM (SELECT * FROM {table} WHERE account_id = %(account_id)s AND ({where})"  # noqa: S608
        f" ORDER BY id FOR UPDATE) AS was WHERE {table}.account_id = %(account_id)s AND {table}.id = was.id"
        f" RETURNING {returning}",
        read,
    )


_OF_DELIVERY = "delivery_id = ANY(%(deliveries)s::bigint[])"
# Under the application role, so within the account. The order is that of the path.
_WIPE: dict[str, _Trace] = {
    "clicks": _wiped(
        "click", "delivery_id = NULL", _OF_DELIVERY, "was.delivery_id",
        lambda people, row: ((), _by_delivery(people, row[0])),
    ),
    "answers": _Trace(
        f"DELETE FROM poll_answer WHERE account_id = %(account_id)s AND {_OF_DELIVERY} RETURNING delivery_id",  # noqa: S608
        lambda people, row: ((), _by_delivery(people, row[0])),
    ),
    "answer_comments": _Trace(
        f"DELETE FROM poll_comment WHERE account_id = %(account_id)s AND {_OF_DELIVERY} RETURNING delivery_id",  # noqa: S608
        lambda people, row: ((), _by_delivery(people, row[0])),
    ),
    "attempts": _Trace(
        f"UPDATE attempt SET reply_text = '' WHERE account_id = %(account_id)s AND {_OF_DELIVERY}"  # noqa: S608
        " RETURNING delivery_id",
        _delivery_stays,
    ),
    "feedback": _wiped(
        "feedback", "contact_id = NULL, text = ''", f"contact_id = ANY(%(contacts)s::bigint[]) OR {_OF_DELIVERY}",
        "was.delivery_id, was.contact_id",
        lambda people, row: (_by_delivery(people, row[0]), _one(people.contacts, row[1])),
    ),
    "deliveries": _Trace(
        "UPDATE delivery SET contact_id = NULL, reply_text = '' WHERE account_id = %(account_id)s"
        " AND id = ANY(%(deliveries)s::bigint[]) RETURNING id",
        _delivery_stays,
    ),
    # After the table they came from, so that a row moved meanwhile is found here.
    "archived_deliveries": _Trace(
        "UPDATE delivery_archive SET contact_id = NULL, reply_text = '' WHERE account_id = %(account_id)s"
        " AND id = ANY(%(deliveries)s::bigint[]) RETURNING id",
        _delivery_stays,
    ),
    "sign_ups": _Trace(
        "DELETE FROM signup_request WHERE account_id = %(account_id)s AND id = ANY(%(requests)s::bigint[])"
        " RETURNING id",
        lambda people, row: ((), _one(people.requests, row[0])),
    ),
    "denials": _Trace(
        "DELETE FROM signup_denial WHERE account_id = %(account_id)s AND address_key = ANY(%(keys)s::bytea[])"
        " RETURNING address_key",
        lambda people, row: ((), _one(people.keys, bytes(row[0]))),
    ),
    "notices": _wiped(
        "notice", "recipient = '', subject = '', text_sealed = ''",
        "kind = 'privacy' AND lower(recipient) = ANY(%(emails)s::text[])", "lower(was.recipient)",
        lambda people, row: ((), _one(people.emails, row[0])),
    ),
    "test_mailings": _wiped(
        "notice", "sample_contact_id = NULL", "sample_contact_id = ANY(%(contacts)s::bigint[])",
        "was.sample_contact_id",
        lambda people, row: ((), _one(people.contacts, row[0])),
    ),
    # The key stays: the limits and refusals of an address outlive it, like a suppression.
    "transactional_messages": _Trace(
        "UPDATE transactional_message SET recipient = '', data_sealed = '' WHERE account_id = %(account_id)s"
        " AND address_key = ANY(%(keys)s::bytea[]) AND recipient <> '' RETURNING address_key",
        lambda people, row: ((), _one(people.keys, bytes(row[0]))),
    ),
    "requests": _wiped(
        "privacy_request", "values = '{}', ip = NULL, user_agent = ''",
        "contact_id = ANY(%(contacts)s::bigint[]) OR address_key = ANY(%(keys)s::bytea[])"
        " OR (kind = 'address' AND lower(values->>'email') = ANY(%(emails)s::text[]))",
        "was.contact_id, was.address_key, CASE WHEN was.kind = 'address' THEN lower(was.values->>'email') END",
        lambda people, row: (
            {*_one(people.contacts, row[0]), *_one(people.keys, bytes(row[1]))},
            _one(people.emails, row[2]),
        ),
    ),
}  # fmt: skip
# Not in the numbers: a change of address that waits, coupons, and when a contact was last mailed.
_UNCOUNTED = (
    "DELETE FROM signup_request WHERE account_id = %(account_id)s AND moves_id = ANY(%(contacts)s::bigint[])",
    "UPDATE coupon_code SET contact_id = NULL WHERE account_id = %(account_id)s"
    " AND contact_id = ANY(%(contacts)s::bigint[])",
    "DELETE FROM last_mailing WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[])",
)
_OURS = "(account_id = %(account_id)s OR account_id IS NULL)"
_NAMED = "address_keys && %(keys)s::bytea[]"
# Mail that came in may belong to nobody yet, so these look at the account's rows and at those without one.
# What a case of the abuse desk holds is kept for its defense as long as the case is (Art. 17(3)(e), R-95).
_RAW_MAILS = _Trace(
    "UPDATE raw_mail SET raw = '', envelope_from = '', peer = '', reason = '', reading = '{}', address_keys = '{}'"  # noqa: S608
    f" FROM (SELECT id, delivery_id, address_keys FROM raw_mail WHERE desk = '' AND {_OURS}"
    f" AND ({_OF_DELIVERY} OR {_NAMED}) ORDER BY id FOR UPDATE) AS was"
    " WHERE raw_mail.id = was.id RETURNING was.delivery_id, was.address_keys",
    lambda people, row: (_by_delivery(people, row[0]), _by_keys(people, row[1])),
)


def _suppression(lifted: str) -> _Trace:
    """Return how suppressions in force, or lifted ones, are wiped: there is an index for each of them."""
    return _Trace(
        "UPDATE suppression SET source = regexp_replace(source, person.regex, '', 'gi'),"  # noqa: S608
        " evidence = regexp_replace(evidence::text, person.regex, '', 'gi')::jsonb"
        " FROM unnest(%(keys)s::bytea[], %(regexes)s::text[]) AS person (address_key, regex)"
        f" WHERE {_OURS} AND suppression.address_key = ANY(%(keys)s::bytea[])"
        f" AND suppression.address_key = person.address_key AND lifted_at {lifted} RETURNING suppression.address_key",
        lambda people, row: (_one(people.keys, bytes(row[0])), ()),
    )


# What the customer and the desk wrote about a suppression of the person, or what names the person anywhere else.
_LIFT_REQUESTS = _Trace(
    "UPDATE lift_request SET reason = '', answer = ''"
    " FROM suppression, unnest(%(keys)s::bytea[], %(regexes)s::text[]) AS person (address_key, regex)"
    " WHERE lift_request.account_id = %(account_id)s AND suppression.id = lift_request.suppression_id"
    " AND (suppression.address_key = person.address_key"
    " OR lift_request.reason ~* person.regex OR lift_request.answer ~* person.regex) RETURNING person.address_key",
    lambda people, row: ((), _one(people.keys, bytes(row[0]))),
)
_INBOX = (
    f"DELETE FROM postbox_message WHERE {_OURS}"  # noqa: S608  made of constants
    f" AND ({_NAMED} OR split_part(envelope_from, '@', 1) = ANY(%(paths)s::text[]))"
    " RETURNING address_keys, split_part(envelope_from, '@', 1)"
)
_IN_FORCE, _LIFTED = _suppression("IS NULL"), _suppression("IS NOT NULL")
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


def wipe(people: ErasedPeople) -> list[dict[str, int]]:
    """In the running transaction. Messages not indexed yet are wiped by a job, unless they are few."""
    now = clock.now()
    for model in named_addresses.TABLES:
        for _batch in range(NOTED_AT_ONCE // named_addresses.TOGETHER):
            if not named_addresses.note_some(model):
                break
    values = _values(people)
    counts = {name: _run(trace, values, people) for name, trace in _WIPE.items()}
    with connection.cursor() as cursor:
        for statement in _UNCOUNTED:
            cursor.execute(statement, values)
    counts |= text_traces.wipe_texts(people)
    with tenancy.platform(PlatformReason.PERSON):
        counts["suppressions"] = _run(_IN_FORCE, values, people) + _run(_LIFTED, values, people)
        counts["lift_requests"] = _run(_LIFT_REQUESTS, values, people)
        counts["raw_mails"] = _run(_RAW_MAILS, values, people)
        counts["test_inbox"] = _wipe_test_inbox(values, people)
        is_left = named_addresses.with_too_many(now).exists()
    if is_left or not named_addresses.is_all_noted(now):
        _wipe_later(people.account_id, list(people.keys), now, now)
    return [{name: numbers[place] for name, numbers in counts.items()} for place in range(len(people.contacts))]


def wipe_late(account_id: int, address_key: bytes, before: datetime) -> None:
    """Messages from before an erasure, indexed only afterward; repeats itself while some are not."""
    named_addresses.note_wanted(address_key, before)
    with tenancy.platform(PlatformReason.PERSON), connection.cursor() as cursor:
        for statement in _WIPE_LATE:
            cursor.execute(statement, {"account_id": account_id, "address_key": address_key, "before": before})
    if not named_addresses.is_all_noted(before):
        _wipe_later(account_id, [address_key], before, clock.now())


def _wipe_later(account_id: int, address_keys: Sequence[bytes], before: datetime, now: datetime) -> None:
    arguments = [
        {"account_id": account_id, "address_key": key.hex(), "before": before.isoformat()} for key in address_keys
    ]
    jobs.defer_all(WIPE_LATE_JOB, jobs.JobQueue.HOUSE, arguments, at=now + timedelta(minutes=1))


def _values(people: ErasedPeople) -> dict[str, Any]:
    return {
        "account_id": people.account_id,
        "contacts": list(people.contacts),
        "keys": list(people.keys),
        "emails": list(people.emails),
        "regexes": [re.escape(email) for email in people.search.emails],
        "deliveries": list(people.deliveries),
        "requests": list(people.requests),
    }


def _wipe_test_inbox(values: dict[str, Any], people: ErasedPeople) -> Counter[int]:
    """Delete what the test inbox received for these people. Without messages in it, no Return-Path is made."""
    if not InboxMessage.objects.exists():
        return Counter()
    paths = people.paths()
    trace = _Trace(_INBOX, lambda people, row: ((), _by_keys(people, row[0]) | {*paths.get(row[1], ())}))
    return _run(trace, {**values, "paths": list(paths)}, people)


def _run(trace: _Trace, values: dict[str, Any], people: ErasedPeople) -> Counter[int]:
    counts: Counter[int] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(trace.statement, values)
        for row in cursor.fetchall():
            counts.update(counted(*trace.read(people, row)))
    return counts
