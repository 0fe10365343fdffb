"""Thin background jobs of automations."""

from typing import Final

from mailflatrate.apps.automations.actions import release
from mailflatrate.apps.automations.engine.advance import ADVANCE_JOB, advance_account, wake_account, wake_account_at
from mailflatrate.apps.automations.engine.work import accounts_with_work, due_soon, next_due
from mailflatrate.apps.automations.models import AutomationVersion, VersionState
from mailflatrate.base import clock, tenancy
from mailflatrate.base.count_rows import CountTable
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason

MANY_ROWS: Final = 200
_COUNTS: Final = CountTable("automation_count", "version_id", ("step", "what", "detail"))


def fold_counts(many_rows: int = MANY_ROWS) -> int:
    return _COUNTS.fold(many_rows)


MANY = 100


@job(ADVANCE_JOB, JobQueue.PLAN, attempts=MANY)
def advance(account_id: int) -> None:
    """Enqueues itself if the time is up before everything is done, or if a step is due before the next sweep."""
    is_unfinished = advance_account(account_id)
    with tenancy.account(account_id):
        if is_unfinished:
            wake_account(account_id)
        elif (due := next_due(clock.now())) is not None:
            wake_account_at(account_id, due)


@job("automations.complete_release", JobQueue.PLAN, attempts=MANY)
def complete_release(account_id: int, automation_id: int) -> None:
    with tenancy.account(account_id):
        release.complete_release(automation_id)


@job("automations.sweep", JobQueue.PLAN, every="* * * * *")
def sweep(timestamp: int) -> None:
    """Once a minute: accounts that have something to do before the next minute, and released versions."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        accounts, soon = accounts_with_work(clock.now()), due_soon(clock.now())
        waiting = list(
            AutomationVersion.objects.filter(state=VersionState.RELEASING).values_list("account_id", "automation_id")
        )
    for account_id in accounts:
        with tenancy.account(account_id):
            wake_account(account_id)
    for account_id, due in soon.items():
        with tenancy.account(account_id):
            wake_account_at(account_id, due)
    for account_id, automation_id in waiting:
        with tenancy.account(account_id):
            release.complete_release(automation_id)


@job("automations.fold_counts", JobQueue.HOUSE, every="23 * * * *")
def fold(timestamp: int) -> None:
    """Once an hour, add up the counts of each version, so that its page stays fast."""
    fold_counts()
