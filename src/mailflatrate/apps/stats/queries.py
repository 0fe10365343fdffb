"""Scoped reads of figures and measures."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.archive.lookup import of_campaign_sql
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.inbound.queries import feedback_counts, is_unsubscribed_sql
from mailflatrate.apps.stats.models import DailyFigure, Measure
from mailflatrate.apps.tracking.queries import clicks_by_variant
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.campaigns.ab_test import VariantFigures
from mailflatrate.rules.campaigns.campaign_states import UNFINISHED
from mailflatrate.rules.feedback.measures import Counts, FigureScope, MeasureLevel
from mailflatrate.rules.limits import value
from mailflatrate.rules.sending.providers import OTHER, REPORTING, domains_by_provider

WEEK_DAYS = 7


# What is known of a campaign at this moment, by provider: from the tallies of its lanes, which are cheap at any size,
# and from the rows of the few chunks that several providers share.
_LIVE = """
WITH table_of (domain, key) AS (
    SELECT * FROM unnest(%(domains)s::text[], %(keys)s::text[])
), counted AS (
    SELECT c.provider AS key, t.state, t.detail, t.count
    FROM chunk c JOIN tally t ON t.chunk_id = c.id AND t.account_id = c.account_id
    WHERE c.account_id = %(account_id)s AND c.campaign_id = %(campaign_id)s AND c.provider <> ''
    UNION ALL
    SELECT coalesce(p.key, %(other)s), d.state, d.bounce, 1
    FROM chunk c JOIN delivery_record d ON d.chunk_id = c.id AND d.account_id = c.account_id AND [kept]
    LEFT JOIN contact k ON k.id = d.contact_id AND k.account_id = d.account_id
    LEFT JOIN table_of p ON p.domain = lower(split_part(k.email, '@', 2))
    WHERE c.account_id = %(account_id)s AND c.campaign_id = %(campaign_id)s AND c.provider = ''
      AND d.state IN ('sent', 'bounced')
    UNION ALL
    SELECT coalesce(nullif(c.provider, ''), p.key, %(other)s), f.kind, '', 1
    FROM feedback f JOIN delivery_record d ON d.id = f.delivery_id AND d.account_id = f.account_id AND [kept]
    JOIN chunk c ON c.id = d.chunk_id AND c.account_id = f.account_id
    LEFT JOIN contact k ON k.id = d.contact_id AND k.account_id = d.account_id
    LEFT JOIN table_of p ON p.domain = lower(split_part(k.email, '@', 2))
    WHERE f.account_id = %(account_id)s AND f.campaign_id = %(campaign_id)s AND f.kind = 'complaint'
)
SELECT key, coalesce(sum(count) FILTER (WHERE state = 'sent'), 0),
    coalesce(sum(count) FILTER (WHERE state = 'bounced'), 0),
    coalesce(sum(count) FILTER (WHERE state = 'bounced' AND detail = 'hard'), 0),
    coalesce(sum(count) FILTER (WHERE state = 'bounced' AND detail = 'sender'), 0),
    coalesce(sum(count) FILTER (WHERE state = 'complaint'), 0)
FROM counted GROUP BY key
"""


def live_counts(campaign_id: int) -> dict[str, Counts]:
    """Return one campaign's current figures by provider, without unsubscribes."""
    table = domains_by_provider()
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "campaign_id": campaign_id,
        "domains": list(table),
        "keys": list(table.values()),
        "other": OTHER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIVE.replace("[kept]", of_campaign_sql(campaign_id, "d")), parameters)
        return {
            key: Counts(
                settled=int(delivered + bounced),
                delivered=int(delivered),
                reporting=int(delivered) if key in REPORTING or complaints else 0,
                hard=int(hard),
                refused=int(refused),
                complaints=int(complaints),
            )
            for key, delivered, bounced, hard, refused, complaints in cursor.fetchall()
        }


def campaign_counts(campaign_id: int, by_provider: Mapping[str, Counts] | None = None) -> Counts:
    """`by_provider` if read already. If no provider reports complaints, others are compared with all (R-85)."""
    counts = list((live_counts(campaign_id) if by_provider is None else by_provider).values())
    delivered = sum(row.delivered for row in counts)
    unsubscribed = feedback_counts(campaign_id)[FeedbackKind.UNSUBSCRIBE]
    return Counts(
        settled=sum(row.settled for row in counts),
        delivered=delivered,
        reporting=sum(row.reporting for row in counts) or delivered,
        hard=sum(row.hard for row in counts),
        refused=sum(row.refused for row in counts),
        complaints=sum(row.complaints for row in counts),
        unsubscribed=unsubscribed,
    )


def dead_by_list(campaign_id: int | None) -> dict[int, tuple[int, int]]:
    """Return hard bounces and settled recipients by list: of one campaign now, or of the last seven days."""
    if campaign_id is None:
        return {
            list_id: (counts.hard, counts.settled) for list_id, counts in rates_by(Dimension.LIST, WEEK_DAYS).items()
        }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.mailing_list_id, count(*) FILTER (WHERE d.bounce = 'hard'), count(*) FROM chunk c"  # noqa: S608
            " JOIN delivery_record d ON d.chunk_id = c.id AND d.account_id = c.account_id"
            f" AND {of_campaign_sql(campaign_id, 'd')}"
            " WHERE c.account_id = %s AND c.campaign_id = %s AND d.state IN ('sent', 'bounced') GROUP BY 1",
            [tenancy.current_account_id(), campaign_id],
        )
        return {list_id: (hard, settled) for list_id, hard, settled in cursor.fetchall()}


def provider_counts(campaign_id: int) -> dict[str, Counts]:
    """Return one campaign's figures by provider, as of the last update."""
    by_provider = _by_provider(DailyFigure.objects.filter(campaign_id=campaign_id))
    reporting = _reporting(by_provider)
    return {provider: _sum([(provider, counts)], reporting) for provider, counts in by_provider.items()}


class Dimension(StrEnum):
    """How figures of several days are broken down; the value is the name of the column (R-85)."""

    PROVIDER = "provider"
    DOMAIN = "sender_domain"
    LIST = "mailing_list_id"
    ORIGIN = "origin_id"
    CAMPAIGN = "campaign_id"


def window_counts(days: int, *, instead_of: Mapping[int, Mapping[str, Counts]] | None = None) -> Counts:
    """Today included. `instead_of`: live figures that replace the stored ones of campaigns begun within these days."""
    rows, live = _window(days), dict(instead_of or {})
    recent = set(
        Campaign.objects.filter(id__in=list(live), started_at__date__gt=today() - timedelta(days=days)).values_list(
            "id", flat=True
        )
    )
    by_provider = _by_provider(rows.exclude(campaign_id__in=recent))
    for campaign_id in recent:
        for provider, counts in live[campaign_id].items():
            by_provider[provider] = _plus(by_provider.get(provider, Counts()), counts)
    return _sum(by_provider.items(), _reporting(by_provider))


def rates_by(dimension: Dimension, days: int) -> dict[Any, Counts]:
    """Complaints are compared with deliveries to providers that report, whatever the dimension (R-85): a list whose
    readers are all at Gmail has no rate.
    """
    rows = _window(days)
    reporting = _reporting(_by_provider(rows))
    cells = rows.values(dimension.value, "provider").annotate(**_SUMS)
    by_value: dict[Any, list[tuple[str, Counts]]] = {}
    for row in cells:
        by_value.setdefault(row[dimension.value], []).append((row["provider"], _counts(row)))
    return {key: _sum(parts, reporting) for key, parts in by_value.items()}


PROVIDER_WEEKS = 8


def weeks_by_provider() -> tuple[list[date], dict[str, list[Counts]]]:
    """Return the Mondays (UTC) of the last eight weeks, and each provider's figures in each of them."""
    monday = today() - timedelta(days=today().weekday())
    weeks = [monday - timedelta(weeks=back) for back in reversed(range(PROVIDER_WEEKS))]
    rows = DailyFigure.objects.filter(day__gte=weeks[0]).annotate(week=TruncWeek("day"))
    by_provider: dict[str, list[Counts]] = {}
    for row in rows.values("provider", "week").annotate(**_SUMS):
        if row["week"] in weeks:
            by_provider.setdefault(row["provider"], [Counts()] * len(weeks))[weeks.index(row["week"])] = _counts(row)
    return weeks, by_provider


def is_new_account() -> bool:
    began = clock.now() - timedelta(days=value("new_account_days"))
    return Account.objects.filter(id=tenancy.current_account_id(), activated_at__gt=began).exists()


def _window(days: int) -> QuerySet[DailyFigure]:
    return DailyFigure.objects.filter(day__gt=today() - timedelta(days=days))


def today() -> date:
    """Return the current date in UTC."""
    return clock.now().date()


_SUMMED = ("settled", "delivered", "hard", "complaints", "unsubscribed")
_SUMS = {f"sum_{name}": Sum(name) for name in _SUMMED}


def _counts(row: Mapping[str, Any]) -> Counts:
    return Counts(**{name: row[f"sum_{name}"] for name in _SUMMED})


def _by_provider(rows: QuerySet[DailyFigure]) -> dict[str, Counts]:
    return {row["provider"]: _counts(row) for row in rows.values("provider").annotate(**_SUMS)}


def _reporting(by_provider: Mapping[str, Counts]) -> frozenset[str]:
    """Return providers that report: by the table, or because a report came from there (R-81, R-85)."""
    return REPORTING | {provider for provider, counts in by_provider.items() if counts.complaints}


def _sum(parts: Iterable[tuple[str, Counts]], reporting: frozenset[str]) -> Counts:
    total = Counts()
    for provider, counts in parts:
        total = _plus(total, replace(counts, reporting=counts.delivered if provider in reporting else 0))
    return total


def _plus(counts: Counts, other: Counts) -> Counts:
    return Counts(**{field.name: getattr(counts, field.name) + getattr(other, field.name) for field in fields(Counts)})


def measures(limit: int = 50) -> list[Measure]:
    return list(Measure.objects.select_related("campaign", "lifted_by").order_by("-at", "-id")[:limit])


REPORTED_TOGETHER = (MeasureLevel.WARN, MeasureLevel.PAUSE_LANE, MeasureLevel.PAUSE_CAMPAIGN)
"""What the owners are told in one message; stronger measures move the account, and are told with that."""
_OPEN_DAYS = {FigureScope.DAY: 1, FigureScope.WEEK: WEEK_DAYS, FigureScope.CAMPAIGN: WEEK_DAYS}


def open_warnings() -> list[Measure]:
    """Strongest first, one per finding. Open until a reviewer lifts it, or the period it was counted over is past."""
    recent = Q()
    for scope, days in _OPEN_DAYS.items():
        recent |= Q(scope=scope, at__gt=clock.now() - timedelta(days=days))
    rows = Measure.objects.select_related("campaign").filter(recent, lifted_at=None).order_by("-level", "-at", "-id")
    return first_of_each(rows)


def first_of_each(measures: Iterable[Measure]) -> list[Measure]:
    """One figure over one day and over seven is one finding, and so is an intermediate step."""
    firsts: dict[tuple[str, str, int | None], Measure] = {}
    for measure in measures:
        campaign_id = measure.campaign_id if measure.provider or measure.scope == FigureScope.CAMPAIGN else None
        firsts.setdefault((measure.cause, measure.provider, campaign_id), measure)
    return list(firsts.values())


@tenancy.needs_platform
def open_holds() -> QuerySet[Measure]:
    """Return measures that keep a campaign or a lane stopped, of all accounts."""
    whole = Q(level__gte=MeasureLevel.PAUSE_CAMPAIGN.value, campaign__state=CampaignState.PAUSED)
    lane = Q(level=MeasureLevel.PAUSE_LANE.value, campaign__state__in=UNFINISHED)
    return Measure.objects.filter(whole & ~Q(campaign__hold_rule="") | lane, lifted_at=None)


# Messages and people of the test only: what the rest got later is not a part of it.
_ARMS = f"""
SELECT e.variant, count(*) FILTER (WHERE d.state = 'sent'), count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM feedback f WHERE f.account_id = d.account_id AND f.delivery_id = d.id AND {is_unsubscribed_sql("f")}))
FROM chunk k
JOIN delivery_record d ON d.chunk_id = k.id AND d.account_id = k.account_id AND [kept]
JOIN edition e ON e.id = d.edition_id AND e.account_id = k.account_id
WHERE k.account_id = %(account_id)s AND k.campaign_id = %(campaign_id)s
GROUP BY e.variant
"""  # noqa: S608  # made of constants


def variant_figures(ab_test: AbTest) -> list[VariantFigures]:
    """Current figures until the winner is chosen, afterward those on which the choice was based."""
    if ab_test.winner is not None:
        return [VariantFigures(**row) for row in ab_test.figures]
    return figures_by_text(ab_test.campaign_id, ab_test.variants)


def figures_by_text(campaign_id: int, texts: int) -> list[VariantFigures]:
    parameters = {"account_id": tenancy.current_account_id(), "campaign_id": campaign_id}
    with connection.cursor() as cursor:
        cursor.execute(_ARMS.replace("[kept]", of_campaign_sql(campaign_id, "d")), parameters)
        by_number = {number: (delivered, left) for number, delivered, left in cursor.fetchall()}
    clicks = clicks_by_variant(campaign_id)
    return [
        VariantFigures(
            number, by_number.get(number, (0, 0))[0], clicks.get(number, 0), by_number.get(number, (0, 0))[1]
        )
        for number in range(texts)
    ]
