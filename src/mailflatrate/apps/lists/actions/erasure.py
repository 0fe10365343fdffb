"""Taking a person out of the lists: what is personal goes, what proves without naming anybody stays (R-94, R-96).

Only `privacy` calls this for a whole person, because only it knows every app; `forms` may let a sign-up expire that
nobody confirmed (R-34). The chain of the ledger verifies afterwards as before.
"""

from collections.abc import Collection

from django.db import transaction

from mailflatrate.apps.lists import ledger
from mailflatrate.apps.lists.models import GONE, ConsentEvent, ConsentEvidence, ConsentKind, Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.models import SuppressionReason
from mailflatrate.base import clock, tenancy


@transaction.atomic
def erase_contact(contact_id: int, *, kind: ConsentKind = ConsentKind.ERASED, source: str) -> int | None:
    """Erase one person from the lists of the account; the ledger's event that says so, None where nobody is there.

    `kind`: ERASED at the person's or the customer's word, EXPIRED when the time of the proof was over. After ERASED the
    keyed hash of the address stays suppressed, and refuses it at the next import and form.
    """
    assert kind in GONE
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None:
        return None
    events = ConsentEvent.objects.filter(contact_id=contact_id).values_list("id", flat=True)
    erase_evidence(list(events))
    if kind == ConsentKind.ERASED:
        suppression.suppress(
            bytes(contact.address_key), reason=SuppressionReason.ERASED, source=source, evidence={"rule": "R-94"}
        )
    contact.delete()
    return ledger.append_bare(contact_id, kind, clock.now())


@transaction.atomic
def expire_request(contact_id: int, list_id: int, event_ids: Collection[int]) -> None:
    """Forget the personal half of a sign-up that nobody confirmed (R-34). The events stay, and say that it expired."""
    ledger.append_bare(contact_id, ConsentKind.EXPIRED, clock.now(), list_id=list_id)
    erase_evidence(event_ids)


def erase_evidence(event_ids: Collection[int]) -> int:
    """Delete personal halves under the one role that may; how many there were. The caller appends the event that says
    why, in the same transaction: `ledger.append_bare`."""
    with tenancy.eraser():
        deleted, _ = ConsentEvidence.objects.filter(event_id__in=event_ids).delete()
    return deleted
