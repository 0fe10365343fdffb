"""What a withdrawal ends: proof never proves more than its time (R-16, R-36; ADR 0087).

A person's no ends the consent to its list, or to all of them. Besides, no consent from before it may subscribe them to
another list of the account: people who say no once have changed their mind about the sender. Subscriptions that were on
record when they said it, and that they didn't end, stay. A withdrawal that the person undid on its page within minutes
(docs/features/undo-an-unsubscribe.md) counts as never said.
"""

from datetime import datetime
from typing import NamedTuple

from mailflatrate.rules.contacts.audience_states import ConsentKind

NOES = (ConsentKind.WITHDRAWN, ConsentKind.OBJECTION)
UNDONE_BY = "unsubscribe_undone"
"""The detail `by` of a consent that undoes the withdrawal whose id is in its detail `undoes`."""


class LedgerEvent(NamedTuple):
    """An event of a person in an account's ledger. Ids grow with the time of recording; `list_id` None: all lists.

    `undone`: a later consent to the same list undoes it.
    """

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
    """Return whether a subscription based on this consent may not be mailed because of a no.

    "This wasn't me" objects to one request and ends no earlier consent to its list.
    """
    if not stands(no):
        return False
    if no.id < consent.id:
        return no.at > consent.at
    return no.list_id is None or (no.kind is ConsentKind.WITHDRAWN and no.list_id == consent.list_id)
