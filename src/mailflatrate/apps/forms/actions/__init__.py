"""All writes to forms; each call is one transaction (or savepoint).

`form_edits` is for customers editing forms, `sign_up` takes sign-ups and other requests, `request_progress` tracks a
request through gate and engine, `confirm_or_deny` takes the person's answer, `request_expiry` handles expiry.
"""

from mailflatrate.apps.forms.actions.confirm_or_deny import AnsweredRequest, TokenRequest, answer, find_request
from mailflatrate.apps.forms.actions.form_edits import (
    close_form,
    create_form,
    publish_form,
    reopen_form,
    save_draft,
)
from mailflatrate.apps.forms.actions.request_expiry import forget_old
from mailflatrate.apps.forms.actions.request_limits import (
    allowances_of,
    asking_allowance,
    braked_accounts,
    note_unknown,
)
from mailflatrate.apps.forms.actions.request_progress import (
    AcceptedConfirmation,
    ConfirmationDraft,
    begin_asking,
    is_agreed,
    lock_mailboxes,
    mailbox_key,
    mails_of_form,
    mails_to_mailboxes,
    mark_mails,
    note_messages,
    note_sent,
    queued_domains,
    still_valid,
    take_queued,
    withhold,
)
from mailflatrate.apps.forms.actions.sign_up import (
    SignupOutcome,
    SignupResult,
    SignupVisit,
    Submission,
    request_confirmation,
    request_move,
    sign_up,
)

__all__ = [
    "AcceptedConfirmation",
    "AnsweredRequest",
    "ConfirmationDraft",
    "SignupOutcome",
    "SignupResult",
    "SignupVisit",
    "Submission",
    "TokenRequest",
    "allowances_of",
    "answer",
    "asking_allowance",
    "begin_asking",
    "braked_accounts",
    "close_form",
    "create_form",
    "find_request",
    "forget_old",
    "is_agreed",
    "lock_mailboxes",
    "mailbox_key",
    "mails_of_form",
    "mails_to_mailboxes",
    "mark_mails",
    "note_messages",
    "note_sent",
    "note_unknown",
    "publish_form",
    "queued_domains",
    "reopen_form",
    "request_confirmation",
    "request_move",
    "save_draft",
    "sign_up",
    "still_valid",
    "take_queued",
    "withhold",
]
