"""Background jobs of the abuse desk."""

import structlog
from django.db import InterfaceError, OperationalError

from mailflatrate.apps.abuse.actions import case_handling, intake, report_sources
from mailflatrate.apps.inbound.actions.manual_review import WAKE_DESK, put_aside
from mailflatrate.base.jobs import JobQueue, job

log = structlog.get_logger("abuse")


@job(WAKE_DESK, JobQueue.INBOUND)
def take_mail() -> None:
    """Turn messages marked by inbound into reports, each in its own transaction, until none is left."""
    while waiting := intake.waiting_mail():
        for raw_mail_id in waiting:
            _take(raw_mail_id)


def _take(raw_mail_id: int) -> None:
    """Turn a message into a report; on failure it waits for a person, blocks no other and is never dropped."""
    try:
        intake.take_mail(raw_mail_id)
    except (OperationalError, InterfaceError):
        raise  # not the message's fault: the job is tried again
    except Exception as problem:
        log.exception("a message could not be turned into an abuse report", raw_mail=raw_mail_id)
        put_aside(raw_mail_id, f"{type(problem).__name__}: {problem}")


@job("abuse.sweep", JobQueue.INBOUND, every="*/2 * * * *")
def sweep(timestamp: int) -> None:
    """Pick up what a crash left waiting and "this was not me" answers; close cases that need no one's attention."""
    take_mail()
    report_sources.collect_denials()
    case_handling.close_loop_cases()
