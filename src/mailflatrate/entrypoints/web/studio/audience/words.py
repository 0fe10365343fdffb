"""States, reasons and errors of the audience in words."""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.intake.columns import Target
from mailflatrate.apps.lists.models import ImportState, OriginState, SubscriptionState
from mailflatrate.rules.prior_status import StatusField

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
IMPORT_TONES = {
    ImportState.UPLOADED: "info",
    ImportState.QUEUED: "primary",
    ImportState.RUNNING: "primary",
    ImportState.DONE: "success",
    ImportState.FAILED: "error",
    ImportState.CANCELLED: "",
}
TARGET_WORDS: dict[Target, str | Promise] = {
    Target.EMAIL: gettext_lazy("E-mail address"),
    Target.FIRST_NAME: gettext_lazy("First name"),
    Target.LAST_NAME: gettext_lazy("Last name"),
    Target.SIGNUP_AT: gettext_lazy("Time of the sign-up"),
    Target.SIGNUP_IP: gettext_lazy("IP address of the sign-up"),
    Target.CONFIRMED_AT: gettext_lazy("Time of the confirmation"),
    Target.CONFIRMED_IP: gettext_lazy("IP address of the confirmation"),
    Target.SOURCE: gettext_lazy("Source (form or page)"),
    Target.USER_AGENT: gettext_lazy("Browser"),
    Target.LAST_CONTACT_AT: gettext_lazy("Time of the last mailing"),
}
STATUS_WORDS: dict[StatusField, str | Promise] = {
    StatusField.STATE: gettext_lazy("Status: may be mailed or not"),
    StatusField.UNSUBSCRIBED_AT: gettext_lazy("Unsubscribed: time or yes"),
    StatusField.UNSUBSCRIBE_REASON: gettext_lazy("Unsubscribed: reason"),
    StatusField.BOUNCED_AT: gettext_lazy("Bounced: time or yes"),
    StatusField.BOUNCE_REASON: gettext_lazy("Bounced: reason"),
    StatusField.BOUNCE_COUNT: gettext_lazy("Bounced: how often"),
    StatusField.COMPLAINED_AT: gettext_lazy("Complained: time or yes"),
    StatusField.COMPLAINT_REASON: gettext_lazy("Complained: reason"),
    StatusField.BLOCKED_AT: gettext_lazy("Blocked or suppressed: time or yes"),
    StatusField.BLOCK_REASON: gettext_lazy("Blocked or suppressed: reason"),
}
ALL_ROWS_WORDS: dict[str, str | Promise] = {
    "by_row": gettext_lazy("Each row speaks for itself"),
    "unsubscribed": gettext_lazy("Everyone in it unsubscribed"),
    "bounced": gettext_lazy("Everyone in it bounced"),
    "complained": gettext_lazy("Everyone in it complained"),
    "blocked": gettext_lazy("Everyone in it is blocked or suppressed"),
}
DATE_ORDER_WORDS: dict[str, str | Promise] = {
    "": gettext_lazy("As each column shows"),
    "day_first": gettext_lazy("Day first: 03/04/2026 is 3 April"),
    "month_first": gettext_lazy("Month first: 03/04/2026 is 4 March"),
}


def error_sentence(error: Exception | str) -> str:
    """What an app refused, as a sentence. Errors that were stored are translated here, fresh ones where they arise."""
    text = str(error)
    text = str(capfirst(_(text))) if text else ""
    return text if not text or text.endswith((".", "?", "…")) else f"{text}."


def origin_sentence(state: OriginState) -> str:
    """What the origin of a list means, and what happens next (R-10, R-11)."""
    if state == OriginState.FORM:
        return _(
            "Everybody signs up through your own form and confirms by mail. Before you import people, say where they "
            "come from."
        )
    if state == OriginState.WAITING:
        return _(
            "A person of ours reads your declaration and looks at the proof. Until then everybody who was imported "
            "stays in quarantine; who confirmed here gets mailings."
        )
    if state == OriginState.APPROVED:
        return _("The origin is checked and approved. Everybody who is confirmed can get mailings.")
    return _("The origin was rejected. Nothing goes to this list, and nothing can be imported into it.")
