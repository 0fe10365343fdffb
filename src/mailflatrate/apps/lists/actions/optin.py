"""Double opt-in for lists. Nothing else makes a sign-up count (R-25); `apps.forms` decides who may be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.lists.actions.erasure import expire_request
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.fields import suited
from mailflatrate.apps.lists.models import ChangeSource, ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import tenancy

_CONTACT = """
INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes, last_activity_at)
VALUES (%(account_id)s, %(email)s, %(key)s, %(first_name)s, %(last_name)s, %(attributes)s::jsonb, %(at)s)
ON CONFLICT (account_id, address_key) DO UPDATE SET
    first_name = coalesce(nullif(contact.first_name, ''), excluded.first_name),
    last_name = coalesce(nullif(contact.last_name, ''), excluded.last_name),
    attributes = excluded.attributes || contact.attributes,
    last_activity_at = greatest(contact.last_activity_at, excluded.last_activity_at),
    updated_at = now()
RETURNING id
"""
# The no-op update waits for a concurrent write of the same contact, and returns the id.
_PENDING_CONTACT = """
INSERT INTO contact (account_id, email, address_key) VALUES (%(account_id)s, %(email)s, %(key)s)
ON CONFLICT (account_id, address_key) DO UPDATE SET email = contact.email
RETURNING id
"""
_PENDING_SUBSCRIPTION = """
INSERT INTO subscription (account_id, mailing_list_id, contact_id, state)
VALUES (%(account_id)s, %(list_id)s, %(contact_id)s, 'pending')
ON CONFLICT (account_id, mailing_list_id, contact_id) DO NOTHING
"""
# A person who is here for no other reason: no list, no proof of anything.
_LEFT_OVER = """
DELETE FROM contact c WHERE c.account_id = %(account_id)s AND c.id = %(contact_id)s
  AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = c.account_id AND s.contact_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM consent_event e JOIN consent_evidence v ON v.event_id = e.id
                  WHERE e.account_id = c.account_id AND e.contact_id = c.id)
"""


@dataclass(frozen=True, slots=True)
class SignupPerson:
    """As typed; `address_key`: keyed hash of the canonical address (32 bytes)."""

    email: str
    address_key: bytes
    first_name: str = ""
    last_name: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@tenancy.needs_account
@transaction.atomic
def begin_opt_in(person: SignupPerson, list_id: int, at: datetime, evidence: ledger.EventEvidence) -> tuple[int, int]:
    """Returns contact and ledger event. A known contact's data stay unchanged until they confirm: anyone can type an
    address.
    """
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "email": person.email,
        "key": person.address_key,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PENDING_CONTACT, parameters)
        contact_id = int(cursor.fetchone()[0])
        cursor.execute(_PENDING_SUBSCRIPTION, {**parameters, "list_id": list_id, "contact_id": contact_id})
    return contact_id, ledger.append(contact_id, list_id, ConsentKind.REQUESTED, at, evidence)


@tenancy.needs_account
@transaction.atomic
def confirm_consent(
    person: SignupPerson, list_id: int, at: datetime, evidence: ledger.EventEvidence, *, source: str
) -> int:
    """Names and attributes stay. Lifts unsubscribe and bounces, not a complaint (R-16, R-75). Returns the ledger's
    event.
    """
    account_id = tenancy.current_account_id()
    if person.first_name or person.last_name or person.attributes:  # what a known contact lacks is filled in
        name_author(ChangeAuthor(ChangeSource.SIGNUP))
    with connection.cursor() as cursor:
        cursor.execute(
            _CONTACT,
            {
                "account_id": account_id,
                "email": person.email,
                "key": person.address_key,
                "first_name": person.first_name[:120],
                "last_name": person.last_name[:120],
                "attributes": ledger.as_json(suited(person.attributes)),
                "at": at,
            },
        )
        contact_id = int(cursor.fetchone()[0])
    event_id = ledger.append(contact_id, list_id, ConsentKind.CONFIRMED, at, evidence)
    Subscription.objects.update_or_create(
        account_id=account_id,
        mailing_list_id=list_id,
        contact_id=contact_id,
        defaults={
            "state": SubscriptionState.CONFIRMED,
            "consent_event_id": event_id,
            "confirmed_at": at,
            "quarantine_reason": "",
            "unsubscribed_at": None,
            "unsubscribed_by": "",
        },
    )
    suppression.lift_by_opt_in(person.address_key, source=source)
    return event_id


@tenancy.needs_account
@transaction.atomic
def turn_down(contact_id: int, list_id: int, at: datetime, evidence: ledger.EventEvidence) -> int:
    """After "This was not me", as an objection; return the event's id."""
    waiting = Subscription.objects.filter(contact_id=contact_id, mailing_list_id=list_id)
    waiting.filter(state=SubscriptionState.PENDING).delete()
    return ledger.append(contact_id, list_id, ConsentKind.OBJECTION, at, evidence)


@tenancy.needs_account
@transaction.atomic
def forget_opt_in(contact_id: int, list_id: int, event_ids: Sequence[int]) -> None:
    """Delete the ledger's personal half (R-34), and the person if nothing needs them. Events stay: the chain is
    intact.
    """
    expire_request(contact_id, list_id, event_ids)
    waiting = Subscription.objects.filter(contact_id=contact_id, mailing_list_id=list_id)
    waiting.filter(state=SubscriptionState.PENDING).delete()
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OVER, {"account_id": tenancy.current_account_id(), "contact_id": contact_id})


def person_of(contact: Contact, email: str, address_key: bytes) -> SignupPerson:
    return SignupPerson(email, address_key, contact.first_name, contact.last_name, contact.attributes)
