"""Background jobs of exports, bulk actions and sort indexes."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.segments import sort_indexes
from mailflatrate.apps.segments.actions import exports as exports_actions
from mailflatrate.apps.segments.actions import sunset
from mailflatrate.apps.segments.actions.exports import drop_orphans
from mailflatrate.apps.segments.actions.sunset import SUNSET_JOB
from mailflatrate.apps.segments.bulk.runner import BulkRunner, sweep_items
from mailflatrate.apps.segments.contact_list.sort_indexes import BUILD_JOB
from mailflatrate.apps.segments.exports.runner import AREA, ExportRunner
from mailflatrate.base import clock, long_task, tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.long_task import TaskRunner
from mailflatrate.base.storage import files as storage

ABANDONED_AFTER = timedelta(days=2)

RUNNERS: tuple[TaskRunner[Any], ...] = (ExportRunner(), BulkRunner())
long_task.register_jobs(*RUNNERS)


@job("segments.resume_tasks", JobQueue.HOUSE, every="* * * * *")
def resume_tasks(timestamp: int) -> None:
    long_task.resume_tasks(*(runner.model for runner in RUNNERS))


@job(SUNSET_JOB, JobQueue.HOUSE, attempts=20)
def withdraw_inactive(account_id: int, campaign_id: int, after: int) -> None:
    last: int | None = after
    while last is not None:
        with tenancy.account(account_id):
            last = sunset.withdraw_inactive(campaign_id, last)


@job("segments.sweep_exports", JobQueue.HOUSE, every="*/15 * * * *")
def sweep_exports(timestamp: int) -> None:
    exports_actions.expire_exports()
    drop_orphans(AREA, storage.older_files(AREA, clock.now() - ABANDONED_AFTER))


@job("segments.sweep_bulk", JobQueue.HOUSE, every="43 * * * *")
def sweep_bulk(timestamp: int) -> None:
    sweep_items()


@job(BUILD_JOB, JobQueue.HOUSE)
def build_sort_index(account_id: int, field_id: int) -> None:
    sort_indexes.build_index(account_id, field_id)


@job("segments.keep_sort_indexes", JobQueue.HOUSE, every="* * * * *")
def keep_sort_indexes(timestamp: int) -> None:
    sort_indexes.keep_indexes()
