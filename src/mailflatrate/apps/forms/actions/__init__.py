"""All writes to forms; each call is one transaction (or savepoint). Exported here is what pages and API call.

`form_edits` is for customers editing forms, `sign_up` takes sign-ups and other requests, `confirm_or_deny` takes the
person's answer, `request_expiry` handles expiry. Only the engine imports `request_progress`, which takes a request
through the gate.
"""

from mailflatrate.apps.forms.actions.confirm_or_deny import answer, find_request
from mailflatrate.apps.forms.actions.form_edits import close_form, create_form, publish_form, reopen_form, save_draft
from mailflatrate.apps.forms.actions.request_expiry import forget_old
from mailflatrate.apps.forms.actions.request_limits import asking_allowance, braked_accounts
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
    "SignupOutcome",
    "SignupResult",
    "SignupVisit",
    "Submission",
    "answer",
    "asking_allowance",
    "braked_accounts",
    "close_form",
    "create_form",
    "find_request",
    "forget_old",
    "publish_form",
    "reopen_form",
    "request_confirmation",
    "request_move",
    "save_draft",
    "sign_up",
]
