"""Hosts that take withdrawals, and which of their journals and logs were read to a held database (ADRs 0028, 0095).
A promoted replica may lack the last unsubscribes, too: each host registers its journal and the folder or bucket it
logs to, and sending resumes when every one was read.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max
from django.db.models.functions import Now

from mailflatrate.apps.delivery.models import SenderProcess, SendingFence, WithdrawalsPlace
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

ALIVE = timedelta(minutes=10)
"""What a host wrote that was last seen longer than this before the newest had reached every replica."""
NO_WORKER = "a worker of the queue house"


@dataclass(frozen=True, slots=True)
class WithdrawalGap:
    """Who withdrew in it is unknown if a journal is gone. `messages`: sent in it, unknown to the database."""

    seconds: int
    messages: int


class GapUnsigned(Exception):
    """A journal is given up, and no person signed for the gap."""

    def __init__(self, gap: WithdrawalGap) -> None:
        super().__init__(f"{gap.seconds} seconds, {gap.messages} messages")
        self.gap = gap


def note_place(name: str, host: str) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        WithdrawalsPlace.objects.update_or_create(name=name, defaults={"host": host, "seen_at": Now()})


def note_read(name: str, host: str, *, held_at: datetime | None) -> None:
    """Does nothing if another hold began since the reading did."""
    with tenancy.platform(PlatformReason.FENCE):
        if SendingFence.objects.select_for_update().filter(id=1, held_at=held_at).exists():
            columns = {"host": host, "seen_at": Now(), "replayed_at": Now()}
            WithdrawalsPlace.objects.update_or_create(name=name, defaults=columns)


def note_rescued(name: str, host: str) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        place, _ = WithdrawalsPlace.objects.get_or_create(name=name, defaults={"host": host})
        WithdrawalsPlace.objects.filter(name=place.name).update(replayed_at=Now())


def is_read(name: str) -> bool:
    """Since the latest hold began."""
    with tenancy.platform(PlatformReason.FENCE):
        return WithdrawalsPlace.objects.filter(name=name, replayed_at__isnull=False).exists()


def known_until() -> datetime | None:
    """When the latest hold began; None if there was none."""
    with tenancy.platform(PlatformReason.FENCE):
        return SendingFence.objects.filter(id=1).values_list("known_until", flat=True).first()


def note_all_read() -> None:
    """A person replayed a file with every withdrawal of every host."""
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1, held_at__isnull=False).update(withdrawals_at=Now())


def note_sent_meanwhile(messages: int) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1).update(sent_meanwhile=F("sent_meanwhile") + messages)


def unread_hosts() -> list[str]:
    """NO_WORKER alone if no host is known."""
    places = list(WithdrawalsPlace.objects.order_by("host", "name").values_list("host", "replayed_at"))
    if not places:
        return [NO_WORKER]
    return list(dict.fromkeys(host for host, at in places if at is None))


def current_gap() -> WithdrawalGap:
    with tenancy.platform(PlatformReason.FENCE):
        held = SendingFence.objects.filter(held_at__isnull=False, known_until__isnull=False).first()
    if held is None or held.held_at is None or held.known_until is None:
        return WithdrawalGap(0, 0)
    return WithdrawalGap(max(0, round((held.held_at - held.known_until).total_seconds())), held.sent_meanwhile)


def begin_hold(known_until: datetime | None = None) -> None:
    """Require every place anew but those not written to for long. `known_until`: by default its last sign of life."""
    newest = WithdrawalsPlace.objects.aggregate(at=Max("seen_at"))["at"]
    if newest is not None:
        WithdrawalsPlace.objects.filter(seen_at__lt=newest - ALIVE).delete()
    WithdrawalsPlace.objects.update(replayed_at=None)
    last = max(filter(None, [newest, SenderProcess.objects.aggregate(at=Max("seen_at"))["at"]]), default=None)
    SendingFence.objects.filter(id=1).update(withdrawals_at=None, sent_meanwhile=0, known_until=known_until or last)


def give_up(hosts: set[str]) -> None:
    """Hosts that are gone; one that comes back is read then."""
    with tenancy.platform(PlatformReason.FENCE):
        WithdrawalsPlace.objects.filter(host__in=hosts, replayed_at=None).delete()
