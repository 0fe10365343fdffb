"""Reports that don't arrive by mail: denied sign-ups, contested actions, manual entries, findings of our rules."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.case_log import ReportDraft, file_report, kind_of
from mailflatrate.apps.abuse.actions.intake import find
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseKind, Report, ReportChannel
from mailflatrate.apps.accounts.models import DeskMessage, User
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.forms.models import SignupDenial
from mailflatrate.apps.forms.queries import unhandled_denials
from mailflatrate.apps.inbound.actions import manual_review
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import PlatformReason

COLLECT = "abuse.collect_denials"


def collect_denials() -> int:
    """Open cases from "this was not me" answers (R-35), so the desk can find who enters other people's addresses."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        denials = unhandled_denials()
        for denial in denials:
            _report_of(denial)
        SignupDenial.objects.filter(id__in=[denial.id for denial in denials]).update(handled_at=clock.now())
    return len(denials)


def _report_of(denial: SignupDenial) -> None:
    if Report.objects.filter(via=ReportChannel.SIGN_UP, source_id=denial.id).exists():
        return
    evidence = {
        "requested_at": denial.requested_at.isoformat(),
        "requested_ip": denial.requested_ip,
        "user_agent": denial.requested_user_agent[:300],
        "source_url": denial.source_url[:500],
        "page_url": denial.page_url[:500],
        "form": denial.form_id,
        "kind": denial.kind,
    }
    file_report(
        ReportDraft(
            via=ReportChannel.SIGN_UP, at=denial.denied_at, kind=CaseKind.SIGN_UP, account_id=denial.account_id,
            subject=denial.page_url or denial.source_url,
            fields={
                "source_id": denial.id, "address_key": denial.address_key, "ip": denial.denied_ip, "notice": evidence,
                "proof": "token", "how": "confirmation",
            },
        ),
        machine=COLLECT,
    )  # fmt: skip


def open_contest(message_id: int, *, by: User) -> Case:
    """Turn a customer's message about an action into a case (R-09). Raises AbuseError if there is no such message."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        message = DeskMessage.objects.select_related("author").filter(id=message_id, side="customer").first()
        if message is None:
            raise AbuseError(_("This customer message doesn't exist."))
        existing = Report.objects.select_related("case").filter(via=ReportChannel.CONTEST, source_id=message.id).first()
        if existing is not None:
            _log_opened(existing.case, by)
            return existing.case
        report = file_report(
            ReportDraft(
                via=ReportChannel.CONTEST,
                at=message.at,
                kind=CaseKind.CONTEST,
                account_id=message.account_id,
                subject=message.text.partition("\n")[0],
                fields={"source_id": message.id, "text": message.text, "language": message.author.language},
            ),
            by=by,
        )
        _log_opened(report.case, by)
        return report.case


def _log_opened(case: Case, by: User) -> None:
    audit.record("case.opened", by=audit.person(by), account_id=case.account_id, subject=f"case:{case.reference}")


@dataclass(frozen=True, slots=True)
class ByHand:
    """A report we received by post or phone. `about` is anything that names a campaign, or empty."""

    about: str
    complaint: str
    text: str
    reporter: str
    reporter_name: str
    language: str


def open_by_hand(given: ByHand, *, by: User) -> Case:
    """Enter a report at the desk (R-43: letter, telephone). Raises AbuseError if no description is given."""
    if not given.text.strip():
        raise AbuseError(_("Write down what was said."))
    match = find(given.about.encode())
    if given.about.strip() and match.account_id is None:
        raise AbuseError(_("Nothing that we sent has this ID. Check the characters, or leave the field empty."))
    kind, dangerous = kind_of(given.complaint)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = file_report(
            ReportDraft(
                via=ReportChannel.HAND, at=clock.now(), kind=kind, dangerous=dangerous, account_id=match.account_id,
                campaign=match.campaign, reporter=given.reporter.strip(), reporter_key=address_key(given.reporter),
                subject=match.campaign.subject if match.campaign else given.text.partition("\n")[0],
                fields={
                    "text": given.text.strip(), "complaint": given.complaint, "language": given.language,
                    "reporter_name": given.reporter_name.strip()[:120], "how": match.how, "proof": "hand",
                },
            ),
            by=by,
        )  # fmt: skip
        _log_opened(report.case, by)
        return report.case


def file_figures(
    account_id: int, campaign_id: int | None, source_id: int, *, text: str, details: dict[str, Any], machine: str
) -> Case:
    """File a case, not urgent, after one of our rules acted (R-86 to R-89). `source_id` is the row of that action:
    filing it twice makes one report. `text` is English. Works in any scope.
    """
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        existing = Report.objects.select_related("case").filter(via=ReportChannel.FIGURES, source_id=source_id).first()
        if existing is not None:
            return existing.case
        campaign = Campaign.objects.filter(id=campaign_id or 0, account_id=account_id).first()
        report = file_report(
            ReportDraft(
                via=ReportChannel.FIGURES,
                at=clock.now(),
                kind=CaseKind.FIGURES,
                account_id=account_id,
                campaign=campaign,
                subject=campaign.name if campaign else text,
                fields={"source_id": source_id, "text": text, "notice": details, "how": "figures"},
            ),
            machine=machine,
        )
        return report.case


def open_from_mail(raw_mail_id: int, *, by: User) -> None:
    """Open a case from a stored message, regardless of how it was sorted."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        mail = RawMail.objects.get(id=raw_mail_id)
        manual_review.hand_to_desk(mail.id)
        audit.record(
            "mail.handed_to_desk", by=audit.person(by), account_id=mail.account_id, subject=f"raw_mail:{mail.id}"
        )


def put_mail_away(raw_mail_id: int, *, by: User, reason: str) -> None:
    """Dismiss a message that needs no action. Raises AbuseError without a reason."""
    if not reason.strip():
        raise AbuseError(_("Explain why no action is needed."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        mail = RawMail.objects.get(id=raw_mail_id)
        manual_review.put_away(mail.id)
        audit.record(
            "mail.put_away",
            by=audit.person(by),
            account_id=mail.account_id,
            subject=f"raw_mail:{mail.id}",
            reason=reason.strip(),
        )
