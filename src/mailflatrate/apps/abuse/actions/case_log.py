"""The case log: open and join cases, record events."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Min, Q
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.models import (
    Case,
    CaseEvent,
    CaseKind,
    CaseState,
    Complaint,
    EventKind,
    Report,
    ReportChannel,
)
from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import Account, NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.actions.campaigns import hold_campaign
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.inbound.report_proof import registrable
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.campaigns.campaign_states import UNFINISHED
from mailflatrate.rules.feedback.cases import answer_due, must_freeze
from mailflatrate.rules.feedback.reports import Effect
from mailflatrate.rules.sending.providers import OTHER, provider_of
from mailflatrate.settings import load_settings

MACHINE = "abuse.take_mail"
FREEZE_RULE = "R-82"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_FROM_PEOPLE = (ReportChannel.MAIL, ReportChannel.PAGE)
# Several of these about one account count as one matter.
_OF_THE_ACCOUNT = (CaseKind.SIGN_UP, CaseKind.CONTEST, CaseKind.FIGURES)


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report before it has a case. Times are aware; `fields` are extra columns of the report."""

    via: ReportChannel
    at: datetime
    kind: CaseKind = CaseKind.COMPLAINT
    account_id: int | None = None
    campaign: Campaign | None = None
    reporter: str = ""
    reporter_key: bytes | None = None
    subject: str = ""
    dangerous: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)


def new_reference() -> str:
    """Return a new case reference that is easy to read out over the phone."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(7))
    return f"{letters[:3]}-{letters[3:]}"


@tenancy.needs_platform
def file_report(draft: ReportDraft, *, by: User | None = None, machine: str = MACHINE) -> Report:
    """Add a report to the case it belongs to, or open a new one; freeze the campaign where R-82 says so."""
    case, opened = _case_for(draft, draft.at)
    report = Report(
        case=case,
        account_id=case.account_id,
        via=draft.via,
        at=draft.at,
        reporter=draft.reporter.lower()[:254],
        reporter_key=draft.reporter_key,
        **draft.fields,
    )
    if report.is_from_person:
        report.answer_due_at = answer_due(draft.at, load_settings().desk_time_zone)
    report.save()
    add_event(
        case,
        EventKind.OPENED if opened else EventKind.JOINED,
        by=by,
        machine=machine,
        at=draft.at,
        details={"report": report.id, "via": report.via, "how": report.how, "proof": report.proof},
    )
    if report.effect:
        details = {"effect": report.effect, "platform": report.platform, "report": report.id}
        add_event(case, EventKind.EFFECT, by=by, machine=machine, details=details)
    case.dangerous = case.dangerous or draft.dangerous
    case.loops_only = draft.via is ReportChannel.LOOP and (opened or case.loops_only)
    settle_deadlines(case)
    freeze_if_needed(case)
    return report


def _case_for(draft: ReportDraft, at: datetime) -> tuple[Case, bool]:
    """Return the open case about the same campaign, or by the same reporter if no campaign is known; else a new one."""
    campaign_id = draft.campaign.id if draft.campaign else None
    key = f"abuse:{draft.account_id}:{campaign_id}:{(draft.reporter_key or b'').hex() if not campaign_id else ''}"
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [key])
    open_ones = Case.objects.exclude(state=CaseState.CLOSED).filter(Q(account_id=draft.account_id), kind=draft.kind)
    open_case = None
    if campaign_id is not None:
        open_case = open_ones.filter(campaign_id=campaign_id).first()
    elif draft.kind in _OF_THE_ACCOUNT:
        open_case = open_ones.filter(campaign__isnull=True).first()
    elif draft.reporter_key is not None:
        same = open_ones.filter(campaign__isnull=True, reports__reporter_key=draft.reporter_key)
        open_case = same.order_by("-id").first()
    if open_case is not None:
        return open_case, False
    case = Case.objects.create(
        account_id=draft.account_id, campaign=draft.campaign, kind=draft.kind, reference=new_reference(),
        subject=draft.subject[:250], dangerous=draft.dangerous, opened_at=at, changed_at=at,
    )  # fmt: skip
    return case, True


@tenancy.needs_platform
def add_event(
    case: Case, kind: EventKind, *, by: User | None = None, machine: str = MACHINE, text: str = "",
    details: Mapping[str, Any] | None = None, at: datetime | None = None,
) -> CaseEvent:  # fmt: skip
    return CaseEvent.objects.create(
        case=case, account_id=case.account_id, kind=kind, actor=by, actor_name=by.email if by else machine,
        text=text.strip(), details=dict(details or {}), at=at or clock.now(),
    )  # fmt: skip


@tenancy.needs_platform
def settle_deadlines(case: Case) -> None:
    """Save the case with its earliest open deadlines."""
    waiting = case.reports.filter(answered_at__isnull=True, answer_due_at__isnull=False)
    case.answer_due_at = waiting.aggregate(due=Min("answer_due_at"))["due"] if case.state != CaseState.CLOSED else None
    asked = case.questions.filter(answered_at__isnull=True, settled_at__isnull=True)
    case.proof_due_at = asked.aggregate(due=Min("due_at"))["due"] if case.state != CaseState.CLOSED else None
    case.changed_at = clock.now()
    case.save()


@tenancy.needs_platform
def independent_recipients(case: Case) -> list[int]:
    """Deliveries whose recipients complained from their own mailbox, since a token only shows that someone has the
    message; one per private domain, whose mailboxes may all belong to one person.
    """
    reports = case.reports.filter(via__in=_FROM_PEOPLE, delivery_id__isnull=False, effect=Effect.COMPLAINT.value)
    ids = {reported_id for reported_id in reports.values_list("delivery_id", flat=True) if reported_id is not None}
    rows = DeliveryRecord.objects.filter(id__in=ids, contact__isnull=False)
    recipients: dict[str, int] = {}
    for delivery_id, email in rows.order_by("id").values_list("id", "contact__email"):
        domain = domain_of(email)
        own = provider_of(domain) == OTHER
        recipients.setdefault(registrable(domain) if own else email.lower(), delivery_id)
    return list(recipients.values())


@tenancy.needs_platform
def freeze_if_needed(case: Case) -> None:
    """Hold the campaign if several of its recipients have reported it independently (R-82)."""
    if case.frozen or case.campaign_id is None or case.kind not in (CaseKind.COMPLAINT, CaseKind.CONTENT):
        return
    if must_freeze(independent_recipients(case)) and freeze(case):
        audit.record(
            "campaign.frozen",
            by=audit.machine(MACHINE),
            account_id=case.account_id,
            subject=f"case:{case.reference}",
            details={"campaign": case.campaign_id, "rule": FREEZE_RULE},
        )
        add_event(case, EventKind.MEASURE, details={"measure": "freeze", "campaign": case.campaign_id})


@tenancy.needs_platform
def freeze(case: Case, reason: str = "") -> bool:
    """Hold the case's campaign until the desk releases it (R-82, R-90) and tell the customer; False if it is over."""
    account = Account.objects.get(id=case.account_id or 0)
    with tenancy.account(account.id):
        campaign = Campaign.objects.get(id=case.campaign_id or 0)
        if campaign.state not in UNFINISHED:
            return False
        with translation.override(account.language):
            words = reason.strip() or _(
                "Several recipients reported this campaign. It's on hold while we look into it."
            )
        hold_campaign(campaign.id, FREEZE_RULE, words)
    case.frozen = True
    case.save(update_fields=["frozen"])
    facts = {
        "name": campaign.name,
        "id": campaign.mailing_id,
        "account": account.name,
        "reason": Passage(reason),
        "url": f"{load_settings().public_url}/studio/campaigns/{campaign.id}/",
    }
    tell_owners(account.id, NoticeKind.ACCOUNT_STATUS, "abuse/mail/on_hold", facts)
    return True


def kind_of(complaint: str) -> tuple[CaseKind, bool]:
    """Return the kind of case that a complaint opens, and whether it is urgent."""
    if complaint in (Complaint.ILLEGAL, Complaint.FALSE_SENDER):
        return CaseKind.CONTENT, True
    return CaseKind.COMPLAINT, False
