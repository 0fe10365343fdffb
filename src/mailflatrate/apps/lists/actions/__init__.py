"""Every write to lists; each is one transaction (or savepoint).

`consent` unsubscribes, `optin` accepts sign-ups, `erasure` removes people, `feedback` records bounces and complaints,
`lists`, `segments` and `contacts` are what the customer edits, `imports` accepts files, `exports` makes them,
`import_checks` counts what a file contained, `origins` says where it comes from, `origin_decisions` is what the desk
answers (it opens the platform's scope on its own).
"""

from mailflatrate.apps.lists.actions.bulk import cancel_bulk, start_bulk, undo_bulk
from mailflatrate.apps.lists.actions.consent import object_to_mail, unsubscribe
from mailflatrate.apps.lists.actions.contacts import change_contact, edit_contact, record_activity, set_preferences
from mailflatrate.apps.lists.actions.erasure import erase_contact
from mailflatrate.apps.lists.actions.exports import (
    cancel_export,
    delete_export,
    drop_exports,
    expire_exports,
    open_export,
    start_export,
)
from mailflatrate.apps.lists.actions.feedback import (
    record_bounces,
    record_complaint,
    record_delivered,
    take_back_soft_bounce,
)
from mailflatrate.apps.lists.actions.field_migration import migrate_fields
from mailflatrate.apps.lists.actions.fields import (
    FieldDraft,
    archive_field,
    change_field,
    create_field,
    move_field,
    restore_field,
)
from mailflatrate.apps.lists.actions.import_checks import check_import, domains_to_ask
from mailflatrate.apps.lists.actions.import_recheck import recheck_imports, suppress_rechecked
from mailflatrate.apps.lists.actions.import_sets import plan_set
from mailflatrate.apps.lists.actions.imports import (
    cancel_import,
    drop_uploads_naming,
    queue_import,
    read_head,
    start_import,
    upload_import,
    upload_with_head,
)
from mailflatrate.apps.lists.actions.lists import archive_list, create_list, rename_list, unarchive_list
from mailflatrate.apps.lists.actions.moves import (
    START_MOVE_JOB,
    DroppedFile,
    answer_move,
    begin_imports,
    count_confirmed,
    discard_move,
    drop_abandoned,
    drop_moves_naming,
    start_move,
    upload_move,
)
from mailflatrate.apps.lists.actions.notes import change_note, delete_note, write_note
from mailflatrate.apps.lists.actions.optin import (
    SignupPerson,
    begin_opt_in,
    confirm_consent,
    forget_opt_in,
    person_of,
    turn_down,
)
from mailflatrate.apps.lists.actions.origin_decisions import OriginDecision, decide_import, decide_origin, settle_people
from mailflatrate.apps.lists.actions.origin_reopening import reopen_origin
from mailflatrate.apps.lists.actions.origins import Declaration, declare_origin, usable_origin
from mailflatrate.apps.lists.actions.rejected_rows import refused_csv, rows_to_correct
from mailflatrate.apps.lists.actions.segments import delete_segment, save_segment
from mailflatrate.apps.lists.actions.sunset import ask_withdrawal, withdraw_inactive
from mailflatrate.apps.lists.actions.tags import change_tag, change_tags, create_tag, delete_tag
from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording

__all__ = [
    "START_MOVE_JOB",
    "Declaration",
    "DroppedFile",
    "FieldDraft",
    "OriginDecision",
    "SignupPerson",
    "answer_move",
    "archive_field",
    "archive_list",
    "ask_withdrawal",
    "begin_imports",
    "begin_opt_in",
    "cancel_bulk",
    "cancel_export",
    "cancel_import",
    "change_contact",
    "change_field",
    "change_note",
    "change_tag",
    "change_tags",
    "check_import",
    "choose_tracking",
    "confirm_consent",
    "count_confirmed",
    "create_field",
    "create_list",
    "create_tag",
    "decide_import",
    "decide_origin",
    "declare_origin",
    "delete_export",
    "delete_note",
    "delete_segment",
    "delete_tag",
    "discard_move",
    "domains_to_ask",
    "drop_abandoned",
    "drop_exports",
    "drop_moves_naming",
    "drop_uploads_naming",
    "edit_contact",
    "erase_contact",
    "expire_exports",
    "forget_opt_in",
    "migrate_fields",
    "move_field",
    "object_to_mail",
    "open_export",
    "person_of",
    "plan_set",
    "queue_import",
    "read_head",
    "recheck_imports",
    "record_activity",
    "record_bounces",
    "record_complaint",
    "record_delivered",
    "refused_csv",
    "rename_list",
    "reopen_origin",
    "restore_field",
    "rows_to_correct",
    "save_segment",
    "set_preferences",
    "settle_people",
    "start_bulk",
    "start_export",
    "start_import",
    "start_move",
    "suppress_rechecked",
    "take_back_soft_bounce",
    "tracking_wording",
    "turn_down",
    "unarchive_list",
    "undo_bulk",
    "unsubscribe",
    "upload_import",
    "upload_move",
    "upload_with_head",
    "usable_origin",
    "withdraw_inactive",
    "write_note",
]
