"""The places where withdrawals are logged, and which of them were replayed to a held database (ADR 0028).

A promoted replica may lack the last unsubscribes, just as it may lack the last messages. Each worker that logs them
registers its folder or bucket here once a minute; sending resumes automatically when every place was replayed during
the hold.
"""

from datetime import datetime, timedelta

from django.db.models import Max
from django.db.models.functions import Now

from mailflatrate.apps.delivery.models import SendingFence, WithdrawalsPlace
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

ALIVE = timedelta(minutes=10)
"""What was logged in a place last seen longer than this before the newest one had reached every replica."""
NO_WORKER = "a worker of the queue house"


def note_place(name: str, host: str) -> None:
    """Record that the worker on this host logs withdrawals in this place."""
    with tenancy.platform(PlatformReason.FENCE):
        WithdrawalsPlace.objects.update_or_create(name=name, defaults={"host": host, "seen_at": Now()})


def note_replayed(name: str, host: str, *, since: datetime) -> None:
    """Record that this log was replayed to the database that is held since `since`; do nothing if that hold is over."""
    with tenancy.platform(PlatformReason.FENCE):
        if SendingFence.objects.filter(id=1, held_at=since).exists():
            known = {"host": host, "seen_at": Now(), "replayed_at": Now()}
            WithdrawalsPlace.objects.update_or_create(name=name, defaults=known)


def is_replayed(name: str, since: datetime) -> bool:
    """Return whether this place was replayed in the hold that began at `since`."""
    with tenancy.platform(PlatformReason.FENCE):
        return WithdrawalsPlace.objects.filter(name=name, replayed_at__gte=since).exists()


def note_replayed_by_a_person() -> None:
    """Record that a person replayed the log on a held database, wherever the log was."""
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1, held_at__isnull=False).update(withdrawals_at=Now())


def unread_hosts(held_at: datetime) -> list[str]:
    """Return hosts whose withdrawals a promoted database lacks; NO_WORKER alone if no host is known."""
    places = list(WithdrawalsPlace.objects.order_by("host", "name").values_list("host", "replayed_at"))
    if not places:
        return [NO_WORKER]
    return list(dict.fromkeys(host for host, at in places if at is None or at < held_at))


def begin_hold() -> None:
    """Forget what was replayed in an earlier hold, and places that were not written to for a long time."""
    SendingFence.objects.filter(id=1).update(withdrawals_at=None)
    newest = WithdrawalsPlace.objects.aggregate(at=Max("seen_at"))["at"]
    if newest is not None:
        WithdrawalsPlace.objects.filter(seen_at__lt=newest - ALIVE).delete()
