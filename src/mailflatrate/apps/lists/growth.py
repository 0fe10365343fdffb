"""How the number of mailable people changed, and how old consents are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.queries import LIFE, UNSUPPRESSED, mailable_count
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import sql

MONTH_DAYS = 30.44
OLDEST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Gain:
    """By an import, a form, or another way (both None)."""

    import_id: int | None
    form_id: int | None
    people: int


@dataclass(frozen=True, slots=True)
class Loss:
    """`cause`: how the last subscription ended, or a suppression's reason."""

    cause: str
    people: int


@dataclass(frozen=True, slots=True)
class Growth:
    """It adds up."""

    begin: int
    end: int
    gains: tuple[Gain, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class PeriodGrowth:
    """It adds up."""

    begin: int
    gained: int
    lost: int
    end: int


# Each person once: the proof with which they first became mailable, and what ended it.
_GAINS = f"""
{LIFE}
SELECT e.source_import_id, (v.details ->> 'form')::bigint, count(*)
FROM life
LEFT JOIN LATERAL (
    SELECT s.consent_event_id FROM subscription s
    WHERE s.account_id = %(account_id)s AND s.contact_id = life.contact_id AND s.confirmed_at IS NOT NULL
    ORDER BY greatest(s.created_at, s.confirmed_at), s.id LIMIT 1
) first ON true
LEFT JOIN consent_event e ON e.id = first.consent_event_id AND e.account_id = %(account_id)s
LEFT JOIN consent_evidence v ON v.event_id = e.id AND v.account_id = %(account_id)s
WHERE came >= %(since)s AND (went IS NULL OR went > came)
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""  # noqa: S608  # made of constants
_LOSSES = f"""
{LIFE}
SELECT coalesce(stopped.reason, ended.by, ''), count(*)
FROM life
LEFT JOIN LATERAL (
    SELECT x.reason FROM suppression x JOIN contact c ON c.address_key = x.address_key
    WHERE c.id = life.contact_id AND {sql.in_force("x")} AND (x.account_id = %(account_id)s OR x.account_id IS NULL)
      AND x.created_at <= went AND x.reason <> 'unsubscribe'
    ORDER BY x.created_at LIMIT 1
) stopped ON true
LEFT JOIN LATERAL (
    SELECT s.unsubscribed_by AS by FROM subscription s
    WHERE s.account_id = %(account_id)s AND s.contact_id = life.contact_id AND s.unsubscribed_at IS NOT NULL
    ORDER BY s.unsubscribed_at DESC, s.id LIMIT 1
) ended ON true
WHERE went >= %(since)s AND went > came AND came IS NOT NULL
GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608  # made of constants
_AGES = f"""
SELECT least(floor(extract(epoch FROM %(now)s - newest) / 86400 / {MONTH_DAYS}), {OLDEST_MONTHS})::int, count(*)
FROM (
    SELECT max(s.confirmed_at) AS newest
    FROM subscription s JOIN contact c ON c.id = s.contact_id AND c.account_id = s.account_id
    WHERE s.account_id = %(account_id)s AND {sql.is_confirmed("s.state")} AND {UNSUPPRESSED}
    GROUP BY s.contact_id
) people GROUP BY 1
"""  # noqa: S608  # made of constants


@tenancy.needs_account
def growth(days: int) -> Growth:
    since = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    parameters: dict[str, Any] = {"account_id": tenancy.current_account_id(), "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_GAINS, parameters)
        gains = tuple(Gain(*row) for row in cursor.fetchall())
        cursor.execute(_LOSSES, parameters)
        losses = tuple(Loss(*row) for row in cursor.fetchall())
    end = mailable_count()
    begin = end - sum(gain.people for gain in gains) + sum(loss.people for loss in losses)
    return Growth(begin, end, gains, losses)


_PERIOD = f"""
{LIFE}, moves AS (
    SELECT came AS at, 1 AS gained, 0 AS lost FROM life WHERE came >= %(since)s AND (went IS NULL OR went > came)
    UNION ALL SELECT went, 0, 1 FROM life WHERE went >= %(since)s AND went > came
)
SELECT coalesce(sum(gained) FILTER (WHERE at < %(until)s), 0), coalesce(sum(lost) FILTER (WHERE at < %(until)s), 0),
    coalesce(sum(gained - lost) FILTER (WHERE at >= %(until)s), 0)
FROM moves
"""  # noqa: S608  # made of constants


@tenancy.needs_account
def growth_between(since: datetime, until: datetime) -> PeriodGrowth:
    """`until` is excluded, and in the past."""
    with connection.cursor() as cursor:
        cursor.execute(_PERIOD, {"account_id": tenancy.current_account_id(), "since": since, "until": until})
        gained, lost, afterward = map(int, cursor.fetchone())
    end = mailable_count() - afterward
    return PeriodGrowth(end - gained + lost, gained, lost, end)


@tenancy.needs_account
def consent_ages() -> list[int]:
    """Mailable people by months since they confirmed: 0 to 11, then older."""
    ages = [0] * (OLDEST_MONTHS + 1)
    with connection.cursor() as cursor:
        cursor.execute(_AGES, {"account_id": tenancy.current_account_id(), "now": clock.now()})
        for months, people in cursor.fetchall():
            ages[max(0, months)] = people
    return ages
