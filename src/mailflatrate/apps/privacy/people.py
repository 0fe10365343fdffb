"""The people of one erasure, by place in it: a row that names several counts as if they were erased in turn."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.address_search import AddressSearch
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import return_path

Places = Collection[int]


@dataclass(frozen=True, slots=True)
class ErasedPeople:
    """Mappings lead from what a row holds to places; addresses are in lower case. `deliveries`: all ever meant for
    them; `samples`: test sends that showed their data to another person.
    """

    account_id: int
    contacts: dict[int, int]
    keys: dict[bytes, int]
    emails: dict[str, int]
    search: AddressSearch
    requests: dict[int, int]
    deliveries: dict[int, frozenset[int]]
    samples: dict[int, frozenset[int]]

    def paths(self) -> dict[str, frozenset[int]]:
        ring = key_ring()
        return {
            return_path(ring.seal(TokenPurpose.VERP, self.account_id, delivery_id), "").removesuffix("@"): places
            for delivery_id, places in (self.deliveries | self.samples).items()
        }


def find_people(contacts: Sequence[Contact]) -> ErasedPeople:
    account_id = tenancy.current_account_id()
    by_contact = {contact.id: place for place, contact in enumerate(contacts)}
    by_key = {bytes(contact.address_key): place for place, contact in enumerate(contacts)}
    emails = _lowered([contact.email for contact in contacts])
    by_email = {email: place for place, email in reversed(list(enumerate(emails)))}
    requests = _requests(account_id, by_contact, by_key)
    deliveries = _deliveries(account_id, by_contact, by_key, requests, by_email)
    samples = _samples(account_id, by_contact)
    return ErasedPeople(account_id, by_contact, by_key, by_email, AddressSearch(emails), requests, deliveries, samples)


def _lowered(emails: Sequence[str]) -> list[str]:
    """Return the addresses in lower case, as the database sees it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(email) FROM unnest(%s::text[]) WITH ORDINALITY AS people (email, n) ORDER BY n",
            [list(emails)],
        )
        return [str(email) for (email,) in cursor.fetchall()]


def _requests(account_id: int, by_contact: dict[int, int], by_key: dict[bytes, int]) -> dict[int, int]:
    """Sign-ups by place; one that names two is the first's, as is a change of address whose person comes first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, contact_id, address_key, moves_id FROM signup_request WHERE account_id = %s"
            " AND (contact_id = ANY(%s::bigint[]) OR address_key = ANY(%s::bytea[]))",
            [account_id, list(by_contact), list(by_key)],
        )
        rows = cursor.fetchall()
    place_by_request: dict[int, int] = {}
    for request_id, contact_id, key, moves_id in rows:
        places = [place for place in (by_contact.get(contact_id), by_key.get(bytes(key))) if place is not None]
        if by_contact.get(moves_id, len(by_contact)) >= min(places):
            place_by_request[request_id] = min(places)
    return place_by_request


# The first two are one condition for two indexes.
_DELIVERIES = """
SELECT d.id, d.contact_id, NULL::bigint, NULL::text, NULL::bytea FROM delivery_record d
WHERE d.account_id = %(account_id)s AND d.contact_id = ANY(%(contacts)s::bigint[]) AND d.campaign_id IS NOT NULL
UNION ALL SELECT d.id, d.contact_id, NULL, NULL, NULL FROM delivery_record d
WHERE d.account_id = %(account_id)s AND d.contact_id = ANY(%(contacts)s::bigint[]) AND d.campaign_id IS NULL
UNION ALL SELECT d.id, NULL, d.confirmation_id, NULL, NULL FROM delivery d
WHERE d.account_id = %(account_id)s AND d.confirmation_id = ANY(%(requests)s::bigint[])
UNION ALL SELECT d.id, NULL, NULL, NULL, t.address_key
FROM transactional_message t JOIN delivery d ON d.transactional_id = t.id AND d.account_id = t.account_id
WHERE t.account_id = %(account_id)s AND t.address_key = ANY(%(keys)s::bytea[])
UNION ALL SELECT d.id, NULL, NULL, lower(n.recipient), NULL
FROM notice n JOIN delivery d ON d.notice_id = n.id AND d.account_id = n.account_id
WHERE n.account_id = %(account_id)s AND n.kind = 'privacy' AND lower(n.recipient) = ANY(%(emails)s::text[])
"""


def _deliveries(
    account_id: int,
    by_contact: dict[int, int],
    by_key: dict[bytes, int],
    requests: dict[int, int],
    by_email: dict[str, int],
) -> dict[int, frozenset[int]]:
    values: dict[str, Any] = {"account_id": account_id, "contacts": list(by_contact), "requests": list(requests)}
    passing: dict[int, set[int]] = {}
    lasting: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERIES, {**values, "emails": list(by_email), "keys": list(by_key)})
        for delivery_id, contact_id, request_id, email, key in cursor.fetchall():
            if contact_id is not None:
                passing.setdefault(delivery_id, set()).add(by_contact[contact_id])
            elif key is not None:
                lasting.setdefault(delivery_id, set()).add(by_key[bytes(key)])
            else:
                place = requests[request_id] if request_id is not None else by_email[email]
                lasting.setdefault(delivery_id, set()).add(place)
    return {
        delivery_id: counted(lasting.get(delivery_id, ()), passing.get(delivery_id, ()))
        for delivery_id in (*passing, *lasting)
    }


def _samples(account_id: int, by_contact: dict[int, int]) -> dict[int, frozenset[int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, n.sample_contact_id FROM notice n"
            " JOIN delivery d ON n.id = d.notice_id AND n.account_id = d.account_id"
            " WHERE n.account_id = %s AND n.sample_contact_id = ANY(%s::bigint[])",
            [account_id, list(by_contact)],
        )
        return {int(delivery_id): frozenset({by_contact[contact_id]}) for delivery_id, contact_id in cursor.fetchall()}


def counted(lasting: Iterable[int], passing: Iterable[int]) -> frozenset[int]:
    """`lasting`: places the row still names after it was wiped; `passing`: those the first wipe takes out of it."""
    named = {*lasting}
    everyone = named | {*passing}
    return frozenset(named | {min(everyone)}) if everyone else frozenset()
