"""Reads of mail that was returned to us."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.contrib.postgres.aggregates import BoolAnd
from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum

from mailflatrate.apps.inbound.models import (
    DomainReport,
    Feedback,
    FeedbackKind,
    InboxMessage,
    LeaveUndone,
    RawMail,
    RawMailState,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.aggregate import ReportKind
from mailflatrate.settings import load_settings

TOGETHER = 100
TOGETHER_OCTETS = 16 * 1024 * 1024

_WAITING = """
SELECT id, octet_length(raw), attempts FROM raw_mail
WHERE state = 'new' AND id > %s AND id %% %s = %s ORDER BY id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    id: int
    octets: int
    attempts: int


def waiting_in(lane: int, lanes: int, *, after_id: int) -> list[WaitingMessage]:
    """Return a lane's next messages by ID: at least one, and at most as many as fit into memory."""
    with tenancy.platform(PlatformReason.MAIL_IN), connection.cursor() as cursor:
        cursor.execute(_WAITING, [after_id, lanes, lane, TOGETHER])
        rows = [WaitingMessage(*row) for row in cursor.fetchall()]
    octets = accumulate(row.octets for row in rows)
    return [row for row, so_far in zip(rows, octets, strict=True) if so_far <= TOGETHER_OCTETS] or rows[:1]


def is_any_left(before: datetime) -> bool:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        return RawMail.objects.filter(state=RawMailState.NEW, received_at__lt=before).exists()


UNDONE = Q(kind=FeedbackKind.UNSUBSCRIBE, reason__in=LeaveUndone.values)
"""Unsubscribes that the person undid within minutes: no figure counts them as unsubscribed."""


def is_unsubscribed_sql(row: str) -> str:
    undone = ", ".join(f"'{value}'" for value in LeaveUndone.values)
    return f"{row}.kind = '{FeedbackKind.UNSUBSCRIBE}' AND {row}.reason NOT IN ({undone})"


def feedback_counts(campaign_id: int) -> dict[FeedbackKind, int]:
    """Return how often each kind of feedback was reported about a campaign. People who stayed after all don't count."""
    rows = Feedback.objects.filter(~UNDONE, campaign_id=campaign_id).values("kind").annotate(number=Count("id"))
    counts = {FeedbackKind(row["kind"]): row["number"] for row in rows}
    return {kind: counts.get(kind, 0) for kind in FeedbackKind}


def feedback_by_campaign(campaign_ids: Sequence[int]) -> dict[tuple[int, FeedbackKind], int]:
    """Return the same for several campaigns, by campaign and kind. Pairs without feedback are missing."""
    rows = Feedback.objects.filter(~UNDONE, campaign_id__in=campaign_ids).values_list("campaign_id", "kind")
    return {(campaign_id, FeedbackKind(kind)): number for campaign_id, kind, number in rows.annotate(n=Count("id"))}


def unsubscribes_by_reason(campaign_id: int) -> dict[str, int]:
    """By the reason given, or "" without one; those who stayed after all have a value of `LeaveUndone`."""
    rows = Feedback.objects.filter(campaign_id=campaign_id, kind=FeedbackKind.UNSUBSCRIBE).values_list("reason")
    return dict(rows.annotate(n=Count("id")))


def feedback_of_contact(contact_id: int) -> QuerySet[Feedback]:
    return Feedback.objects.filter(contact_id=contact_id).select_related("campaign").order_by("-at")


REPORT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ReporterFigures:
    name: str
    reports: int
    messages: int
    passed: int
    proved: bool
    until: datetime

    @property
    def percent(self) -> float | None:
        return 100 * self.passed / self.messages if self.messages else None


@dataclass(frozen=True, slots=True)
class DomainFigures:
    kind: ReportKind
    reporters: list[ReporterFigures]
    failures: list[tuple[str, int]]

    @property
    def messages(self) -> int:
        return sum(row.messages for row in self.reporters)

    @property
    def passed(self) -> int:
        return sum(row.passed for row in self.reporters)


def domain_figures(domain: str) -> list[DomainFigures]:
    """Return reports on a domain (or its bounce host) of the current account, a row for each kind present."""
    return _figures(DomainReport.objects.filter(domain__in=[domain, f"bounce.{domain}"]))


@tenancy.needs_platform
def own_domain_figures() -> list[DomainFigures]:
    return _figures(DomainReport.objects.filter(account=None, domain=load_settings().service_domain))


def _figures(rows: QuerySet[DomainReport]) -> list[DomainFigures]:
    rows = rows.filter(ends_at__gte=clock.now() - timedelta(days=REPORT_DAYS))
    figures = []
    for kind in ReportKind:
        by_reporter = rows.filter(kind=kind).values("reporter").annotate(
            reports=Count("id"), seen=Sum("messages"), good=Sum("passed"), all_proved=BoolAnd("proved"),
            until=Max("ends_at"),
        )  # fmt: skip
        reporters = [
            ReporterFigures(row["reporter"], row["reports"], row["seen"], row["good"], row["all_proved"], row["until"])
            for row in by_reporter.order_by("-seen", "reporter")
        ]
        if reporters:
            figures.append(DomainFigures(kind, reporters, _failures(rows.filter(kind=kind))))
    return figures


def _failures(rows: QuerySet[DomainReport], most: int = 10) -> list[tuple[str, int]]:
    failed: Counter[str] = Counter()
    for sources in rows.values_list("sources", flat=True).iterator():
        for name, messages, passed in sources:
            failed[name] += messages - passed
    return [(name, count) for name, count in failed.most_common(most) if count]


def inbox_messages(*, search: str = "", before_id: int | None = None) -> QuerySet[InboxMessage]:
    messages = InboxMessage.objects.defer("raw").order_by("-id")
    if search:
        messages = (
            messages.filter(envelope_to__icontains=search)
            | messages.filter(subject__icontains=search)
            | messages.filter(mailing_id__icontains=search)
        )
    return messages.filter(id__lt=before_id) if before_id else messages
