"""What a withdrawal ends: proof never proves more than its time (R-16, R-36; ADR 0087). A no ends the consent to its
list, or to all, and no earlier consent may subscribe the person to another list: they have changed their mind about the
sender. Other subscriptions on record stay. One undone within minutes (docs/features/undo-an-unsubscribe.md) was never
said.
"""

from datetime import datetime
from typing import NamedTuple

from mailflatrate.rules.contacts.audience_states import ConsentKind

NOES = (ConsentKind.WITHDRAWN, ConsentKind.OBJECTION)
UNDONE_BY = "unsubscribe_undone"
"""The detail `by` of a consent that undoes the withdrawal whose id is in its detail `undoes`."""


class LedgerEvent(NamedTuple):
    """Ids grow with the time of recording; `list_id` None: all. `undone`: a later consent to the list undoes it."""

    id: int
    kind: ConsentKind
    list_id: int | None
    at: datetime
    undone: bool = False


def stands(no: LedgerEvent) -> bool:
    """Return whether an event is a no that the person didn't undo. Only the withdrawal from one list can be undone."""
    return no.kind in NOES and not (no.undone and no.kind is ConsentKind.WITHDRAWN and no.list_id is not None)


def forbids_subscribing(no: LedgerEvent, consent_at: datetime) -> bool:
    """Return whether a consent from this time can no longer subscribe the person to any list of the account."""
    return stands(no) and no.at > consent_at


def ends_consent(no: LedgerEvent, consent: LedgerEvent) -> bool:
    """ "This wasn't me" objects to one request and ends no earlier consent to its list."""
    if not stands(no):
        return False
    if no.id < consent.id:
        return no.at > consent.at
    return no.list_id is None or (no.kind is ConsentKind.WITHDRAWN and no.list_id == consent.list_id)
