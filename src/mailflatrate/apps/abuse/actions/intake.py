"""Intake of reports: mail marked by inbound, the public page, denied sign-ups, manual entry, our own rules."""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from mailflatrate.apps.abuse.actions.case_log import ReportDraft, add_event, file_report, freeze_if_needed, kind_of
from mailflatrate.apps.abuse.actions.correspondence import receive_message, send_proof_mail, send_receipt
from mailflatrate.apps.abuse.models import CaseEvent, EventKind, Report, ReportChannel
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.queries import delivery_to, find_delivery
from mailflatrate.apps.inbound.actions.manual_review import mark_taken
from mailflatrate.apps.inbound.actions.process_batch import HANDED_IN
from mailflatrate.apps.inbound.actions.stop_requests import complain, unsubscribe_delivery
from mailflatrate.apps.inbound.intake import claims_of
from mailflatrate.apps.inbound.interpretation import marked_campaign, marked_version
from mailflatrate.apps.inbound.models import DeskState, RawMail
from mailflatrate.apps.inbound.report_proof import SenderProof
from mailflatrate.apps.inbound.untrusted_mail import read_mail, show_mail
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.models import TemplateVersion
from mailflatrate.apps.transactional.queries import find_message
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.verp import RecipientKind, parse_recipient
from mailflatrate.rules.feedback.reports import Effect, ReportFacts, judge_report

_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "de": frozenset((
        "ich", "und", "nicht", "die", "der", "das", "ist", "mich", "bitte", "habe", "sie", "mir", "mail",
        "mails", "keine", "von", "auf", "mit", "für", "ein", "eine", "wie", "diese",
    )),
    "en": frozenset((
        "i", "and", "not", "the", "is", "me", "please", "have", "you", "my", "this", "these", "from", "for",
        "with", "of", "to", "was", "never", "do", "that", "it",
    )),
    "fr": frozenset((
        "je", "et", "ne", "pas", "le", "la", "les", "est", "vous", "votre", "vos", "mon", "mes", "moi",
        "merci", "plus", "ce", "cette", "ces", "pour", "avec", "une", "que", "jamais", "suis",
    )),
}  # fmt: skip
"""Common short words of each language; none is in two of them."""


def language_of(text: str, otherwise: str) -> str:
    """Return the language code; `otherwise` if the text is inconclusive."""
    words = _WORD.findall(text.lower()[:4000])
    counted = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    first, second = sorted(counted.values(), reverse=True)[:2]
    return otherwise if first == second else max(counted, key=counted.__getitem__)


log = structlog.get_logger("abuse")

SHOWN_CHARACTERS = 8_000
TAKEN_AT_ONCE = 200


def waiting_mail() -> list[int]:
    """Return the ids of messages that inbound marked for the desk, oldest first."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        rows = RawMail.objects.filter(desk=DeskState.WAITING).order_by("id")
        return list(rows.values_list("id", flat=True)[:TAKEN_AT_ONCE])


def take_mail(raw_mail_id: int) -> None:
    """File a report for a message unless one exists, then mark the message as taken so it is not picked up again."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        mail = RawMail.objects.select_for_update().filter(id=raw_mail_id, desk=DeskState.WAITING).first()
        if mail is None:
            return
        address = parse_recipient(mail.envelope_to)
        if address.kind is RecipientKind.CASE:
            claims = claims_of(address)
            receive_message(mail, claims.delivery_id if claims else 0)
        elif not Report.objects.filter(raw_mail=mail).exists():
            _report_of(mail)
        mark_taken(mail.id)


def _report_of(mail: RawMail) -> None:
    reading: dict[str, Any] = mail.reading
    preview = show_mail(mail.content(), text_characters=SHOWN_CHARACTERS)
    text = preview.text
    about = _about(mail.account_id, mail.delivery_id, reading.get("campaign_id"))
    is_loop = bool(reading.get("machine"))
    effect = judge_report(_facts(mail, reading))
    sender = "" if is_loop else str(reading.get("sender") or "")
    # The sender of a feedback loop report expects no answer; the person who complained is the recipient.
    key = about.address_key if is_loop else address_key(sender)
    original = reading.get("original") or {}
    shown_subject = str(original.get("subject") or preview.subject)
    draft = ReportDraft(
        via=ReportChannel.LOOP if is_loop else ReportChannel.MAIL, at=mail.received_at, account_id=about.account_id,
        campaign=about.campaign, reporter=sender, reporter_key=key,
        subject=about.campaign.subject if about.campaign else shown_subject,
        fields={
            "raw_mail": mail, "text": text, "language": language_of(text, about.language),
            "delivery_id": about.delivery_id, "contact_id": about.contact_id, "address_key": about.address_key,
            "how": str(reading.get("how") or ""), "proof": str(reading.get("proof") or ""),
            "effect": "" if effect.effect is Effect.NOTHING or about.contact_id is None else effect.effect.value,
            "platform": effect.platform, "forged": min(int(reading.get("forged") or 0), 99),
            "message_id": preview.message_id[:250], "complaint": "unasked" if is_loop else "",
        },
    )  # fmt: skip
    report = file_report(draft)
    log.info("report filed", case=report.case.reference, raw_mail=mail.id, how=report.how)
    # no automatic mail to people who complained about their own message, or to addresses that may be forged.
    if reading.get("proof") == SenderProof.DKIM and key is not None and key != about.address_key:
        send_receipt(report)


def _facts(mail: RawMail, reading: dict[str, Any]) -> ReportFacts:
    return ReportFacts(
        has_token=mail.delivery_id is not None and mail.kind == "complaint",
        sender_proved=reading.get("proof") in (SenderProof.DKIM, SenderProof.SOURCE),
        vouched=bool(reading.get("vouched")),
        is_machine=bool(reading.get("machine")),
        reached_desk=parse_recipient(mail.envelope_to).kind in (RecipientKind.ABUSE, RecipientKind.POSTMASTER),
    )


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    account_id: int | None = None
    campaign: Campaign | None = None
    delivery_id: int | None = None
    contact_id: int | None = None
    address_key: bytes | None = None
    version: TemplateVersion | None = None

    @property
    def is_transactional(self) -> bool:
        return self.version is not None

    @property
    def language(self) -> str:
        sent = self.campaign or self.version
        return sent.language if sent else "en"

    @property
    def mailing_id(self) -> str:
        sent = self.campaign or self.version
        return (sent.mailing_id or "") if sent else ""


def _about(account_id: int | None, delivery_id: int | None, campaign_id: int | None) -> ReportedMessage:
    if account_id is None:
        return ReportedMessage()
    with tenancy.account(account_id):
        delivery = find_delivery(account_id, delivery_id or 0)
        if delivery is not None and delivery.transactional_id is not None:
            message = find_message(delivery.transactional_id)
            if message is None:
                return ReportedMessage(account_id, None, delivery.id)
            key = bytes(message.address_key)
            return ReportedMessage(account_id, None, delivery.id, None, key, message.version)
    campaign_id = delivery.campaign_id if delivery else campaign_id
    campaign = Campaign.objects.filter(id=campaign_id or 0, account_id=account_id).first()
    contact = delivery.contact if delivery else None
    return ReportedMessage(
        account_id,
        campaign,
        delivery.id if delivery else None,
        contact.id if contact else None,
        bytes(contact.address_key) if contact else None,
    )


@dataclass(frozen=True, slots=True)
class PageReport:
    """What a reporter entered on the public page. `raw` is an email, its header, or text with a mailing ID in it."""

    raw: bytes
    complaint: str
    text: str
    reporter: str
    reporter_name: str
    language: str
    ip: str | None
    notice: dict[str, Any]
    stop: bool


@dataclass(frozen=True, slots=True)
class ReportMatch:
    """Which delivery a report is about. Without a campaign, `mailing_id` is a transactional template's, or empty."""

    account_id: int | None
    campaign: Campaign | None
    delivery_id: int | None
    mailing_id: str
    how: str
    forged: int

    @property
    def proved(self) -> bool:
        """A token names the recipient, so delivery can be stopped at once."""
        return self.delivery_id is not None


def find(raw: bytes) -> ReportMatch:
    """Changes nothing. Raises ChildError if the message can't be read."""
    marks = read_mail(raw, with_tokens=True).inspection.marks
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        if marks.claims is not None and marks.purpose is not None:
            about = _about(marks.claims.account_id, marks.claims.delivery_id, None)
            if about.campaign is not None or about.is_transactional:
                return ReportMatch(
                    about.account_id,
                    about.campaign,
                    about.delivery_id,
                    about.mailing_id,
                    marks.purpose.value,
                    marks.forged,
                )
    campaign, how = marked_campaign(marks)
    named = campaign or marked_version(marks)
    if named is None:
        return ReportMatch(None, None, None, "", "", marks.forged)
    return ReportMatch(named.account_id, campaign, None, named.mailing_id or "", how, marks.forged)


def take_page_report(given: PageReport) -> tuple[Report, ReportMatch]:
    """Take a report from the page (R-83). A token stops only this sender's messages to the recipient, at once, as it
    may have been forwarded (R-78). Once the mailbox itself confirms, it's a complaint and stops all senders (R-79).
    """
    match = find(given.raw)
    kind, dangerous = kind_of(given.complaint)
    effect = ""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        about = _about(match.account_id, match.delivery_id, match.campaign.id if match.campaign else None)
        if match.proved and given.stop and (about.contact_id is not None or about.is_transactional):
            _stop(match, source="report page")
            effect = Effect.UNSUBSCRIBE.value
        draft = ReportDraft(
            via=ReportChannel.PAGE, at=clock.now(), kind=kind, dangerous=dangerous, account_id=about.account_id,
            campaign=about.campaign, reporter=given.reporter, reporter_key=address_key(given.reporter),
            subject=about.campaign.subject if about.campaign else given.text,
            fields={
                "text": given.text[:SHOWN_CHARACTERS], "language": given.language, "complaint": given.complaint,
                "reporter_name": given.reporter_name[:120], "notice": given.notice, "delivery_id": about.delivery_id,
                "contact_id": about.contact_id, "address_key": about.address_key, "how": match.how,
                "proof": SenderProof.NONE.value, "effect": effect, "ip": given.ip,
                "forged": min(match.forged, 99), "raw_mail": _kept(given.raw, about.account_id),
            },
        )  # fmt: skip
        report = file_report(draft, machine="abuse.report_page")
        if given.stop:
            _ask_the_address(report, about)
        return report, match


def _ask_the_address(report: Report, about: ReportedMessage) -> None:
    """Send the confirmation button to a typed address, if the campaign was sent to it, and at most once a day."""
    if about.account_id is None or about.campaign is None or report.reporter_key is None:
        return
    with tenancy.account(about.account_id):
        if delivery_to(about.campaign.id, bytes(report.reporter_key)) is None:
            return
    key = bytes(report.reporter_key).hex()
    asked = CaseEvent.objects.filter(kind=EventKind.RECEIPT, details__key=key, details__proof=True)
    if not asked.filter(at__gt=clock.now() - timedelta(days=1)).exists():
        send_proof_mail(report)


def _stop(match: ReportMatch, *, source: str) -> None:
    assert match.account_id is not None
    with tenancy.account(match.account_id):
        delivery = find_delivery(match.account_id, match.delivery_id or 0)
        if delivery is not None:
            unsubscribe_delivery(delivery, by="complaint", source=source, everything=True)
    if delivery is not None and delivery.transactional_id is not None:
        report_misdirected(match.account_id, delivery.transactional_id)


def _kept(raw: bytes, account_id: int | None) -> RawMail | None:
    """Store the reported message as evidence alongside mail we received; return None if only an ID was typed."""
    if b"\n" not in raw.strip():
        return None
    return RawMail.objects.create(
        account_id=account_id, via=HANDED_IN, envelope_to="report page", raw=raw, sha256=hashlib.sha256(raw).digest(),
        state="handled", kind="complaint", handled_at=clock.now(), received_at=clock.now(), desk=DeskState.TAKEN,
    )  # fmt: skip


def stop_by_proof(report_id: int) -> bool:
    """Stop all mail to someone who proved their mailbox by an emailed token (R-79); False if nothing is left."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        report = (
            Report.objects.select_for_update(of=("self",)).select_related("case__campaign").filter(id=report_id).first()
        )
        if report is None or report.case.campaign is None or report.reporter_key is None:
            return False
        campaign = report.case.campaign
        with tenancy.account(campaign.account_id):
            delivery = delivery_to(campaign.id, bytes(report.reporter_key))
            if delivery is None:
                return False
            complain(delivery, source=f"report {report.id}, proved by mail", platform=True, evidence={"how": "mail"})
        report.delivery_id, report.contact_id = delivery.id, delivery.contact_id
        report.address_key, report.how = report.reporter_key, "mail"
        report.effect, report.platform = Effect.COMPLAINT.value, True
        report.save(update_fields=["delivery_id", "contact_id", "address_key", "how", "effect", "platform"])
        details = {"effect": report.effect, "platform": True, "report": report.id}
        add_event(report.case, EventKind.EFFECT, machine="abuse.report_page", details=details)
        freeze_if_needed(report.case)
        return True
