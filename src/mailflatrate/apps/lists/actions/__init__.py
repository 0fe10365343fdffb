"""Every write to lists. All run inside `tenancy.account(...)`, each is one transaction (or savepoint).

`consent` unsubscribes, `optin` takes sign-ups in, `erasure` takes people out, `feedback` records bounces and
complaints, `lists`, `segments` and `contacts` are what the customer edits, `imports` takes files in.
"""

from mailflatrate.apps.lists.actions.consent import object_to_mail, unsubscribe
from mailflatrate.apps.lists.actions.contacts import edit_contact, record_activity
from mailflatrate.apps.lists.actions.erasure import erase_contact, expire_request
from mailflatrate.apps.lists.actions.feedback import (
    Bounce,
    record_bounce,
    record_bounces,
    record_complaint,
    record_delivered,
)
from mailflatrate.apps.lists.actions.imports import (
    cancel_import,
    queue_import,
    read_head,
    refused_csv,
    start_import,
    upload_import,
)
from mailflatrate.apps.lists.actions.lists import archive_list, create_list, decide_origin, describe_origin, rename_list
from mailflatrate.apps.lists.actions.optin import (
    Person,
    begin_opt_in,
    confirm_consent,
    forget_opt_in,
    person_of,
    turn_down,
)
from mailflatrate.apps.lists.actions.segments import delete_segment, save_segment
from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording

__all__ = [
    "Bounce",
    "Person",
    "archive_list",
    "begin_opt_in",
    "cancel_import",
    "choose_tracking",
    "confirm_consent",
    "create_list",
    "decide_origin",
    "delete_segment",
    "describe_origin",
    "edit_contact",
    "erase_contact",
    "expire_request",
    "forget_opt_in",
    "object_to_mail",
    "person_of",
    "queue_import",
    "read_head",
    "record_activity",
    "record_bounce",
    "record_bounces",
    "record_complaint",
    "record_delivered",
    "refused_csv",
    "rename_list",
    "save_segment",
    "start_import",
    "tracking_wording",
    "turn_down",
    "unsubscribe",
    "upload_import",
]
