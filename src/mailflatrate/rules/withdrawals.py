"""What a withdrawal ends: proof never proves more than its time (R-16, R-36; ADR 0087).

A person's no ends the consent to its list, or to all of them. Besides, no consent from before it may subscribe them to
another list of the account: people who say no once have changed their mind about the sender. Subscriptions that were on
record when they said it, and that they didn't end, stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mailflatrate.rules.audience_states import ConsentKind

NOES = (ConsentKind.WITHDRAWN, ConsentKind.OBJECTION)


class LedgerEvent(NamedTuple):
    """An event of a person in an account's ledger. Ids grow with the time of recording; `list_id` None: all lists."""

    id: int
    kind: ConsentKind
    list_id: int | None
    at: datetime


def forbids_subscribing(no: LedgerEvent, consent_at: datetime) -> bool:
    """Return whether a consent from this time can no longer subscribe the person to any list of the account."""
    return no.kind in NOES and no.at > consent_at


def ends_consent(no: LedgerEvent, consent: LedgerEvent) -> bool:
    """Return whether a subscription based on this consent may not be mailed because of a no.

    "This wasn't me" objects to one request and ends no earlier consent to its list.
    """
    if no.kind not in NOES:
        return False
    if no.id < consent.id:
        return no.at > consent.at
    return no.list_id is None or (no.kind is ConsentKind.WITHDRAWN and no.list_id == consent.list_id)
