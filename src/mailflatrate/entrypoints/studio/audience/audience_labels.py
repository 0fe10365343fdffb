"""Texts for states, reasons and errors of the audience."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake.reading.columns import ColumnTarget
from mailflatrate.apps.lists.models import OriginState, SubscriptionState
from mailflatrate.rules.prior_status.columns import StatusField

STATE_TONES = {
    SubscriptionState.CONFIRMED: "success",
    SubscriptionState.PENDING: "info",
    SubscriptionState.QUARANTINED: "warning",
    SubscriptionState.UNSUBSCRIBED: "",
}
ORIGIN_TONES = {
    OriginState.FORM: "",
    OriginState.WAITING: "warning",
    OriginState.APPROVED: "success",
    OriginState.REJECTED: "error",
}
TARGET_WORDS: dict[ColumnTarget, str | Promise] = {
    ColumnTarget.EMAIL: gettext_lazy("Email address"),
    ColumnTarget.FIRST_NAME: gettext_lazy("First name"),
    ColumnTarget.LAST_NAME: gettext_lazy("Last name"),
    ColumnTarget.FULL_NAME: gettext_lazy("Full name, to be split"),
    ColumnTarget.SIGNUP_AT: gettext_lazy("Sign-up time"),
    ColumnTarget.SIGNUP_CLOCK: gettext_lazy("Sign-up: time of day, if it has its own column"),
    ColumnTarget.SIGNUP_IP: gettext_lazy("Sign-up IP address"),
    ColumnTarget.CONFIRMED_AT: gettext_lazy("Confirmation time"),
    ColumnTarget.CONFIRMED_CLOCK: gettext_lazy("Confirmation: time of day, if it has its own column"),
    ColumnTarget.CONFIRMED_IP: gettext_lazy("Confirmation IP address"),
    ColumnTarget.SOURCE: gettext_lazy("Source (form or page)"),
    ColumnTarget.USER_AGENT: gettext_lazy("Browser"),
    ColumnTarget.LAST_CONTACT_AT: gettext_lazy("Last emailed: date and time"),
    ColumnTarget.TAGS: gettext_lazy("Tags"),
    ColumnTarget.EXTERNAL_ID: gettext_lazy("External ID"),
}
STATUS_WORDS: dict[StatusField, str | Promise] = {
    StatusField.STATE: gettext_lazy("Status: can be emailed or not"),
    StatusField.UNSUBSCRIBED_AT: gettext_lazy("Unsubscribed: date or yes"),
    StatusField.UNSUBSCRIBE_REASON: gettext_lazy("Unsubscribed: reason"),
    StatusField.BOUNCED_AT: gettext_lazy("Bounced: date or yes"),
    StatusField.BOUNCE_REASON: gettext_lazy("Bounced: reason"),
    StatusField.BOUNCE_COUNT: gettext_lazy("Bounced: count"),
    StatusField.COMPLAINED_AT: gettext_lazy("Complained: date or yes"),
    StatusField.COMPLAINT_REASON: gettext_lazy("Complained: reason"),
    StatusField.BLOCKED_AT: gettext_lazy("Blocked or suppressed: date or yes"),
    StatusField.BLOCK_REASON: gettext_lazy("Blocked or suppressed: reason"),
}
ALL_ROWS_WORDS: dict[str, str | Promise] = {
    "by_row": gettext_lazy("Each row has its own status"),
    "unsubscribed": gettext_lazy("Everyone in it unsubscribed"),
    "bounced": gettext_lazy("Everyone in it bounced"),
    "complained": gettext_lazy("Everyone in it complained"),
    "blocked": gettext_lazy("Everyone in it is blocked or suppressed"),
}
DATE_ORDER_WORDS: dict[str, str | Promise] = {
    "": gettext_lazy("As set in each column"),
    "day_first": gettext_lazy("Day first: 03/04/2026 is 3 April"),
    "month_first": gettext_lazy("Month first: 03/04/2026 is 4 March"),
}
