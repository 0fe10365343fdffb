"""Messages that wait for a person, and what a person decided about them."""

from mailflatrate.apps.inbound.models import DeskState, RawMail, RawMailState
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.storable import storable

WAKE_DESK = "abuse.take_mail"


def put_aside(raw_mail_id: int, reason: str) -> None:
    """Leave a message for a person to read, because reading it automatically failed."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        RawMail.objects.filter(id=raw_mail_id).update(
            state=RawMailState.UNREAD, reason=storable(reason)[:1000], handled_at=clock.now(), desk=DeskState.NO
        )


@tenancy.needs_platform
def mark_taken(raw_mail_id: int) -> None:
    RawMail.objects.filter(id=raw_mail_id).update(desk=DeskState.TAKEN)


@tenancy.needs_platform
def hand_to_desk(raw_mail_id: int) -> None:
    changed = RawMail.objects.filter(id=raw_mail_id).exclude(desk=DeskState.TAKEN)
    if changed.update(desk=DeskState.WAITING, state=RawMailState.HANDLED, reason=""):
        wake_desk()


@tenancy.needs_platform
def put_away(raw_mail_id: int) -> None:
    RawMail.objects.filter(id=raw_mail_id).update(state=RawMailState.HANDLED, handled_at=clock.now())


def wake_desk() -> None:
    jobs.wake(WAKE_DESK, jobs.JobQueue.INBOUND, once=WAKE_DESK)
