"""Advances an account's automations; each batch is a transaction, so that a kill leaves none half done."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.automations.ending import end_messages, is_empty, messages_of
from mailflatrate.apps.automations.engine import looking
from mailflatrate.apps.automations.engine.context import BATCH, VersionRun, run_of
from mailflatrate.apps.automations.engine.entering import NOTHING_TAKEN, take_arrivals
from mailflatrate.apps.automations.engine.moves import move_people
from mailflatrate.apps.automations.engine.sending import is_waiting
from mailflatrate.apps.automations.engine.steps import act
from mailflatrate.apps.automations.engine.taking import take
from mailflatrate.apps.automations.engine.work import next_step, versions_with_work
from mailflatrate.apps.automations.models import AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.automations.models.definition import LIVE
from mailflatrate.apps.delivery import fence
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.automations.steps import Send

ADVANCE_JOB: Final = "automations.advance"
RUN_SECONDS: Final = 10.0
"""How long one job works for an account before others get their turn."""
# Every transaction that counted on a job that was still waiting is visible after this (`sql/wake.sql`).
_SETTLE: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def advance_account(account_id: int, run_seconds: float = RUN_SECONDS) -> bool:
    """Stops when nothing is due or the time is up; True if something is left to do."""
    ends = time.monotonic() + run_seconds
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(_SETTLE, [_key(account_id)])
    return not all(_advance_version(account_id, version_id, ends) for version_id in _live_versions(account_id))


def _live_versions(account_id: int) -> Sequence[int]:
    """Return the versions with something to do. None while the account may not send, or sending is held."""
    if _is_held():
        return []
    with tenancy.account(account_id):
        return versions_with_work(clock.now()) if current_account().may_send else []


def _is_held() -> bool:
    with tenancy.platform(PlatformReason.FENCE):
        return fence.is_held()


def _load(version_id: int) -> VersionRun | None:
    """Return the version if its people may move on, and keep its automation as it is until the transaction ends."""
    rows = AutomationVersion.objects.select_related("automation").filter(id=version_id, state__in=LIVE)
    version = rows.first()
    if version is None or not _keep_active(version.automation_id):
        return None
    return run_of(version)


def _keep_active(automation_id: int) -> bool:
    """Return whether an automation is active; a pause or an end waits for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM automation WHERE id = %s FOR KEY SHARE", [automation_id])
        row = cursor.fetchone()
    return row is not None and row[0] == AutomationState.ACTIVE


def _advance_version(account_id: int, version_id: int, ends: float) -> bool:
    """Advance one version; return False if its time is up before all is done."""
    with tenancy.account(account_id):
        run = _load(version_id)
        if run is None:
            return True
        is_current = run.version.state == VersionState.CURRENT
        if is_current:
            looking.note_arrivals(run)
    more = is_current
    while more:
        with tenancy.account(account_id):
            run = _load(version_id)
            taken = take_arrivals(run) if run is not None else NOTHING_TAKEN
            if taken.elsewhere:
                wake_account(account_id)
        more = taken.more
        if time.monotonic() > ends:
            return False
    if not is_current and not _move_people(account_id, version_id, ends):
        return False
    return _advance_steps(account_id, version_id, ends) and (is_current or _end(account_id, version_id))


def _advance_steps(account_id: int, version_id: int, ends: float) -> bool:
    """Advance people step by step. Steps lead forward only, so one pass takes everyone as far as they go."""
    number = 0
    while True:
        with tenancy.account(account_id):
            run = _load(version_id)
            key = next_step(run, number) if run is not None else None
        if run is None or key is None:
            return True
        if not _advance_step(account_id, version_id, key, ends):
            return False
        number = run.steps[key].number + 1


def _advance_step(account_id: int, version_id: int, key: str, ends: float) -> bool:
    while True:
        if time.monotonic() > ends:
            return False
        with tenancy.account(account_id):
            run = _load(version_id)
            if run is None:
                return True
            step = run.steps[key]
            if step.kind == Send.kind and is_waiting(step):
                return True
            people = take(run, step, BATCH)
            if people:
                act(run, step, people)
        if len(people) < BATCH:
            return True


def wake_account(account_id: int) -> None:
    """Enqueue the job that advances the automations of an account, unless one is waiting."""
    key = _key(account_id)
    jobs.wake(ADVANCE_JOB, jobs.JobQueue.PLAN, once=key, lock=key, account_id=account_id)


def wake_account_at(account_id: int, due: datetime) -> None:
    """Enqueue the job for the second after a step is due, so that it takes everyone who is due until then."""
    at = due.replace(microsecond=0) + timedelta(seconds=1)
    key = _key(account_id)
    once = f"{key}:{int(at.timestamp())}"
    jobs.defer(ADVANCE_JOB, jobs.JobQueue.PLAN, at=at, once=once, lock=key, account_id=account_id)


def _key(account_id: int) -> str:
    return f"automations:{account_id}"


def _move_people(account_id: int, version_id: int, ends: float) -> bool:
    more = True
    while more:
        if time.monotonic() > ends:
            return False
        with tenancy.account(account_id):
            run = _load(version_id)
            more = run is not None and move_people(run)
    return True


def _end(account_id: int, version_id: int) -> bool:
    with tenancy.account(account_id):
        version = (
            AutomationVersion.objects.select_for_update().filter(id=version_id, state=VersionState.FINISHING).first()
        )
        if version is not None and is_empty(version_id):
            version.state = VersionState.OVER
            version.save(update_fields=["state"])
            end_messages(messages_of([version_id]))
    return True
