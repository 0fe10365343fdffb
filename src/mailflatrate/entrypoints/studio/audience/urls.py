"""URLs of this area."""

from mailflatrate.entrypoints.studio.audience import (
    conversion_goal,
    data_requests,
    event_types,
    fields,
    first_list,
    inactive,
    lift_requests,
    lists,
    moves,
    origins,
    public_archive,
    suppressions,
)
from mailflatrate.entrypoints.studio.audience.files import exports, fetches, imports, suppression_files
from mailflatrate.entrypoints.studio.audience.people import bulk, contact, contact_fields, contacts, notes, tags
from mailflatrate.entrypoints.studio.audience.segments import segments
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = [
    *patterns(lists, first_list, origins, public_archive, contacts, bulk, contact, contact_fields, notes),
    *patterns(data_requests, inactive, segments, fields, tags, event_types, conversion_goal, suppressions),
    *patterns(lift_requests, suppression_files, imports, moves, fetches, exports),
]
