"""Tables of lists: people, their consent, and how they joined."""

from mailflatrate.apps.lists.models.contact_columns import ContactColumns
from mailflatrate.apps.lists.models.counts import ListTally, MailableCount
from mailflatrate.apps.lists.models.events import (
    ContactEvent,
    ContactEventType,
    ConversionGoal,
    EventDay,
    EventSettings,
)
from mailflatrate.apps.lists.models.fields import ContactField, FieldMigration, FieldMigrationState
from mailflatrate.apps.lists.models.history import ChangeKind, ChangeSource, ContactNote, RecordedChange
from mailflatrate.apps.lists.models.limited_tasks import LIMIT_CHANGED
from mailflatrate.apps.lists.models.origins import (
    OPEN_DECLARATIONS,
    ORIGIN_LABELS,
    DeclarationState,
    EvidenceColumn,
    ListOrigin,
    OriginKind,
)
from mailflatrate.apps.lists.models.people import SUBSCRIPTION_LABELS, Contact, MailingList, Subscription
from mailflatrate.apps.lists.models.search import ContactText, SearchTodo
from mailflatrate.apps.lists.models.sync import ContactTouch
from mailflatrate.apps.lists.models.tags import TAG_COLOR_LABELS, ContactTag, Tag
from mailflatrate.rules.contacts.audience_states import GONE, ConsentKind, OriginState, SubscriptionState

__all__ = [
    "GONE",
    "LIMIT_CHANGED",
    "OPEN_DECLARATIONS",
    "ORIGIN_LABELS",
    "SUBSCRIPTION_LABELS",
    "TAG_COLOR_LABELS",
    "ChangeKind",
    "ChangeSource",
    "ConsentKind",
    "Contact",
    "ContactColumns",
    "ContactEvent",
    "ContactEventType",
    "ContactField",
    "ContactNote",
    "ContactTag",
    "ContactText",
    "ContactTouch",
    "ConversionGoal",
    "DeclarationState",
    "EventDay",
    "EventSettings",
    "EvidenceColumn",
    "FieldMigration",
    "FieldMigrationState",
    "ListOrigin",
    "ListTally",
    "MailableCount",
    "MailingList",
    "OriginKind",
    "OriginState",
    "RecordedChange",
    "SearchTodo",
    "Subscription",
    "SubscriptionState",
    "Tag",
]
