"""States, reasons and errors of the audience in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import AgreementDocument, AgreementKind
from mailflatrate.apps.accounts.queries import current_documents
from mailflatrate.apps.lists.intake import holding, judge
from mailflatrate.apps.lists.intake.columns import Target
from mailflatrate.apps.lists.intake.tables import RowFault
from mailflatrate.apps.lists.models import ImportState, OriginState, SubscriptionState
from mailflatrate.entrypoints.web.studio.campaigns.common import reading_language
from mailflatrate.rules.addresses import AddressReason, reason_sentence
from mailflatrate.rules.consent import EvidenceReason, evidence_sentence

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
}
_ROW_WORDS: dict[str, str | Promise] = {
    RowFault.COLUMNS.value: gettext_lazy("The row has more or fewer columns than the title row."),
    RowFault.QUOTES.value: gettext_lazy("A quotation mark is opened and never closed."),
    RowFault.UNDECODABLE.value: gettext_lazy("The row holds characters that cannot be read."),
    RowFault.NUL.value: gettext_lazy("The row holds a NUL byte, which no text has."),
    judge.DUPLICATE: gettext_lazy("The address stands in the file already, further up."),
    judge.SIGN_UP_UNREADABLE: gettext_lazy("The time of the sign-up cannot be read as a time."),
    judge.CONFIRMATION_UNREADABLE: gettext_lazy("The time of the confirmation cannot be read as a time."),
    holding.ORIGIN_WAITING: gettext_lazy("The proof is whole; the origin of the list is being checked."),
    holding.ORIGIN_REJECTED: gettext_lazy("The origin of the list was rejected."),
    holding.IMPORT_HELD: gettext_lazy("The proof is whole; the import as a whole is being checked."),
    holding.IMPORT_REFUSED: gettext_lazy("The import was refused by our reviewer."),
    holding.AGEING: gettext_lazy("The consent is older than 12 months; our reviewer looks at it."),
    "suppressed": gettext_lazy("The address bounced, complained or unsubscribed; an import never changes that."),
    "unsubscribed": gettext_lazy("The person unsubscribed from this list; only a new sign-up changes that."),
}
_UNSUBSCRIBED_BY: dict[str, str | Promise] = {
    "link": gettext_lazy("through the link in a mailing"),
    "one_click": gettext_lazy("through the button of the mail program"),
    "mailto": gettext_lazy("by mail"),
    "customer": gettext_lazy("by you"),
    "complaint": gettext_lazy("through a complaint"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A reason, its sentence, how many rows it concerns."""

    key: str
    word: str
    number: int


def reason_word(reason: str) -> str:
    """Why a row was refused, or a person is in quarantine, as a sentence in the reader's language."""
    if reason in _ROW_WORDS:
        return str(_ROW_WORDS[reason])
    if reason in {known.value for known in AddressReason}:
        return reason_sentence(AddressReason(reason), reading_language())
    if reason in {known.value for known in EvidenceReason}:
        return evidence_sentence(EvidenceReason(reason), reading_language())
    return reason.replace("_", " ")


def reasons(numbers: Mapping[str, int]) -> list[Counted]:
    """Reasons with their sentences, the most frequent first."""
    ordered = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Counted(key, reason_word(key), number) for key, number in ordered if number]


def unsubscribed_word(by: str) -> str:
    """How an unsubscribe came."""
    return str(_UNSUBSCRIBED_BY.get(by, by.replace("_", " ")))


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


def policy(language: str) -> AgreementDocument | None:
    """The anti-spam policy in force, in this language."""
    return next((each for each in current_documents(language) if each.kind == AgreementKind.POLICY), None)
