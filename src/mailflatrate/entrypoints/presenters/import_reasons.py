"""Why an import row was refused or a person is in quarantine, as text for both the customer and the desk."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake import quarantine
from mailflatrate.apps.intake.judging import row_decisions
from mailflatrate.apps.intake.reading import portable_rows, statuses
from mailflatrate.apps.intake.reading.csv_rows import RowFault
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.rules.addresses import AddressReason, reason_sentence
from mailflatrate.rules.contacts.consent import EvidenceReason, evidence_sentence
from mailflatrate.rules.proof.portable import PortableFault

_ROW_WORDS: dict[str, str | Promise] = {
    RowFault.COLUMNS.value: gettext_lazy("The row has more or fewer columns than the header row."),
    RowFault.QUOTES.value: gettext_lazy("A quotation mark is never closed."),
    RowFault.UNDECODABLE.value: gettext_lazy("The row contains unreadable characters."),
    RowFault.NUL.value: gettext_lazy("The row contains a NUL byte, which isn't valid text."),
    RowFault.JSON.value: gettext_lazy("The line isn't a JSON object."),
    RowFault.BLOCK.value: gettext_lazy("The block has a line that isn't a name and a value."),
    RowFault.MEMBER.value: gettext_lazy("The line has no email address."),
    PortableFault.UNREADABLE.value: gettext_lazy("The line isn't a complete portable proof of consent."),
    PortableFault.UNKNOWN_KEY.value: gettext_lazy(
        "The proof is signed by an installation that this one doesn't know. Ask support to add its keys."
    ),
    PortableFault.SIGNATURE.value: gettext_lazy("The signature doesn't match: the line was changed after the export."),
    PortableFault.EVIDENCE.value: gettext_lazy("The evidence was changed after it was recorded."),
    PortableFault.SUBJECT.value: gettext_lazy("The events are about another person or list, or out of order."),
    PortableFault.CUT_OFF.value: gettext_lazy(
        "The end of the file is missing or doesn't match the lines before it. Lines may be missing: export it again."
    ),
    row_decisions.DUPLICATE: gettext_lazy("This address already appears earlier in the file."),
    row_decisions.SIGN_UP_UNREADABLE: gettext_lazy("The sign-up time isn't a valid date and time."),
    row_decisions.CONFIRMATION_UNREADABLE: gettext_lazy("The confirmation time isn't a valid date and time."),
    row_decisions.SINGLE_OPT_IN: gettext_lazy(
        "Sign-up and confirmation have the same time. The previous system writes that when no confirmation was needed."
    ),
    row_decisions.MINOR: gettext_lazy(
        "According to their date of birth, this person is under 16. Minors can't be on any list here."
    ),
    quarantine.ORIGIN_WAITING: gettext_lazy("The proof is complete. We're reviewing the list origin."),
    quarantine.ORIGIN_REJECTED: gettext_lazy("The list origin was rejected."),
    quarantine.IMPORT_HELD: gettext_lazy("The proof is complete. We're reviewing the import as a whole."),
    quarantine.IMPORT_REFUSED: gettext_lazy("Our team rejected this import."),
    quarantine.AGEING: gettext_lazy("The consent is more than 12 months old, so our team is reviewing it."),
    quarantine.SAID_NO: gettext_lazy("A file lists this mailbox as dead or blocked."),
    quarantine.UNSUBSCRIBED_SINCE: gettext_lazy("The person unsubscribed after giving this consent."),
    portable_rows.OTHER_COMPANY: gettext_lazy("The proof is of consent to another company."),
    portable_rows.PROOF_ENDED: gettext_lazy("The consent that the proof names is no longer in force."),
    row_decisions.STATUS_UNMAPPED: gettext_lazy("A column that isn't mapped as a status contains a status value."),
    statuses.STATUS_OPEN: gettext_lazy("In the previous system, the address was unconfirmed or bounced temporarily."),
    statuses.STATUS_UNKNOWN: gettext_lazy("We don't recognize the value in the status column."),
    statuses.STATUS_MISSING: gettext_lazy(
        "The status column is empty, so nothing shows that this person may be emailed."
    ),
    "never_subscribed": gettext_lazy("The person never opted in to email in the previous system."),
    "unsubscribed_before": gettext_lazy("The person unsubscribed in the previous system and is now suppressed here."),
    "bounced_before": gettext_lazy("The address bounced in the previous system and is now suppressed here."),
    "complained_before": gettext_lazy("The person complained in the previous system and is now suppressed here."),
    "no_without_address": gettext_lazy("The row opts someone out, but no address can be found in it."),
    "blocked_before": gettext_lazy("The address was blocked in the previous system and is now suppressed here."),
    "suppressed": gettext_lazy("The address bounced, complained or unsubscribed before. An import can't change that."),
    "unsubscribed": gettext_lazy("The person unsubscribed from this list. Only a new sign-up can change that."),
}


def reason_word(reason: str) -> str:
    if reason in _ROW_WORDS:
        return str(_ROW_WORDS[reason])
    if reason in {member.value for member in AddressReason}:
        return reason_sentence(AddressReason(reason), reading_language())
    if reason in {member.value for member in EvidenceReason}:
        return evidence_sentence(EvidenceReason(reason), reading_language())
    return reason.replace("_", " ")


def reasons(numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    ordered = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"key": key, "word": reason_word(key), "number": number} for key, number in ordered if number]
