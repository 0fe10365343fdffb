"""Tables of lists: people, their consent, and how they joined."""

from mailflatrate.apps.lists.models.bulk import UNDOABLE, BulkAction, BulkItem, BulkKind
from mailflatrate.apps.lists.models.contact_columns import ContactColumns
from mailflatrate.apps.lists.models.counts import ListTally, MailableCount
from mailflatrate.apps.lists.models.events import (
    ContactEvent,
    ContactEventType,
    ConversionGoal,
    EventDay,
    EventSettings,
)
from mailflatrate.apps.lists.models.exports import Export, ExportContent, ExportFormat, ExportState
from mailflatrate.apps.lists.models.fields import (
    ContactField,
    FieldMigration,
    FieldMigrationState,
)
from mailflatrate.apps.lists.models.history import ChangeKind, ChangeSource, ContactNote, RecordedChange
from mailflatrate.apps.lists.models.imports import CheckState, Import, ImportRefusal, ImportState
from mailflatrate.apps.lists.models.limited_tasks import LIMIT_CHANGED
from mailflatrate.apps.lists.models.moves import FETCH_MOVES, OPEN_MOVES, Move, MoveFetch, MoveState
from mailflatrate.apps.lists.models.origins import (
    OPEN_DECLARATIONS,
    ORIGIN_LABELS,
    DeclarationState,
    EvidenceColumn,
    ListOrigin,
    OriginKind,
)
from mailflatrate.apps.lists.models.people import (
    SUBSCRIPTION_LABELS,
    Contact,
    MailingList,
    Segment,
    Subscription,
)
from mailflatrate.apps.lists.models.search import ContactText, SearchTodo
from mailflatrate.apps.lists.models.sort_indexes import SortIndex, SortKey
from mailflatrate.apps.lists.models.suppression_files import SuppressionFile, SuppressionFileRow
from mailflatrate.apps.lists.models.sync import ContactTouch
from mailflatrate.apps.lists.models.tags import TAG_COLOR_LABELS, ContactTag, Tag
from mailflatrate.rules.contacts.audience_states import GONE, ConsentKind, OriginState, SubscriptionState

__all__ = [
    "FETCH_MOVES",
    "GONE",
    "LIMIT_CHANGED",
    "OPEN_DECLARATIONS",
    "OPEN_MOVES",
    "ORIGIN_LABELS",
    "SUBSCRIPTION_LABELS",
    "TAG_COLOR_LABELS",
    "UNDOABLE",
    "BulkAction",
    "BulkItem",
    "BulkKind",
    "ChangeKind",
    "ChangeSource",
    "CheckState",
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
    "Export",
    "ExportContent",
    "ExportFormat",
    "ExportState",
    "FieldMigration",
    "FieldMigrationState",
    "Import",
    "ImportRefusal",
    "ImportState",
    "ListOrigin",
    "ListTally",
    "MailableCount",
    "MailingList",
    "Move",
    "MoveFetch",
    "MoveState",
    "OriginKind",
    "OriginState",
    "RecordedChange",
    "SearchTodo",
    "Segment",
    "SortIndex",
    "SortKey",
    "Subscription",
    "SubscriptionState",
    "SuppressionFile",
    "SuppressionFileRow",
    "Tag",
]
