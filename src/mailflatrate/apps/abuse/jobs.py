"""Work of the abuse desk that nobody waits for at a page."""

import structlog
from django.db import InterfaceError, OperationalError

from mailflatrate.apps.abuse import actions
from mailflatrate.apps.inbound.actions import WAKE_DESK, put_aside
from mailflatrate.base.jobs import JobQueue, job

log = structlog.get_logger("abuse")


@job(WAKE_DESK, JobQueue.INBOUND)
def take_mail() -> None:
    """Make reports of the messages that inbound marked, each in a transaction of its own, until none is left."""
    while waiting := actions.waiting_mail():
        for raw_mail_id in waiting:
            _take(raw_mail_id)


def _take(raw_mail_id: int) -> None:
    """A message of which no report can be made waits for a person; it stops no other and is never dropped."""
    try:
        actions.take_mail(raw_mail_id)
    except (OperationalError, InterfaceError):
        raise  # not the message's fault: the job is tried again
    except Exception as problem:
        log.exception("a message could not be turned into an abuse report", raw_mail=raw_mail_id)
        put_aside(raw_mail_id, f"{type(problem).__name__}: {problem}")


@job("abuse.sweep", JobQueue.INBOUND, every="*/2 * * * *")
def sweep(timestamp: int) -> None:
    """Take what a crash left waiting, and what people answered "this was not me" to; close what needs nobody."""
    take_mail()
    actions.collect_denials()
    actions.close_quiet_cases()
