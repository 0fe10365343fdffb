"""The stored states of a person on a list: subscription, consent events, and origin of the list."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    """The state of a subscription. Only CONFIRMED is ever mailed (R-25)."""

    PENDING = "pending"
    QUARANTINED = "quarantined"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class ConsentKind(StrEnum):
    """Events of the consent ledger (ARCHITECTURE section 7). Only those in CONSENTS are consent."""

    REQUESTED = "requested"
    CONFIRMATION_SENT = "confirmation_sent"
    CONFIRMED = "confirmed"
    """Double opt-in with a form of ours."""
    IMPORTED = "imported"
    """Double opt-in elsewhere, with evidence per row (R-12)."""
    WITHDRAWN = "withdrawn"
    OBJECTION = "objection"
    TRACKING_GRANTED = "tracking_granted"
    TRACKING_WITHDRAWN = "tracking_withdrawn"
    ERASED = "erased"
    EXPIRED = "expired"


CONSENTS = (ConsentKind.CONFIRMED, ConsentKind.IMPORTED)
"""The events on which a subscription may be based. Nothing else counts as consent."""
GONE = (ConsentKind.ERASED, ConsentKind.EXPIRED)
"""Events that say why the personal halves of earlier ones are no longer there (R-94, R-95). They have none."""


class OriginState(StrEnum):
    """What is known about the origin of a list (R-10). FORM: filled by our own double-opt-in forms alone; needs no
    declaration.
    """

    FORM = "form"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
