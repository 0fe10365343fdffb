"""URLs of this area."""

from mailflatrate.entrypoints.web.pages import patterns
from mailflatrate.entrypoints.web.studio.audience import (
    bulk,
    contact,
    contact_fields,
    contacts,
    conversion_goal,
    data_requests,
    event_types,
    exports,
    fetches,
    fields,
    first_list,
    imports,
    inactive,
    lift_requests,
    lists,
    moves,
    notes,
    origins,
    public_archive,
    segments,
    suppression_files,
    suppressions,
    tags,
)

urlpatterns = [
    *patterns(lists, first_list, origins, public_archive, contacts, bulk, contact, contact_fields, notes),
    *patterns(data_requests, inactive, segments, fields, tags, event_types, conversion_goal, suppressions),
    *patterns(lift_requests, suppression_files, imports, moves, fetches, exports),
]
