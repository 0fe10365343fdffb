"""The part of the log that an account's owners may read, since its own scope can't. How a case was handled, and by
whom, is left out; actions of operators and rules are included only if the account is told about them anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from mailflatrate.base import tenancy
from mailflatrate.base.audit.log import ActorKind
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason

TOLD_ANYWAY: Final = [
    "account.submitted",
    "account.more_info",
    "account.approved",
    "account.rejected",
    "account.active",
    "account.throttled",
    "account.paused",
    "account.suspended",
    "account.closed",
    "origin.approved",
    "origin.asked",
    "origin.rejected",
    "origin.reopened",
    "import.held",
    "import.released",
    "import.refused",
    "campaign.approved",
    "campaign.sent_back",
    "campaign.frozen",
    "campaign.variant_chosen",
    "measure.warn",
    "measure.throttle",
    "measure.pause_lane",
    "measure.pause_campaign",
    "measure.pause_account",
    "measure.suspend",
    "measure.lifted",
    "strike.given",
    "strike.taken_back",
    "mailbox.proved",
    "mailbox.refused",
    "mailbox.rests",
    "digest.prepared",
    "export.finished",
    "message.answered",
    "suppression.lift_granted",
    "suppression.lift_refused",
]
"""What operators and rules did that the account reads in a mail or on its pages."""
PAGE_ROWS: Final = 50
BATCH_ROWS: Final = 1000


@dataclass(frozen=True, slots=True)
class AccountLogFilter:
    """By a person (part of the address), by action (prefixes of codes), by time (aware, half open)."""

    person: str = ""
    prefixes: tuple[str, ...] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None


def account_lines(
    account_id: int, log_filter: AccountLogFilter, *, before_id: int = 0, rows: int = PAGE_ROWS
) -> list[AuditEntry]:
    """Return the next lines of one account, newest first. The names of operators are removed."""
    with tenancy.platform(PlatformReason.ACTIVITY):
        entries = _chosen(account_id, log_filter)
        lines = list(entries.filter(id__lt=before_id)[:rows] if before_id else entries[:rows])
    for line in lines:
        if line.actor_kind != ActorKind.CUSTOMER:
            line.actor, line.reason = "", ""
    return lines


def account_batches(account_id: int, log_filter: AccountLogFilter, *, before_id: int = 0) -> Iterator[list[AuditEntry]]:
    """Yield the lines of one account in batches, newest first, so that a long log needs no long transaction."""
    while True:
        lines = account_lines(account_id, log_filter, before_id=before_id, rows=BATCH_ROWS)
        yield lines
        if len(lines) < BATCH_ROWS:
            return
        before_id = lines[-1].id


def _chosen(account_id: int, log_filter: AccountLogFilter) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.filter(account_id=account_id).order_by("-id")
    entries = entries.filter(Q(actor_kind=ActorKind.CUSTOMER) | Q(action__in=TOLD_ANYWAY))
    if log_filter.person:
        entries = entries.filter(actor_kind=ActorKind.CUSTOMER, actor__icontains=log_filter.person)
    if log_filter.prefixes:
        codes = Q()
        for prefix in log_filter.prefixes:
            codes |= Q(action__startswith=prefix)
        entries = entries.filter(codes)
    if log_filter.begins_at is not None:
        entries = entries.filter(at__gte=log_filter.begins_at)
    if log_filter.ends_at is not None:
        entries = entries.filter(at__lt=log_filter.ends_at)
    return entries
