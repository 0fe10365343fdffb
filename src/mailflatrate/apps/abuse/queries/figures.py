"""Figures about the desk: how fast it answers, causes of cases, repeat offenders."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseState, Cause, EventKind, Report, ReportChannel
from mailflatrate.apps.abuse.queries.case import AGAINST_THE_SENDER
from mailflatrate.apps.accounts.models import Account, Strike


@dataclass(frozen=True, slots=True)
class Answers:
    """How long reporters waited for the first answer. `late` counts reports past the deadline, answered or not."""

    answered: int
    waiting: int
    late: int
    median: timedelta | None
    slowest_tenth: timedelta | None

    @property
    def in_time_percent(self) -> float | None:
        """Return the percentage answered in time, of all reports that are answered or past the deadline."""
        total = self.answered + self.late
        return 100 * (total - self.late) / total if total else None


@dataclass(frozen=True, slots=True)
class Offender:
    account: Account
    cases: int
    against: int
    strikes: int


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """Figures of one period, from `begin` up to but not including `end`."""

    begin: datetime
    end: datetime
    reports: dict[ReportChannel, int]
    opened: int
    closed: int
    open_now: int
    answers: Answers
    causes: Sequence[tuple[Cause, int]]
    measures: Sequence[tuple[str, int]]
    offenders: Sequence[Offender]


def desk_figures(begin: datetime, end: datetime, now: datetime) -> DeskFigures:
    cases = Case.objects.filter(merged_into__isnull=True)
    ended = cases.filter(closed_at__gte=begin, closed_at__lt=end)
    reports = Report.objects.filter(at__gte=begin, at__lt=end)
    vias = dict(reports.values_list("via").annotate(n=Count("id")))
    causes = Counter(dict(ended.values_list("cause").annotate(n=Count("id"))))
    measures = CaseEvent.objects.filter(kind=EventKind.MEASURE, at__gte=begin, at__lt=end)
    taken = Counter(str(details.get("measure", "")) for details in measures.values_list("details", flat=True))
    asked = CaseEvent.objects.filter(kind=EventKind.QUESTION, at__gte=begin, at__lt=end).count()
    taken["ask"] += asked
    return DeskFigures(
        begin=begin,
        end=end,
        reports={via: vias.get(via.value, 0) for via in ReportChannel},
        opened=cases.filter(opened_at__gte=begin, opened_at__lt=end).count(),
        closed=ended.count(),
        open_now=cases.exclude(state=CaseState.CLOSED).count(),
        answers=_answers(reports.filter(answer_due_at__isnull=False), now),
        causes=[(Cause(cause), number) for cause, number in causes.most_common() if cause],
        measures=[pair for pair in taken.most_common() if pair[1]],
        offenders=_offenders(begin, end),
    )


def _answers(rows: QuerySet[Report], now: datetime) -> Answers:
    waits: list[float] = []
    waiting = late = 0
    for at, due, first in rows.values_list("at", "answer_due_at", "first_answered_at"):
        if first is None:
            waiting += 1
            late += due is not None and due <= now
        else:
            waits.append((first - at).total_seconds())
            late += due is not None and first > due
    waits.sort()
    return Answers(
        answered=len(waits),
        waiting=waiting,
        late=late,
        median=timedelta(seconds=statistics.median(waits)) if waits else None,
        slowest_tenth=timedelta(seconds=waits[int(0.9 * (len(waits) - 1))]) if waits else None,
    )


def _offenders(begin: datetime, end: datetime) -> list[Offender]:
    rows = (
        Case.objects.filter(opened_at__gte=begin, opened_at__lt=end, merged_into__isnull=True, account__isnull=False)
        .values("account_id")
        .annotate(n=Count("id"), against=Count("id", filter=Q(cause__in=AGAINST_THE_SENDER)))
        .filter(Q(n__gte=2) | Q(against__gte=1))
        .order_by("-against", "-n")[:20]
    )
    accounts = Account.objects.in_bulk([row["account_id"] for row in rows])
    strikes = dict(
        Strike.objects.filter(given_at__gte=begin, given_at__lt=end).values_list("account_id").annotate(n=Count("id"))
    )
    return [
        Offender(accounts[row["account_id"]], row["n"], row["against"], strikes.get(row["account_id"], 0))
        for row in rows
    ]
