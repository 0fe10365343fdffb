"""The facts that the rules judge of one recipient of a campaign."""

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from mailflatrate.rules.contacts.audience_states import ConsentKind, OriginState, SubscriptionState


class SuppressionCause(Enum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    OBJECTION = "objection"
    ERASED = "erased"
    OWN = "own"
    EVERYWHERE = "everywhere"
    """Complaints of the person, perhaps about others, closed the whole platform to it (R-79)."""


class RecipientFacts(NamedTuple):
    """The hot path builds a million. `consent_list_id` is the list of the consent, `list_id` that of the delivery
    (R-36). `consent` is the kind of its event, `consent_ended` whether a no ended it. `role_released`: a reviewer
    accepted a tier-2 name. `last_contact_at` is the latest of consent, activity, campaign, declared message (R-91).
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
