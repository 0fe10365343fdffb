"""Erases a person from the lists: personal data is deleted, anonymous proof is kept (R-94, R-96).

Only `privacy` calls this for a whole person, because only it knows every app; `forms` may expire an unconfirmed sign-up
(R-34). The chain of the ledger still verifies afterward.
"""

from collections.abc import Collection

from django.db import transaction

from mailflatrate.apps.lists import ledger
from mailflatrate.apps.lists.models import GONE, ConsentEvent, ConsentEvidence, ConsentKind, Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.suppression import SuppressionReason


@transaction.atomic
def erase_contact(contact_id: int, *, kind: ConsentKind = ConsentKind.ERASED, source: str) -> int | None:
    """Erase one person from the account's lists; return the ledger event that records it, None for an unknown person.

    `kind`: ERASED at the person's or the customer's request, EXPIRED when the retention of the proof ended. After
    ERASED the keyed hash of the address stays suppressed, which blocks the address in later imports and forms.
    """
    assert kind in GONE
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None:
        return None
    events = list(ConsentEvent.objects.filter(contact_id=contact_id).values_list("id", flat=True))
    erased = _erase_evidence(contact_id, events, kind)
    if kind == ConsentKind.ERASED:
        suppression.suppress(
            bytes(contact.address_key), reason=SuppressionReason.ERASED, source=source, evidence={"rule": "R-94"}
        )
    contact.delete()
    return erased


@transaction.atomic
def expire_request(contact_id: int, list_id: int, event_ids: Collection[int]) -> None:
    """Delete the personal half of an unconfirmed sign-up (R-34). The events stay and say that it expired."""
    _erase_evidence(contact_id, event_ids, ConsentKind.EXPIRED, list_id=list_id)


def _erase_evidence(
    contact_id: int, event_ids: Collection[int], kind: ConsentKind, *, list_id: int | None = None
) -> int:
    """Append the event that gives the reason, and delete these personal halves under the one role that may."""
    reason_id = ledger.append_bare(contact_id, kind, clock.now(), list_id=list_id)
    with tenancy.eraser():
        ConsentEvidence.objects.filter(event_id__in=event_ids).delete()
    return reason_id
