"""The queue: open cases, most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from mailflatrate.apps.abuse.models import Case, CaseKind, CaseState, Report, ReportChannel
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.feedback.cases import CaseFacts, Urgency, urgency

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class CaseQueueRow:
    """One open case. `reports` is their number; `due` is the nearest deadline."""

    case: Case
    urgency: Urgency
    reports: int
    due: datetime | None

    @property
    def overdue(self) -> bool:
        return self.urgency is Urgency.OVERDUE


def open_cases() -> QuerySet[Case]:
    return Case.objects.exclude(state=CaseState.CLOSED)


def needs_person() -> QuerySet[Case]:
    """Return cases waiting for the desk, without those that only feedback loops reported."""
    late = Q(state=CaseState.ASKED, proof_due_at__lte=clock.now())
    return open_cases().filter(Q(state__in=[CaseState.OPEN, CaseState.ANSWERED], loops_only=False) | late)


def queue(
    *, kind: CaseKind | None = None, loops_only: bool | None = None, mine: int | None = None
) -> list[CaseQueueRow]:
    """Most urgent first. `loops_only`: those that only feedback loops reported, or all others; None: both, those last.
    A case that identifies nothing we sent never comes before one that does, so that spam cannot push real reports
    down.
    """
    rows = open_cases().select_related("account", "campaign", "assigned_to")
    if loops_only is not None:
        rows = rows.filter(loops_only=loops_only)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if mine is not None:
        rows = rows.filter(assigned_to_id=mine)
    named_first = rows.annotate(number=Count("reports"), unnamed=Q(account=None)).order_by(
        "loops_only", "unnamed", "opened_at"
    )
    case_rows = [_row(case) for case in named_first[:MOST_ROWS]]
    return sorted(case_rows, key=_place)


def _place(row: CaseQueueRow) -> tuple[bool, int, bool, datetime, int]:
    unnamed = row.case.account_id is None and not row.case.dangerous
    urgency = min(row.urgency, Urgency.NORMAL) if unnamed else row.urgency
    return row.case.loops_only, -urgency, unnamed, row.due or row.case.opened_at, row.case.id


def neighbours(case: Case) -> tuple[Case | None, Case | None]:
    rows = [row.case for row in queue(loops_only=case.loops_only)]
    place = next((number for number, row in enumerate(rows) if row.id == case.id), None)
    if place is None:
        return None, rows[0] if rows else None
    return rows[place - 1] if place else None, rows[place + 1] if place + 1 < len(rows) else None


def counts() -> dict[str, int]:
    """Count open cases by kind; those that feedback loops alone reported are counted under "loops_only", too."""
    by_kind = dict(open_cases().values_list("kind").annotate(n=Count("id")))
    return by_kind | {"loops_only": open_cases().filter(loops_only=True).count()}


def urgency_of(case: Case) -> Urgency:
    return urgency(_facts(case), clock.now())


def _row(case: Case) -> CaseQueueRow:
    due = [moment for moment in (case.answer_due_at, case.proof_due_at) if moment is not None]
    return CaseQueueRow(case, urgency_of(case), getattr(case, "number", 0), min(due, default=None))


def _facts(case: Case) -> CaseFacts:
    late = case.proof_due_at is not None and case.proof_due_at <= clock.now()
    return CaseFacts(
        answer_due=case.answer_due_at,
        proof_due=case.proof_due_at,
        dangerous=case.dangerous,
        frozen=case.frozen,
        needs_person=case.state in (CaseState.OPEN, CaseState.ANSWERED) or late,
        has_reporter=case.answer_due_at is not None,
    )


def closed_page(*, before_id: int | None = None, size: int = 50) -> Sequence[Case]:
    """Return closed cases, newest first; `before_id` is the last id of the previous page."""
    rows = Case.objects.filter(state=CaseState.CLOSED).select_related("account", "campaign", "closed_by")
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:size])


@tenancy.needs_platform
def cases_of_messages(message_ids: Sequence[int]) -> dict[int, int]:
    """Map customers' messages that already have a case to its id."""
    reports = Report.objects.filter(via=ReportChannel.CONTEST, source_id__in=list(message_ids))
    return {source_id: case_id for source_id, case_id in reports.values_list("source_id", "case_id") if source_id}
