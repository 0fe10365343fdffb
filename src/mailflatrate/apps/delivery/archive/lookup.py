"""Find deliveries wherever they are, without reading every month."""

from datetime import datetime, timedelta

from django.db.models import Max, Q

from mailflatrate.apps.delivery.archive.tables import ArchivedCampaign, ArchiveMonth
from mailflatrate.base import clock

LONGEST_WAIT_DAYS = 60


def of_campaign(campaign_id: int) -> Q:
    ids = _moved(campaign_id)
    kept = Q(archived=False)
    return Q(campaign_id=campaign_id) & (kept if ids is None else kept | Q(id__gte=ids[0], id__lt=ids[1]))


def of_campaign_sql(campaign_id: int, alias: str) -> str:
    """`of_campaign` as SQL; contains only numbers."""
    ids = _moved(campaign_id)
    kept = f"NOT {alias}.archived"
    return kept if ids is None else f"({kept} OR ({alias}.id >= {ids[0]} AND {alias}.id < {ids[1]}))"


def ids_since_sql(days: int, alias: str) -> str:
    """SQL: skip archive months without recent results: a message is settled within LONGEST_WAIT_DAYS."""
    since = clock.now() - timedelta(days=days + LONGEST_WAIT_DAYS)
    first = ArchiveMonth.objects.filter(made_at__lt=since).aggregate(last=Max("to_id"))["last"]
    return f"{alias}.id >= {int(first)}" if first is not None else "TRUE"


def _moved(campaign_id: int) -> tuple[int, int] | None:
    """The campaign's ID range; None while nothing was moved."""
    row = ArchivedCampaign.objects.filter(campaign_id=campaign_id).values_list("from_id", "to_id").first()
    return (int(row[0]), int(row[1])) if row is not None and row[0] is not None and row[1] is not None else None


def has_dropped(campaign_id: int) -> bool:
    ids = _moved(campaign_id)
    last = ArchiveMonth.objects.filter(dropped_at__isnull=False).aggregate(last=Max("to_id"))["last"]
    return ids is not None and last is not None and ids[0] < last


def archived_until() -> datetime | None:
    """A campaign must have ended before this to be archived; None before the first month is over."""
    newest: datetime | None = ArchiveMonth.objects.aggregate(last=Max("made_at"))["last"]
    return newest
