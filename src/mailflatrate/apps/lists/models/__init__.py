"""Tables of lists: people, their consent, and how they came."""

from mailflatrate.apps.lists.models.consent import ConsentEvent, ConsentEvidence, ConsentKind
from mailflatrate.apps.lists.models.imports import Import, ImportRefusal, ImportState
from mailflatrate.apps.lists.models.people import (
    Contact,
    MailingList,
    OriginState,
    Segment,
    Subscription,
    SubscriptionState,
)

__all__ = [
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentKind",
    "Contact",
    "Import",
    "ImportRefusal",
    "ImportState",
    "MailingList",
    "OriginState",
    "Segment",
    "Subscription",
    "SubscriptionState",
]
