"""Senders whose disk has no room for a journal begin nothing, and every host's doctor says so."""

from datetime import datetime, timedelta

from django.db.models.functions import Coalesce, Now

from mailflatrate.apps.delivery.models import SenderProcess
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

RECENT = timedelta(minutes=10)
WITHOUT_ROOM = """
SELECT count(*) FROM sender_process WHERE no_room_at IS NOT NULL AND seen_at > now() - interval '10 minutes'
"""


def note_room(name: str, *, has_room: bool) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        rows = SenderProcess.objects.filter(name=name)
        rows.update(no_room_at=None if has_room else Coalesce("no_room_at", Now()))


def without_room() -> list[tuple[str, datetime]]:
    with tenancy.platform(PlatformReason.FENCE):
        rows = SenderProcess.objects.filter(no_room_at__isnull=False, seen_at__gt=Now() - RECENT).order_by("no_room_at")
        full = list(rows.values_list("name", "no_room_at"))
    return [(name.partition(".")[0], at) for name, at in full if at is not None]
