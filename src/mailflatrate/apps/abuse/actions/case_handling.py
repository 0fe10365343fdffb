"""What an operator does with a case: take it, add a note, attribute it to a campaign, close it, reopen it."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.case_log import add_event, freeze_if_needed, settle_deadlines
from mailflatrate.apps.abuse.actions.intake import find
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import (
    Case,
    CaseAnswer,
    CaseEvent,
    CaseQuestion,
    CaseState,
    Cause,
    EventKind,
    Report,
)
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.delivery.actions.campaigns import release_hold
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.limits import value


@tenancy.needs_platform
def locked(case_id: int) -> Case:
    """The row is locked until commit. Raises AbuseError if there is none."""
    case = Case.objects.select_for_update().filter(id=case_id).first()
    if case is None:
        raise AbuseError(_("This case doesn't exist."))
    return case


def take_over(case_id: int, *, by: User) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = locked(case_id)
        case.assigned_to = by
        settle_deadlines(case)
        add_event(case, EventKind.ASSIGNED, by=by)
        _log("case.assigned", case, by)


def add_note(case_id: int, text: str, *, by: User) -> None:
    """Raises AbuseError for an empty text."""
    if not text.strip():
        raise AbuseError(_("Write a message first."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = locked(case_id)
        add_event(case, EventKind.NOTE, by=by, text=text)
        settle_deadlines(case)
        _log("case.noted", case, by)


def attribute(case_id: int, matched: str, *, by: User) -> Case:
    """Returns the campaign's open case if it was merged into that. Raises AbuseError if `matched` names no campaign."""
    match = find(matched.encode())
    if match.campaign is None:
        raise AbuseError(_("No campaign has this ID. Check the characters."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = locked(case_id)
        if case.state == CaseState.CLOSED:
            raise AbuseError(_("This case is closed. Reopen it first."))
        campaign = match.campaign
        other = Case.objects.select_for_update().exclude(id=case.id).exclude(state=CaseState.CLOSED)
        other = other.filter(account_id=campaign.account_id, campaign_id=campaign.id, kind=case.kind)
        target = other.first()
        _log("case.attributed", case, by, details={"campaign": campaign.id, "mailing": campaign.mailing_id})
        if target is not None:
            return _join(case, target, by)
        case.account_id, case.campaign = campaign.account_id, campaign
        case.subject = campaign.subject[:250]
        settle_deadlines(case)
        for rows in (Report.objects.filter(case=case), CaseEvent.objects.filter(case=case)):
            rows.update(account_id=campaign.account_id)
        add_event(case, EventKind.ATTRIBUTED, by=by, details={"campaign": campaign.id, "mailing": campaign.mailing_id})
        freeze_if_needed(case)
        return case


def _join(case: Case, target: Case, by: User) -> Case:
    """Move everything from `case` into `target`; `case` stays as a pointer to it."""
    for rows in (Report.objects.filter(case=case), CaseEvent.objects.filter(case=case)):
        rows.update(case=target, account_id=target.account_id)
    case.state, case.merged_into, case.closed_at, case.closed_by = CaseState.CLOSED, target, clock.now(), by
    target.dangerous = target.dangerous or case.dangerous
    settle_deadlines(case)
    settle_deadlines(target)
    add_event(target, EventKind.MERGED, by=by, details={"from": case.reference})
    freeze_if_needed(target)
    return target


def close(case_id: int, cause: Cause, text: str, *, by: User, release: bool = False) -> None:
    """`release` lets a frozen campaign resume. Raises AbuseError without a reason."""
    if not text.strip():
        raise AbuseError(_("Describe in one sentence what you found."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = locked(case_id)
        if case.state == CaseState.CLOSED:
            raise AbuseError(_("This case is already closed."))
        case.state, case.cause, case.closed_at, case.closed_by = CaseState.CLOSED, cause, clock.now(), by
        case.questions.filter(answered_at__isnull=True, settled_at__isnull=True).update(settled_at=clock.now())
        if release and case.frozen:
            lift_hold(case, by, text)
        settle_deadlines(case)
        add_event(case, EventKind.CLOSED, by=by, text=text, details={"cause": cause.value})
        _log("case.closed", case, by, reason=text, details={"cause": cause.value, "released": release})


@tenancy.needs_platform
def lift_hold(case: Case, by: User, reason: str) -> None:
    """Release a frozen campaign on an operator's decision (R-90)."""
    if case.account_id is not None and case.campaign_id is not None:
        release_hold(case.account_id, case.campaign_id)
    case.frozen = False
    case.save(update_fields=["frozen"])
    add_event(case, EventKind.MEASURE, by=by, text=reason, details={"measure": "release", "campaign": case.campaign_id})


def reopen(case_id: int, text: str, *, by: User) -> None:
    """Reopen a closed case. Raises AbuseError without a reason, or if another case about it is open."""
    if not text.strip():
        raise AbuseError(_("Give the reason in one sentence."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = locked(case_id)
        if case.state != CaseState.CLOSED or case.merged_into_id is not None:
            raise AbuseError(_("This case isn't closed, or it was merged into another one."))
        same = Case.objects.exclude(state=CaseState.CLOSED).filter(Q(account_id=case.account_id), kind=case.kind)
        if case.campaign_id and same.filter(campaign_id=case.campaign_id).exists():
            raise AbuseError(_("Another case about this campaign is open. Continue there."))
        case.state, case.closed_at, case.closed_by, case.cause = CaseState.OPEN, None, None, ""
        settle_deadlines(case)
        add_event(case, EventKind.REOPENED, by=by, text=text)
        _log("case.reopened", case, by, reason=text)


def _log(action: str, case: Case, by: User, *, reason: str = "", details: dict[str, object] | None = None) -> None:
    audit.record(
        action,
        by=audit.person(by),
        account_id=case.account_id,
        subject=f"case:{case.reference}",
        reason=reason.strip(),
        details=details,
    )


def close_loop_cases() -> int:
    """Close cases reported by feedback loops alone that got no new report for a month; return how many were closed."""
    before = clock.now() - timedelta(days=value("case_quiet_days"))
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = Case.objects.select_for_update().filter(loops_only=True, changed_at__lt=before, frozen=False)
        done = list(rows.exclude(state=CaseState.CLOSED).order_by("id")[:500])
        for case in done:
            case.state, case.cause, case.closed_at = CaseState.CLOSED, Cause.LOOP, clock.now()
            settle_deadlines(case)
            add_event(case, EventKind.CLOSED, machine="abuse.sweep", details={"cause": Cause.LOOP.value})
    return len(done)


def forget_old_cases() -> int:
    """Delete long-closed cases with all that's in them (R-95), after those merged into them. Safe to repeat."""
    before = clock.now() - timedelta(days=value("case_keep_days"))
    total = 0
    while forgotten := _forget_cases(before):
        total += forgotten
    return total


def _forget_cases(before: datetime) -> int:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        joined = Case.objects.filter(merged_into=OuterRef("pk"))
        due = Case.objects.filter(~Exists(joined), closed_at__lt=before)
        old = list(due.order_by("id").values_list("id", flat=True)[:500])
        mails = Report.objects.filter(case_id__in=old, raw_mail__isnull=False).values_list("raw_mail_id", flat=True)
        RawMail.objects.filter(id__in=list(mails)).update(raw=b"", envelope_from="", peer="", reading={})
        CaseAnswer.objects.filter(question__case_id__in=old).delete()
        for rows in (CaseQuestion, CaseEvent, Report):
            rows.objects.filter(case_id__in=old).delete()
        Case.objects.filter(id__in=old).delete()
    return len(old)
