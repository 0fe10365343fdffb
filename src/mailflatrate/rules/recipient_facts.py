"""The facts that the rules judge of one recipient of a campaign."""

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from mailflatrate.rules.contacts.audience_states import ConsentKind, OriginState, SubscriptionState


class SuppressionCause(Enum):
    """Why an address must not be mailed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    OBJECTION = "objection"
    ERASED = "erased"
    OWN = "own"
    """The customer does not want to email it, and entered it directly."""
    EVERYWHERE = "everywhere"
    """Complaints of the person, perhaps about others, closed the whole platform to it (R-79)."""


class RecipientFacts(NamedTuple):
    """One recipient of one campaign. The hot path builds a million of these.

    `consent_list_id` is the list the consent was given for and `list_id` the list this delivery is for (R-36).
    `consent` is the kind of the event behind the subscription, `consent_ended` whether a no ended it
    (`rules.withdrawals`). `role_released`: a reviewer accepted a tier-2 name (`addresses.role_tier`). `last_contact_at`
    is the latest of consent, activity, campaign, and declared message (R-91). What is missing is None.
    """

    suppressed: SuppressionCause | None
    subscription: SubscriptionState | None
    consent: ConsentKind | None
    consent_event_id: int | None
    consent_list_id: int | None
    list_id: int
    consent_at: datetime | None
    last_contact_at: datetime | None
    origin: OriginState | None
    role_tier: int = 0
    role_released: bool = False
    missing_values: tuple[str, ...] = ()
    consent_ended: bool = False
    rests_until: datetime | None = None  # the end of the pause that the person chose between two campaigns
    list_archived: bool = False
