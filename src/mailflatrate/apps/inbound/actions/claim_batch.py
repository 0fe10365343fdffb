"""Claim the messages to read. The attempt is counted first: one that crashes its reader is tried only twice."""

from itertools import takewhile

import structlog
from django.db import connection
from django.db.models import F

from mailflatrate.apps.inbound.actions.manual_review import put_aside
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.apps.inbound.queries import WaitingMessage, waiting_in
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

log = structlog.get_logger("inbound")

MOST_ATTEMPTS = 2
BROKEN_OFF = "reading it was interrupted twice"


def claim_mails(shard: int, shards: int, *, after_id: int) -> list[int]:
    """Attempts are counted and committed first. A message whose reading never finished is read alone, so that no other
    is blamed for a crash; after the second time it waits for a person.
    """
    while True:
        waiting = waiting_in(shard, shards, after_id=after_id)
        spent = [mail for mail in waiting if mail.attempts >= MOST_ATTEMPTS]
        for mail in spent:
            log.error("a message was set aside", raw_mail=mail.id, reason=BROKEN_OFF)
            put_aside(mail.id, BROKEN_OFF)
        if not spent:
            return _counted(_together(waiting))


def release_mails(raw_mail_ids: list[int]) -> None:
    """Undo the counted attempt of messages, because reading ended for a reason unrelated to them."""
    with tenancy.platform(PlatformReason.MAIL_IN):
        claimed = RawMail.objects.filter(id__in=raw_mail_ids, state=RawMailState.NEW, attempts__gt=0)
        claimed.update(attempts=F("attempts") - 1)


def _together(waiting: list[WaitingMessage]) -> list[int]:
    if waiting and waiting[0].attempts:
        return [waiting[0].id]
    return [mail.id for mail in takewhile(lambda mail: not mail.attempts, waiting)]


def _counted(raw_mail_ids: list[int]) -> list[int]:
    if raw_mail_ids:
        with tenancy.platform(PlatformReason.MAIL_IN), connection.cursor() as cursor:
            cursor.execute("UPDATE raw_mail SET attempts = attempts + 1 WHERE id = ANY(%s)", [raw_mail_ids])
    return raw_mail_ids
