"""Reading stored mail."""

import structlog
from django.db import DatabaseError

from mailflatrate.apps.inbound import actions, postbox
from mailflatrate.apps.inbound.queries import unread_since
from mailflatrate.base.jobs import Queue, job

log = structlog.get_logger("inbound")


@job("inbound.read_mails", Queue.INBOUND)
def read_mails(raw_mail_ids: list[int]) -> None:
    """Read messages, each in a transaction of its own."""
    for raw_mail_id in raw_mail_ids:
        _read(raw_mail_id)


@job("inbound.sweep", Queue.INBOUND, every="*/5 * * * *")
def sweep(timestamp: int) -> None:
    """Read what a crash left unread."""
    for raw_mail_id in unread_since(timestamp - 120):
        _read(raw_mail_id)


def _read(raw_mail_id: int) -> None:
    """A message that breaks its reader is put aside for a person; it stops no other and is never dropped."""
    try:
        actions.read_mail(raw_mail_id)
    except DatabaseError:
        raise  # not the message's fault: the job is tried again
    except Exception as problem:
        log.exception("a message could not be acted on", raw_mail=raw_mail_id)
        actions.put_aside(raw_mail_id, f"{type(problem).__name__}: {problem}")


@job("inbound.trim_postbox", Queue.HOUSE, every="* * * * *")
def trim_postbox(timestamp: int) -> None:
    """Forget the oldest messages of the postbox above its limit."""
    postbox.trim()
