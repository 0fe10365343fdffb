"""Scoped reads of figures and measures."""

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.stats.models import DailyFigure, Measure
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.measures import Counts, Level
from mailflatrate.rules.providers import PROVIDERS, REPORTING

WEEK_DAYS = 7


def mailing_counts(campaign_id: int) -> Counts:
    """What is known of a mailing at this moment, from its tallies: cheap at any size.

    The share of its recipients whose providers report comes from the figures, which may be some seconds old (R-85).
    """
    tallies = Tally.objects.filter(campaign_id=campaign_id).values("state", "detail").annotate(n=Sum("count"))
    by_state: dict[tuple[str, str], int] = {(row["state"], row["detail"]): row["n"] for row in tallies}
    delivered = sum(count for (state, _), count in by_state.items() if state == DeliveryState.SENT)
    bounced = sum(count for (state, _), count in by_state.items() if state == DeliveryState.BOUNCED)
    said = dict(_feedback(campaign_id))
    return Counts(
        settled=delivered + bounced,
        delivered=delivered,
        reporting=round(delivered * reporting_share(campaign_id)),
        hard=by_state.get((DeliveryState.BOUNCED, "hard"), 0),
        complaints=said.get(FeedbackKind.COMPLAINT, 0),
        unsubscribed=said.get(FeedbackKind.UNSUBSCRIBE, 0),
    )


def _feedback(campaign_id: int) -> list[tuple[str, int]]:
    kinds = [FeedbackKind.COMPLAINT, FeedbackKind.UNSUBSCRIBE]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, count(*) FROM feedback WHERE account_id = %s AND campaign_id = %s AND kind = ANY(%s)"
            " GROUP BY kind",
            [tenancy.current_account_id(), campaign_id, [str(kind) for kind in kinds]],
        )
        return list(cursor.fetchall())


def reporting_share(campaign_id: int) -> float:
    """Which part of a mailing's delivered recipients is at providers that report complaints, or did so here; 0 to 1."""
    rows = provider_counts(campaign_id)
    delivered = sum(row.delivered for row in rows.values())
    reporting = sum(row.delivered for key, row in rows.items() if key in REPORTING or row.complaints)
    if not delivered:
        return 1.0
    # Nobody reports anything there: the few reports that came otherwise are held against all.
    return reporting / delivered if reporting else 1.0


def provider_counts(campaign_id: int) -> dict[str, Counts]:
    """Provider -> figures of one mailing, as of its last refresh."""
    return _grouped(DailyFigure.objects.filter(campaign_id=campaign_id), "provider")


def window_counts(days: int) -> Counts:
    """The current account's figures of the last `days` days, today included."""
    by_provider = _grouped(_window(days), "provider")
    counts = list(by_provider.values())
    reporting = [row for key, row in by_provider.items() if key in REPORTING or row.complaints]
    return Counts(
        settled=sum(row.settled for row in counts),
        delivered=sum(row.delivered for row in counts),
        reporting=sum(row.delivered for row in reporting),
        hard=sum(row.hard for row in counts),
        complaints=sum(row.complaints for row in counts),
        unsubscribed=sum(row.unsubscribed for row in counts),
    )


def list_counts(days: int) -> dict[int, Counts]:
    """List -> figures of the last `days` days: which origin the trouble comes from (R-88)."""
    return _grouped(_window(days), "mailing_list_id")


def domain_counts(days: int) -> dict[str, Counts]:
    """Sender domain -> figures of the last `days` days."""
    return _grouped(_window(days), "sender_domain")


def provider_window_counts(days: int) -> dict[str, Counts]:
    """Provider -> figures of the last `days` days."""
    return _grouped(_window(days), "provider")


def _window(days: int) -> QuerySet[DailyFigure]:
    return DailyFigure.objects.filter(day__gt=today() - timedelta(days=days))


def today() -> date:
    """The day in UTC."""
    return clock.now().date()


def _grouped(rows: QuerySet[DailyFigure], by: str) -> dict[Any, Counts]:
    sums = rows.values(by).annotate(
        s=Sum("settled"), d=Sum("delivered"), h=Sum("hard"), c=Sum("complaints"), u=Sum("unsubscribed")
    )
    return {
        row[by]: Counts(
            settled=row["s"],
            delivered=row["d"],
            reporting=row["d"] if by != "provider" or row[by] in REPORTING or row["c"] else 0,
            hard=row["h"],
            complaints=row["c"],
            unsubscribed=row["u"],
        )
        for row in sums
    }


def measures(limit: int = 50) -> list[Measure]:
    """The current account's measures, the newest first."""
    return list(Measure.objects.select_related("campaign", "lifted_by").order_by("-at", "-id")[:limit])


def measures_of(campaign_id: int) -> list[Measure]:
    """What was done about one mailing, the strongest first."""
    return list(Measure.objects.filter(campaign_id=campaign_id).order_by("-level", "at"))


def open_holds() -> QuerySet[Measure]:
    """Measures that keep a mailing stopped, of all accounts; inside `tenancy.platform(...)`."""
    return Measure.objects.filter(
        lifted_at=None, level__gte=Level.PAUSE_MAILING.value, campaign__state=CampaignState.PAUSED
    ).exclude(campaign__hold_rule="")


def provider_name(key: str) -> str:
    """As people know it; `other` and unknown keys as they are."""
    return {provider.key: provider.name for provider in PROVIDERS}.get(key, key)
