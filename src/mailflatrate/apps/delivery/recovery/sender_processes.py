"""The sender processes whose journals a promoted database waits for (ADR 0093)."""

from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from mailflatrate.apps.delivery.models import SenderProcess
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

ALIVE = timedelta(minutes=10)
"""A process last seen longer than this before the database's last moment had nothing under way then."""


def note_seen(name: str) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.update_or_create(name=name, defaults={"seen_at": Now()})


def note_alive(name: str) -> bool:
    """Unless the database doesn't know it; return whether it does."""
    with tenancy.platform(PlatformReason.FENCE):
        return bool(SenderProcess.objects.filter(name=name).update(seen_at=Now()))


def knows(name: str) -> bool:
    with tenancy.platform(PlatformReason.FENCE):
        return SenderProcess.objects.filter(name=name).exists()


def has_joined(name: str) -> bool:
    """Its row was waited for; one that was interrupted begins anew."""
    with tenancy.platform(PlatformReason.FENCE):
        return SenderProcess.objects.filter(name=name, has_joined=True).exists()


def replicas_have(position: int) -> bool | None:
    """On its disk; None if the server doesn't show it."""
    with tenancy.platform(PlatformReason.FENCE), connection.cursor() as cursor:
        cursor.execute("SELECT public.replicas_have('0/0'::pg_lsn + %s::numeric)", [position])
        is_on_disk: bool | None = cursor.fetchone()[0]
    return is_on_disk


def note_joined(name: str) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.filter(name=name).update(has_joined=True)


def sender_hosts() -> list[str]:
    with tenancy.platform(PlatformReason.FENCE):
        names = SenderProcess.objects.filter(seen_at__gt=Now() - ALIVE, has_joined=True).values_list("name", flat=True)
        return sorted({name.partition(".")[0] for name in names})


def other_host_sends(name: str) -> bool:
    """Within the last ten minutes. A process's name begins with its host's."""
    own = f"{name.partition('.')[0]}."
    with tenancy.platform(PlatformReason.FENCE):
        recent = SenderProcess.objects.filter(seen_at__gt=Now() - ALIVE)
        return recent.exclude(name__startswith=own).exists()


def forget_process(name: str) -> None:
    """It has ended with its journal written."""
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.filter(name=name).delete()
