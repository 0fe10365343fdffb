"""Actions from a case, each with one click and one reason that the customer reads."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.case_handling import lift_hold, locked
from mailflatrate.apps.abuse.actions.case_log import add_event, freeze, settle_deadlines
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseQuestion, CaseState, EventKind, Report
from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status, give_strike
from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatus, NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.delivery.queries import find_delivery
from mailflatrate.apps.inbound.actions.stop_requests import complain
from mailflatrate.apps.lists.actions.feedback import record_complaint
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.actions import suppress_everywhere
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.feedback.cases import proof_due
from mailflatrate.settings import load_settings

RULE = "R-82"


class CaseAction(StrEnum):
    SUPPRESS = "suppress"
    FREEZE = "freeze"
    RELEASE = "release"
    THROTTLE = "throttle"
    PAUSE = "pause"
    SUSPEND = "suspend"
    STRIKE = "strike"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class MeasureOrder:
    """`report_id`: whose recipient is suppressed. `names_contact`: the question names whose consent to prove."""

    measure: CaseAction
    reason: str
    report_id: int | None = None
    names_contact: bool = False


def take_measure(case_id: int, order: MeasureOrder, *, by: User) -> None:
    """Take the action; record it in the case and the audit log. Raises AbuseError with the reason if it fails."""
    if not order.reason.strip():
        raise AbuseError(_("Give the reason in one sentence."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = locked(case_id)
        if case.account_id is None and order.measure is not CaseAction.SUPPRESS:
            raise AbuseError(_("First say which campaign this is about."))
        try:
            details = _ACTS[order.measure](case, order, by)
        except AccountError as problem:
            raise AbuseError(str(problem)) from problem
        if order.measure not in (CaseAction.ASK, CaseAction.RELEASE):
            taken = {"measure": order.measure.value, **details}
            add_event(case, EventKind.MEASURE, by=by, text=order.reason, details=taken)
        settle_deadlines(case)
        audit.record(
            f"case.{order.measure.value}",
            by=audit.person(by),
            account_id=case.account_id,
            subject=f"case:{case.reference}",
            reason=order.reason.strip(),
            details=details,
        )


Details = dict[str, object]


def _suppress(case: Case, order: MeasureOrder, by: User) -> Details:
    """Suppress the person a report is about for all customers, because it reached the abuse desk (R-79)."""
    report = Report.objects.filter(id=order.report_id or 0, case=case).first()
    if report is None:
        raise AbuseError(_("Choose the report whose recipient should no longer be emailed."))
    source, evidence = f"case {case.reference}", {"by": by.email, "report": report.id}
    key = report.address_key or report.reporter_key
    if key is None:
        raise AbuseError(_("This report doesn't name an address."))
    if report.delivery_id is not None and case.account_id is not None:
        with tenancy.account(case.account_id):
            delivery = find_delivery(case.account_id, report.delivery_id)
            if delivery is not None:
                complain(delivery, source=source, platform=True, evidence=evidence)
    elif case.account_id is not None:
        with tenancy.account(case.account_id):
            contact = Contact.objects.filter(address_key=key).first()
            if contact is not None:
                record_complaint(contact.id, source=source, evidence=evidence, at=clock.now(), platform=True)
    suppress_everywhere(
        bytes(key), reason=SuppressionReason.COMPLAINT, source=source, evidence={"rule": "R-79", **evidence}
    )
    report.effect, report.platform = "complaint", True
    report.save(update_fields=["effect", "platform"])
    return {"report": report.id}


def _freeze(case: Case, order: MeasureOrder, _by: User) -> Details:
    if case.campaign_id is None:
        raise AbuseError(_("First say which campaign this is about."))
    if not freeze(case, order.reason):
        raise AbuseError(_("This campaign is finished, so there's nothing left to hold."))
    return {"campaign": case.campaign_id}


def _release(case: Case, order: MeasureOrder, by: User) -> Details:
    if not case.frozen:
        raise AbuseError(_("This case isn't holding a campaign."))
    lift_hold(case, by, order.reason)
    return {"campaign": case.campaign_id}


def _restrict(after: AccountStatus) -> Callable[[Case, MeasureOrder, User], Details]:
    def act(case: Case, order: MeasureOrder, by: User) -> Details:
        assert case.account_id is not None
        change = change_account_status(case.account_id, after, _reasons(case, order), by=by)
        return {"account_status": after.value, "change": change.id}

    return act


def _strike(case: Case, order: MeasureOrder, by: User) -> Details:
    assert case.account_id is not None
    return {"strike": give_strike(case.account_id, _reasons(case, order), by=by).id}


def _reasons(case: Case, order: MeasureOrder) -> Reasons:
    """Build what the customer reads: reason, rule, what to do and the case reference, but no reporter (R-80)."""
    account = Account.objects.get(id=case.account_id or 0)
    with translation.override(account.language):
        remedy = _("Answer our question about case %(reference)s, and tell us what you'll change.")
    facts = {"case": case.reference, "mailing": case.campaign.mailing_id if case.campaign else ""}
    return Reasons("abuse_case", order.reason.strip(), remedy % {"reference": case.reference}, RULE, facts)


def _ask(case: Case, order: MeasureOrder, by: User) -> Details:
    assert case.account_id is not None
    report = case.reports.filter(contact_id__isnull=False).order_by("-id").first() if order.names_contact else None
    now = clock.now()
    question = CaseQuestion.objects.create(
        account_id=case.account_id,
        case=case,
        reference=case.reference,
        campaign=case.campaign,
        contact_id=report.contact_id if report else None,
        text=order.reason.strip(),
        asked_at=now,
        due_at=proof_due(now),
    )
    case.state = CaseState.ASKED
    account = Account.objects.get(id=case.account_id)
    facts = {
        "account": account.name,
        "reference": question.reference,
        "text": Passage(question.text),
        "due": f"{question.due_at:%Y-%m-%d %H:%M} UTC",
        "url": f"{load_settings().public_url}/studio/questions/{question.id}/",
    }
    tell_owners(account.id, NoticeKind.ACCOUNT_STATUS, "abuse/mail/question", facts)
    add_event(case, EventKind.QUESTION, by=by, text=order.reason, details={"question": question.id})
    return {"question": question.id, "names_contact": report is not None}


_ACTS: dict[CaseAction, Callable[[Case, MeasureOrder, User], Details]] = {
    CaseAction.SUPPRESS: _suppress,
    CaseAction.FREEZE: _freeze,
    CaseAction.RELEASE: _release,
    CaseAction.THROTTLE: _restrict(AccountStatus.THROTTLED),
    CaseAction.PAUSE: _restrict(AccountStatus.PAUSED),
    CaseAction.SUSPEND: _restrict(AccountStatus.SUSPENDED),
    CaseAction.STRIKE: _strike,
    CaseAction.ASK: _ask,
}
