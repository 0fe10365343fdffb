"""Tables of lists: people, their consent, and how they came."""

from mailflatrate.apps.lists.models.consent import GONE, ConsentEvent, ConsentEvidence, ConsentKind
from mailflatrate.apps.lists.models.imports import Import, ImportRefusal, ImportState
from mailflatrate.apps.lists.models.people import (
    Contact,
    MailingList,
    OriginState,
    Segment,
    Subscription,
    SubscriptionState,
)
from mailflatrate.apps.lists.models.seals import ConsentSeal, ConsentStamp

__all__ = [
    "GONE",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentKind",
    "ConsentSeal",
    "ConsentStamp",
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
