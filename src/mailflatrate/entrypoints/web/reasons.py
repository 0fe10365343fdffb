"""Why a row of an import was refused or a person is in quarantine, in words, for the customer and at the desk alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.intake import holding, judge, statuses
from mailflatrate.apps.lists.intake.tables import RowFault
from mailflatrate.entrypoints.web.language import reading_language
from mailflatrate.rules.addresses import AddressReason, reason_sentence
from mailflatrate.rules.consent import EvidenceReason, evidence_sentence

_ROW_WORDS: dict[str, str | Promise] = {
    RowFault.COLUMNS.value: gettext_lazy("The row has more or fewer columns than the title row."),
    RowFault.QUOTES.value: gettext_lazy("A quotation mark is opened and never closed."),
    RowFault.UNDECODABLE.value: gettext_lazy("The row holds characters that cannot be read."),
    RowFault.NUL.value: gettext_lazy("The row holds a NUL byte, which no text has."),
    judge.DUPLICATE: gettext_lazy("The address stands in the file already, further up."),
    judge.SIGN_UP_UNREADABLE: gettext_lazy("The time of the sign-up cannot be read as a time."),
    judge.CONFIRMATION_UNREADABLE: gettext_lazy("The time of the confirmation cannot be read as a time."),
    judge.MINOR: gettext_lazy("By the date of birth the person is younger than 16; minors are on no list here."),
    holding.ORIGIN_WAITING: gettext_lazy("The proof is whole; the origin of the list is being checked."),
    holding.ORIGIN_REJECTED: gettext_lazy("The origin of the list was rejected."),
    holding.IMPORT_HELD: gettext_lazy("The proof is whole; the import as a whole is being checked."),
    holding.IMPORT_REFUSED: gettext_lazy("The import was refused by our reviewer."),
    holding.AGEING: gettext_lazy("The consent is older than 12 months; our reviewer looks at it."),
    holding.SAID_NO: gettext_lazy("A file says that the mailbox is dead or blocked."),
    judge.STATUS_UNMAPPED: gettext_lazy("A column that isn't mapped as a status holds a status word."),
    statuses.STATUS_OPEN: gettext_lazy("In the previous system the address was unconfirmed, or bounced for a while."),
    statuses.STATUS_UNKNOWN: gettext_lazy("Nobody here knows the word in the status column."),
    statuses.STATUS_MISSING: gettext_lazy("The status column is empty, so nothing says that the person may be mailed."),
    "never_subscribed": gettext_lazy("The person never asked for mail in the previous system."),
    "unsubscribed_before": gettext_lazy("The person unsubscribed in the previous system and is now suppressed."),
    "bounced_before": gettext_lazy("The address bounced in the previous system and is now suppressed."),
    "complained_before": gettext_lazy("The person complained in the previous system and is now suppressed."),
    "blocked_before": gettext_lazy("The address was blocked in the previous system and is now suppressed."),
    "suppressed": gettext_lazy("The address bounced, complained or unsubscribed; an import never changes that."),
    "unsubscribed": gettext_lazy("The person unsubscribed from this list; only a new sign-up changes that."),
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
