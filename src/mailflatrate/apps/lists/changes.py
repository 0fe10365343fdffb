"""The author of the current transaction's changes, for the triggers of `sql/changes.sql`."""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from mailflatrate.apps.lists.models import ChangeSource, RecordedChange
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

CHANGES_KEPT_DAYS = 730
"""Old values are worth little after two years, and are personal data like the new ones."""
_DELETED_AT_ONCE = 10_000
_NAME = "SELECT set_config('mailflatrate.changed_by', %s, true)"


@dataclass(frozen=True, slots=True)
class ChangeAuthor:
    source: ChangeSource
    user_id: int | None = None
    reference: str = ""


def name_author(author: ChangeAuthor) -> None:
    """Until the transaction ends."""
    _name({"source": author.source.value, "user": author.user_id, "reference": author.reference[:120]})


def skip_history() -> None:
    """Until the transaction ends: values only change their type."""
    _name({"source": "conversion"})


def _name(author: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NAME, [json.dumps(author)])


def sweep_changes() -> int:
    before = clock.now() - timedelta(days=CHANGES_KEPT_DAYS)
    deleted = 0
    while True:
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            ids = list(RecordedChange.objects.filter(at__lt=before).values_list("id", flat=True)[:_DELETED_AT_ONCE])
            RecordedChange.objects.filter(id__in=ids).delete()
        deleted += len(ids)
        if len(ids) < _DELETED_AT_ONCE:
            return deleted
