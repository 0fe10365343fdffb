"""Tables of lists: people, their consent, and how they got here."""

from mailflatrate.apps.lists.models.consent import GONE, ConsentEvent, ConsentEvidence, ConsentKind
from mailflatrate.apps.lists.models.counts import ListTally, MailableCount
from mailflatrate.apps.lists.models.exports import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.apps.lists.models.imports import CheckState, Import, ImportRefusal, ImportState
from mailflatrate.apps.lists.models.origins import (
    OPEN_DECLARATIONS,
    DeclarationState,
    EvidenceColumn,
    ListOrigin,
    OriginKind,
    OriginState,
)
from mailflatrate.apps.lists.models.people import (
    Contact,
    MailingList,
    Segment,
    Subscription,
    SubscriptionState,
)
from mailflatrate.apps.lists.models.seals import ConsentSeal, ConsentStamp, SigningKey
from mailflatrate.apps.lists.models.search import ContactText, SearchTodo

__all__ = [
    "GONE",
    "OPEN_DECLARATIONS",
    "CheckState",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentKind",
    "ConsentSeal",
    "ConsentStamp",
    "Contact",
    "ContactText",
    "DeclarationState",
    "EvidenceColumn",
    "Export",
    "ExportContent",
    "ExportFormat",
    "ExportState",
    "Import",
    "ImportRefusal",
    "ImportState",
    "ListOrigin",
    "ListTally",
    "MailableCount",
    "MailingList",
    "OriginKind",
    "OriginState",
    "SearchTodo",
    "Segment",
    "SigningKey",
    "Subscription",
    "SubscriptionState",
]
