"""Correspondence with reporters: one thread per report, at its own address; receipts only as R-73 and R-79 allow."""

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.case_log import add_event, settle_deadlines
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseState, EventKind, Report
from mailflatrate.apps.accounts.actions.notices import answer_report
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.service_mail import Passage, write_mail
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.inbound.untrusted_mail import show_mail
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import case_address
from mailflatrate.mail.links import report_url
from mailflatrate.rules.feedback.cases import answer_due, may_send_receipt
from mailflatrate.settings import load_settings

LONGEST_MESSAGE = 20_000


def write_to_reporter(report_id: int, text: str, *, by: User) -> None:
    """Answer a report. Raises AbuseError if the text is empty or the reporter left no address."""
    text = text.strip()
    if not text:
        raise AbuseError(_("Write a message first."))
    if len(text) > LONGEST_MESSAGE:
        raise AbuseError(_("Use at most %(limit)d characters.") % {"limit": LONGEST_MESSAGE})
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = Report.objects.select_for_update().select_related("case").get(id=report_id)
        if not report.reporter:
            raise AbuseError(_("This report has no email address, so you can't reply to it."))
        _send(report, text)
        now = clock.now()
        report.answered_at, report.first_answered_at = now, report.first_answered_at or now
        report.save(update_fields=["answered_at", "first_answered_at"])
        add_event(report.case, EventKind.MESSAGE_OUT, by=by, text=text, details={"report": report.id})
        audit.record(
            "reporter.answered",
            by=audit.person(by),
            account_id=report.account_id,
            subject=f"case:{report.case.reference}",
        )
        if report.case.state == CaseState.ANSWERED:
            report.case.state = CaseState.OPEN
        settle_deadlines(report.case)


@tenancy.needs_platform
def send_receipt(report: Report) -> None:
    """Confirm receipt to a reporter, at most once in seven days (R-73)."""
    settings = load_settings()
    if not settings.desk_receipts or report.reporter_key is None:
        return
    key = bytes(report.reporter_key).hex()
    sent = CaseEvent.objects.filter(kind=EventKind.RECEIPT, details__key=key)
    last = sent.order_by("-at").first()
    if not may_send_receipt(last.at if last else None, clock.now()):
        return
    with translation.override(report.language):
        words = _(
            "We've received your email. Someone on our team will read it and reply by the end of the next business "
            "day. If you write again, mention case %(reference)s or reply to this email."
        )
        _send(report, words % {"reference": report.case.reference})
    add_event(report.case, EventKind.RECEIPT, details={"report": report.id, "key": key})


@tenancy.needs_platform
def send_proof_mail(report: Report) -> None:
    """Email a typed, unproven address a button that stops the campaigns: only its owner can use it (R-33)."""
    settings = load_settings()
    token = key_ring().seal(TokenPurpose.CASE, 0, report.id, extra=1)
    with translation.override(report.language):
        words = _(
            "Someone, probably you, reported an email on our page and gave this address. If you no longer want any "
            "email sent through %(service)s, open this page and press the button:\n\n"
            "%(url)s\n\n"
            "If it wasn't you, ignore this email and nothing will change."
        )
        facts = {"service": settings.service_name, "url": report_url(settings.public_url, token)}
        _send(report, words % facts)
    key = bytes(report.reporter_key or b"").hex()
    add_event(report.case, EventKind.RECEIPT, details={"report": report.id, "proof": True, "key": key})


@tenancy.needs_platform
def receive_message(mail: RawMail, report_id: int) -> None:
    report = Report.objects.select_for_update().select_related("case").filter(id=report_id).first()
    if report is None:
        return
    case = _home(report)
    text = show_mail(mail.content(), text_characters=LONGEST_MESSAGE).text
    details = {"report": report.id, "raw_mail": mail.id, "sender": mail.reading.get("sender") or mail.envelope_from}
    if CaseEvent.objects.filter(case=case, kind=EventKind.MESSAGE_IN, details__raw_mail=mail.id).exists():
        return
    add_event(case, EventKind.MESSAGE_IN, text=text, details=details, at=mail.received_at, machine="reporter")
    report.case, report.answered_at = case, None
    report.answer_due_at = answer_due(mail.received_at, load_settings().desk_time_zone)
    report.save(update_fields=["case", "answered_at", "answer_due_at"])
    case.state, case.closed_at = CaseState.ANSWERED, None
    settle_deadlines(case)


def _home(report: Report) -> Case:
    """Return the case for a reporter's new reply: their own, the one it was merged into, or an open successor."""
    case = report.case
    while case.merged_into is not None:
        case = case.merged_into
    if case.state == CaseState.CLOSED and case.campaign_id is not None:
        others = Case.objects.exclude(state=CaseState.CLOSED).filter(Q(account_id=case.account_id), kind=case.kind)
        case = others.filter(campaign_id=case.campaign_id).first() or case
    return case


def _send(report: Report, text: str) -> None:
    settings = load_settings()
    token = key_ring().seal(TokenPurpose.CASE, 0, report.id)
    facts = {
        "reference": report.case.reference,
        "about": " ".join(report.case.subject.split())[:150],
        "text": Passage(text),
    }
    answer_report(
        report.id,
        report.reporter,
        write_mail("abuse/mail/answer", facts, report.language),
        reply_to=case_address(token, settings.service_domain),
        in_reply_to=report.message_id,
    )
