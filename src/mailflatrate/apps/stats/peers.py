"""The median of the rates of all accounts of one size. No account is recognizable: each counts once, with the median
of its last campaigns, those of one owner as one, from eight owners on, rounded. Only medians are stored, by a
platform job.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any, Final

from django.db import connection

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.stats.models import PeerRate
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

LEAST_OWNERS: Final = 8
LEAST_CAMPAIGNS: Final = 3
MOST_CAMPAIGNS: Final = 10
LEAST_DELIVERED: Final = 50
"""A campaign to fewer people has no rate worth comparing."""
SIZES: Final = (500, 5_000, 50_000, 500_000)
"""Delivered messages of an account's median campaign at which the next class begins."""
DAYS: Final = 180
SETTLED: Final = timedelta(days=2)
"""Younger campaigns are still clicked."""
DIGITS: Final = {"delivered": 1, "clicked": 1, "unsubscribed": 2}


@dataclass(frozen=True, slots=True)
class AccountRates:
    """Median rates are in percent; None: unknown. Accounts with the same number as `owner` belong together."""

    owner: int
    size: float
    delivered: float | None
    clicked: float | None
    unsubscribed: float | None


@dataclass(frozen=True, slots=True)
class PeerMedians:
    """The medians of the accounts of one size, in percent. None: too few accounts have this rate."""

    delivered: float | None = None
    clicked: float | None = None
    unsubscribed: float | None = None


# The newest campaigns of each account with the figures that the report has, from read models alone.
_ACCOUNTS = """
WITH sent AS (
    SELECT id, account_id, track_clicks,
        row_number() OVER (PARTITION BY account_id ORDER BY finished_at DESC, id DESC) AS newest
    FROM campaign
    WHERE state = 'sent' AND automation_id IS NULL AND account_id <> %(house)s
      AND finished_at >= %(since)s AND finished_at < %(until)s
), counted AS (
    SELECT s.account_id, s.track_clicks, f.settled, f.delivered, f.unsubscribed, coalesce(k.people, 0) AS people
    FROM sent s
    CROSS JOIN LATERAL (
        SELECT sum(settled) AS settled, sum(delivered) AS delivered, sum(unsubscribed) AS unsubscribed
        FROM daily_figure f WHERE f.account_id = s.account_id AND f.campaign_id = s.id
    ) f
    CROSS JOIN LATERAL (
        SELECT sum(people) AS people FROM click_hour k WHERE k.account_id = s.account_id AND k.campaign_id = s.id
    ) k
    WHERE s.newest <= %(most)s AND f.delivered >= %(least)s
)
SELECT account_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY delivered),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY 100.0 * delivered / settled),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN track_clicks THEN 100.0 * people / delivered END),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY 100.0 * unsubscribed / delivered)
FROM counted GROUP BY account_id HAVING count(*) >= %(campaigns)s
"""
# What accounts of one owner share: an owner's sign-in, or the company of an imprint, past ones included.
_SHARED = """
SELECT account_id, 'user ' || user_id FROM membership WHERE role = 'owner' AND account_id = ANY(%(accounts)s)
UNION
SELECT account_id, name || ' ' || upper(translate(fields ->> name, ' .-', ''))
FROM imprint CROSS JOIN unnest(ARRAY['vat_id', 'register_number']) AS name
WHERE account_id = ANY(%(accounts)s) AND coalesce(fields ->> name, '') <> ''
ORDER BY 1, 2
"""


def size_of(delivered: float) -> int:
    return bisect_right(SIZES, delivered)


def medians(accounts: Iterable[AccountRates]) -> dict[int, PeerMedians]:
    """By class of size. Rates that fewer than eight owners have are None; a class of such is left out. An owner with
    several accounts of one size has the median of theirs.
    """
    by_size: dict[int, list[AccountRates]] = defaultdict(list)
    for account in accounts:
        by_size[size_of(account.size)].append(account)
    return {
        size: _of_class(members)
        for size, members in by_size.items()
        if len({account.owner for account in members}) >= LEAST_OWNERS
    }


def _of_class(accounts: Sequence[AccountRates]) -> PeerMedians:
    rates: dict[str, float | None] = {}
    for name, digits in DIGITS.items():
        by_owner: dict[int, list[float]] = defaultdict(list)
        for account in accounts:
            if (value := getattr(account, name)) is not None:
                by_owner[account.owner].append(value)
        values = [median(rates) for rates in by_owner.values()]
        rates[name] = round(median(values), digits) if len(values) >= LEAST_OWNERS else None
    return PeerMedians(**rates)


def account_rates() -> list[AccountRates]:
    """Return the rates of every account with enough campaigns, without saying whose they are."""
    now = clock.now()
    parameters: dict[str, Any] = {
        "house": house_account().id,
        "since": now - timedelta(days=DAYS),
        "until": now - SETTLED,
        "most": MOST_CAMPAIGNS,
        "least": LEAST_DELIVERED,
        "campaigns": LEAST_CAMPAIGNS,
    }
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, parameters)
        rates = {account_id: row for account_id, *row in cursor.fetchall()}
        cursor.execute(_SHARED, {"accounts": list(rates)})
        owners = owners_of(cursor.fetchall())
    return [AccountRates(owners.get(account_id, account_id), *row) for account_id, row in rates.items()]


def owners_of(shared: Iterable[tuple[int, str]]) -> dict[int, int]:
    """One number, an account's id, for all that share anything, also by way of others. `shared`: account and thing."""
    leads: dict[int, int] = {}
    first: dict[str, int] = {}

    def lead(account: int) -> int:
        while leads.setdefault(account, account) != account:
            account = leads[account]
        return account

    for account, what in shared:
        own_lead, other = lead(account), lead(first.setdefault(what, account))
        leads[max(own_lead, other)] = min(own_lead, other)
    return {account: lead(account) for account in leads}


def count_peers() -> int:
    rates_by_size = medians(account_rates())
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        PeerRate.objects.all().delete()
        PeerRate.objects.bulk_create(
            PeerRate(
                size=size,
                delivered=rates.delivered,
                clicked=rates.clicked,
                unsubscribed=rates.unsubscribed,
                counted_at=clock.now(),
            )
            for size, rates in rates_by_size.items()
        )
    return len(rates_by_size)


def peer_medians(delivered: float) -> PeerMedians:
    row = PeerRate.objects.filter(size=size_of(delivered)).first()
    return PeerMedians(row.delivered, row.clicked, row.unsubscribed) if row else PeerMedians()
