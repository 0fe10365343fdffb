"""Writing with reporters: one thread a report, by its own address; receipts only as far as R-73 and R-79 allow."""

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.book import add_event, settle_deadlines
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseState, EventKind, Report
from mailflatrate.apps.accounts.actions import answer_report
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.inbound.foreign import show_mail
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.links import report_url
from mailflatrate.mail.tokens import Purpose
from mailflatrate.mail.verp import case_address
from mailflatrate.rules.cases import answer_due, may_send_receipt
from mailflatrate.settings import load_settings

LONGEST_LETTER = 20_000


def write_to_reporter(report_id: int, text: str, *, by: User) -> None:
    """Answer a report. Raises AbuseError without a text, or where nobody left an address."""
    text = text.strip()
    if not text:
        raise AbuseError(_("Write a few words first."))
    if len(text) > LONGEST_LETTER:
        raise AbuseError(_("At most %(limit)d characters, please.") % {"limit": LONGEST_LETTER})
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = Report.objects.select_for_update().select_related("case").get(id=report_id)
        if not report.reporter:
            raise AbuseError(_("This report came without an address; there is nobody to write to."))
        _send(report, text)
        now = clock.now()
        report.answered_at, report.first_answered_at = now, report.first_answered_at or now
        report.save(update_fields=["answered_at", "first_answered_at"])
        add_event(report.case, EventKind.LETTER_OUT, by=by, text=text, details={"report": report.id})
        audit.record(
            "reporter.answered", by=audit.person(by), account_id=report.account_id,
            subject=f"case:{report.case.reference}",
        )  # fmt: skip
        if report.case.state == CaseState.ANSWERED:
            report.case.state = CaseState.OPEN
        settle_deadlines(report.case)


def send_receipt(report: Report) -> None:
    """Tell a reporter that his mail came, at most once in seven days (R-73). Runs inside `tenancy.platform(...)`."""
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
            "Your mail has arrived. A person reads it and answers by the end of the next working day. Please name the"
            " case %(reference)s if you write again, or simply answer this mail."
        )
        _send(report, words % {"reference": report.case.reference})
    add_event(report.case, EventKind.RECEIPT, details={"report": report.id, "key": key})


def send_proof_mail(report: Report) -> None:
    """The address was only typed: whoever reads its mail may stop the mailings by a button (R-33 in spirit).

    Runs inside `tenancy.platform(...)`.
    """
    settings = load_settings()
    token = key_ring().seal(Purpose.CASE, 0, report.id, extra=1)
    with translation.override(report.language):
        words = _(
            "Somebody, probably you, reported a mailing on our page and gave this address. If you want to get no"
            " mailings through %(service)s any more, open this page and press the button:\n\n%(url)s\n\nIf it was not"
            " you, do nothing: nothing changes."
        )
        facts = {"service": settings.service_name, "url": report_url(settings.public_url, token)}
        _send(report, words % facts)
    key = bytes(report.reporter_key or b"").hex()
    add_event(report.case, EventKind.RECEIPT, details={"report": report.id, "proof": True, "key": key})


def take_letter(mail: RawMail, report_id: int) -> None:
    """A reporter wrote to the address of his report. Runs inside `tenancy.platform(...)`."""
    report = Report.objects.select_for_update().select_related("case").filter(id=report_id).first()
    if report is None:
        return
    case = _home(report)
    text = show_mail(mail.content(), text_characters=LONGEST_LETTER).text
    details = {"report": report.id, "raw_mail": mail.id, "sender": mail.reading.get("sender") or mail.envelope_from}
    if CaseEvent.objects.filter(case=case, kind=EventKind.LETTER_IN, details__raw_mail=mail.id).exists():
        return
    add_event(case, EventKind.LETTER_IN, text=text, details=details, at=mail.received_at, machine="reporter")
    report.case, report.answered_at = case, None
    report.answer_due_at = answer_due(mail.received_at, load_settings().desk_time_zone)
    report.save(update_fields=["case", "answered_at", "answer_due_at"])
    case.state, case.closed_at = CaseState.ANSWERED, None
    settle_deadlines(case)


def _home(report: Report) -> Case:
    """Where what a reporter writes now belongs: his case, the one that it joined, or one that is open again for it."""
    case = report.case
    while case.merged_into is not None:
        case = case.merged_into
    if case.state == CaseState.CLOSED and case.campaign_id is not None:
        others = Case.objects.exclude(state=CaseState.CLOSED).filter(Q(account_id=case.account_id), kind=case.kind)
        case = others.filter(campaign_id=case.campaign_id).first() or case
    return case


def _send(report: Report, text: str) -> None:
    settings = load_settings()
    token = key_ring().seal(Purpose.CASE, 0, report.id)
    with translation.override(report.language):
        about = report.case.subject or _("your report")
        ending = _("Case %(reference)s. An answer to this mail reaches the same case.")
    answer_report(
        report.id, report.reporter, subject=f"[{report.case.reference}] {' '.join(about.split())[:150]}",
        text=f"{text}\n\n-- \n{settings.service_name}\n{ending % {'reference': report.case.reference}}\n",
        reply_to=case_address(token, settings.service_domain), in_reply_to=report.message_id,
        language=report.language,
    )  # fmt: skip
