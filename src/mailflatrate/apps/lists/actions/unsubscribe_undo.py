"""Undoing an unsubscribe on its page, for a few minutes (R-42). The unsubscribe stays in the ledger; the consent it
ended is appended once more. Only what this page ended comes back: every other "no" stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.queries import active_for
from mailflatrate.base import clock, tenancy
from mailflatrate.base.outbox.writing import emit
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.contacts.withdrawals import UNDONE_BY
from mailflatrate.rules.events import EventType
from mailflatrate.rules.limits import value as limit

MOST_UNDONE = 3
"""A person who keeps changing their mind signs up again."""
ON_A_PAGE = ("link", "preferences")
"""What a mailbox provider posted stays done."""


@dataclass(frozen=True, slots=True)
class UndoOffer:
    until: datetime
    ended: Sequence[tuple[Subscription, ConsentEvent]]


@tenancy.needs_account
def undo_offer(contact_id: int, source: str) -> UndoOffer | None:
    contact = Contact.objects.filter(id=contact_id).first()
    if contact is None or _says_no_otherwise(bytes(contact.address_key), source):
        return None
    now, minutes = clock.now(), timedelta(minutes=limit("unsubscribe_undo_minutes"))
    own = ConsentEvent.objects.filter(contact_id=contact_id, mailing_list_id__isnull=False)
    if own.filter(evidence__details__undone_on=source).count() >= MOST_UNDONE:
        return None
    ending = own.filter(
        kind=ConsentKind.WITHDRAWN,
        occurred_at__gt=now - minutes,
        evidence__source=source,
        evidence__details__was=SubscriptionState.CONFIRMED.value,
        evidence__details__by__in=ON_A_PAGE,
    )
    last = {event.mailing_list_id: event for event in ending.order_by("id")}
    left = Subscription.objects.filter(
        contact_id=contact_id,
        mailing_list_id__in=last,
        mailing_list__archived_at__isnull=True,
        state=SubscriptionState.UNSUBSCRIBED,
        consent_event__evidence__isnull=False,
    )
    rows = left.select_related("mailing_list", "consent_event__evidence").order_by("id")
    # Who left a list once more in another way said so after this page did.
    pairs = ((row, last[row.mailing_list_id]) for row in rows)
    ended = [(row, event) for row, event in pairs if row.unsubscribed_at == event.occurred_at]
    return UndoOffer(min(event.occurred_at for _row, event in ended) + minutes, ended) if ended else None


def _says_no_otherwise(address_key: bytes, source: str) -> bool:
    """Suppressed for any other reason than this page's unsubscribe."""
    return any(
        row.account_id is None or row.reason != SuppressionReason.UNSUBSCRIBE or row.source != source
        for row in active_for([address_key])
    )


@transaction.atomic
def undo_unsubscribe(contact_id: int, *, source: str, ip: str | None, user_agent: str) -> int:
    """On how many lists; 0 if too late, or something speaks against it. Idempotent."""
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    offer = undo_offer(contact_id, source) if contact is not None else None
    if contact is None or offer is None:
        return 0
    for subscription, ending in offer.ended:
        _confirm_again(contact, subscription, ending, source=source, ip=ip, user_agent=user_agent)
    suppression.lift_by_opt_in(bytes(contact.address_key), source=source)
    return len(offer.ended)


def _confirm_again(
    contact: Contact, row: Subscription, ending: ConsentEvent, *, source: str, ip: str | None, user_agent: str
) -> None:
    """As it was given, and with who took the withdrawal back."""
    was, now = row.consent_event, clock.now()
    assert was is not None
    given = was.evidence
    event_id = ledger.append(
        contact.id,
        row.mailing_list_id,
        ConsentKind(was.kind),
        now,
        ledger.EventEvidence(
            email=given.email,
            signup_at=given.signup_at,
            signup_ip=given.signup_ip,
            confirmed_at=now,
            confirmed_ip=ip,
            source=given.source,
            user_agent=user_agent[:500],
            details={**given.details, "by": UNDONE_BY, "undoes": ending.id, "restores": was.id, "undone_on": source},
        ),
        source_import_id=was.source_import_id,
    )
    Subscription.objects.filter(id=row.id).update(
        state=SubscriptionState.CONFIRMED,
        consent_event_id=event_id,
        confirmed_at=now,
        unsubscribed_at=None,
        unsubscribed_by="",
    )
    if was.kind == ConsentKind.IMPORTED:  # the ledger's trigger tells of confirmations only
        emit(EventType.CONTACT_CONFIRMED, {"contact_id": contact.id, "list_id": row.mailing_list_id})
