"""Background jobs of privacy. Each calls the code that does the work."""

from datetime import datetime, timedelta

import structlog

from mailflatrate.apps.privacy import personal_traces
from mailflatrate.apps.privacy.actions import address_change, requests, retention
from mailflatrate.apps.privacy.actions.requests import CARRY_OUT
from mailflatrate.apps.privacy.withdrawals import log_writer
from mailflatrate.apps.privacy.withdrawals.log import every_log, open_log
from mailflatrate.base import clock
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.settings.schema import load_settings

log = structlog.get_logger(__name__)


@job(CARRY_OUT, JobQueue.HOUSE)
def carry_out(account_id: int, request_id: int) -> None:
    requests.carry_out(account_id, request_id)


@job("privacy.address_changed", JobQueue.EXPRESS)
def address_changed(account_id: int, request_id: int) -> None:
    address_change.note_move(account_id, request_id)


@job(personal_traces.WIPE_LATE_JOB, JobQueue.HOUSE)
def wipe_late(account_id: int, address_key: str, before: str) -> None:
    personal_traces.wipe_late(account_id, bytes.fromhex(address_key), datetime.fromisoformat(before))


@job("privacy.log_withdrawals", JobQueue.HOUSE, every="* * * * *")
def log_withdrawals(timestamp: int) -> None:
    log_writer.log_waiting(open_log(load_settings()))


@job("privacy.drop_withdrawals", JobQueue.HOUSE, every="51 3 * * *")
def drop_withdrawals(timestamp: int) -> None:
    settings = load_settings()
    for withdrawals_log in every_log(settings):
        withdrawals_log.drop_before(clock.now() - timedelta(days=settings.withdrawals_keep_days))


@job("privacy.expire_requests", JobQueue.HOUSE, every="23 * * * *")
def expire(timestamp: int) -> None:
    requests.expire_requests()


@job("privacy.delete_expired", JobQueue.HOUSE, every="37 2 * * *")
def delete_expired(timestamp: int) -> None:
    log.info("retention", **retention.delete_expired())
