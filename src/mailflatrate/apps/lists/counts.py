"""Counts shown on pages: from the triggers' tallies, and for large accounts from a job's last count."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Sum

from mailflatrate.apps.lists.models import ListTally, MailableCount, SubscriptionState
from mailflatrate.apps.lists.queries import mailable_series
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason

LIVE_PEOPLE = 50_000
"""Up to so many subscriptions are counted on each view, which takes 0.1 s."""
FRESH = timedelta(minutes=10)
DAYS = 30
COUNT_JOB = "lists.count_mailable"

# The rows of each counter become one. Rows that are being added meanwhile stay for the next time.
_ADD_UP = """
WITH many AS (
    SELECT account_id, mailing_list_id, state FROM list_tally GROUP BY 1, 2, 3 HAVING count(*) > 1 LIMIT 5000
), gone AS (
    DELETE FROM list_tally t USING many m
    WHERE t.account_id = m.account_id AND t.mailing_list_id = m.mailing_list_id AND t.state = m.state
    RETURNING t.account_id, t.mailing_list_id, t.state, t.people
)
INSERT INTO list_tally (account_id, mailing_list_id, state, people)
SELECT account_id, mailing_list_id, state, sum(people) FROM gone GROUP BY 1, 2, 3 HAVING sum(people) <> 0
"""


@dataclass(frozen=True, slots=True)
class MailableSeries:
    """At the end of each day, oldest first. `counted_at` None: counted just now."""

    days: list[tuple[date, int]]
    counted_at: datetime | None


def mailable_days() -> MailableSeries:
    """Thirty days and today. A large account gets its last count; a job updates an outdated one."""
    confirmed = ListTally.objects.filter(state=SubscriptionState.CONFIRMED).aggregate(n=Sum("people"))["n"] or 0
    if confirmed <= LIVE_PEOPLE:
        return MailableSeries(mailable_series(DAYS), None)
    kept = MailableCount.objects.first()
    if kept is None:
        kept = count_mailable()
    elif kept.counted_at < clock.now() - FRESH:
        account_id = tenancy.current_account_id()
        jobs.wake(COUNT_JOB, jobs.JobQueue.HOUSE, once=f"{COUNT_JOB}:{account_id}", account_id=account_id)
    return MailableSeries([(date.fromisoformat(day), people) for day, people in kept.series], kept.counted_at)


def count_mailable() -> MailableCount:
    series = [(day.isoformat(), people) for day, people in mailable_series(DAYS)]
    kept, _created = MailableCount.objects.update_or_create(
        account_id=tenancy.current_account_id(), defaults={"counted_at": clock.now(), "series": series}
    )
    return kept


def large_accounts() -> list[int]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        sums = ListTally.objects.filter(state=SubscriptionState.CONFIRMED).values_list("account_id")
        return [account_id for account_id, people in sums.annotate(n=Sum("people")) if people > LIVE_PEOPLE]


def add_up() -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_ADD_UP)
