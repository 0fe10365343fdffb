"""The nightly check of the chain (R-98). Its result is written to the log itself and to the process logs."""

import structlog

from mailflatrate.base import tenancy
from mailflatrate.base.audit.chain import verify
from mailflatrate.base.audit.log import machine, record
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason

CHECKED, DAMAGED = "audit.checked", "audit.damaged"
MOST_NAMED = 50
log = structlog.get_logger("audit")


@job("audit.check_chain", JobQueue.HOUSE, every="41 2 * * *")
def check_chain(timestamp: int) -> None:
    """An intact log's newest hash goes to the process's logs, so that it is kept elsewhere."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        report = verify()
        details = {
            "rows": report.rows,
            "head": report.head,
            "damages": [damage.text for damage in report.damages[:MOST_NAMED]],
        }
        record(CHECKED if report.whole else DAMAGED, by=machine("audit.check_chain"), details=details)
    if report.whole:
        log.info("the audit log is intact", rows=report.rows, head=report.head)
    else:
        log.error("the audit log was tampered with", damages=details["damages"])
