"""Advances the automations of an account: lets people enter, takes them from step to step, and ends finished versions.

Every batch is a transaction of its own, so that a process killed at any point leaves no batch half done.
"""

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.automations.ending import end_messages, is_empty, messages_of
from mailflatrate.apps.automations.engine import looking
from mailflatrate.apps.automations.engine.acting import act
from mailflatrate.apps.automations.engine.context import BATCH, VersionRun, run_of
from mailflatrate.apps.automations.engine.entering import take_arrivals
from mailflatrate.apps.automations.engine.moves import move_people
from mailflatrate.apps.automations.engine.sending import is_waiting
from mailflatrate.apps.automations.engine.taking import take
from mailflatrate.apps.automations.models import AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.automations.models.definition import LIVE
from mailflatrate.apps.delivery import fence
from mailflatrate.base import jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.automations.graph import StepKind

RUN_SECONDS = 40.0
# Accounts with someone due, an arrival, or an automation that people enter without one. Each version's steps are few,
# and each is looked up in the index of people who are due.
_DUE_ACCOUNTS = """
SELECT DISTINCT a.account_id FROM automation a
WHERE a.state = 'active' AND (
    a.entry_on IN ('date', 'segment_entered', 'segment_left', 'inactive')
    OR EXISTS (SELECT 1 FROM automation_arrival r WHERE r.account_id = a.account_id AND r.automation_id = a.id)
    OR EXISTS (
        SELECT 1 FROM automation_version v JOIN automation_step s ON s.version_id = v.id AND s.account_id = v.account_id
        WHERE v.account_id = a.account_id AND v.automation_id = a.id AND v.state IN ('current', 'finishing')
            AND EXISTS (SELECT 1 FROM enrolment e WHERE e.account_id = a.account_id AND e.version_id = v.id
                AND e.step = s.key AND e.state = 'active' AND e.due_at <= %s))
    OR EXISTS (SELECT 1 FROM automation_version v WHERE v.account_id = a.account_id AND v.automation_id = a.id
        AND v.state = 'finishing'))
"""


@tenancy.needs_platform
def accounts_with_work(now: datetime) -> list[int]:
    """Return the accounts whose automations have something to do."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE_ACCOUNTS, [now])
        return [int(number) for (number,) in cursor.fetchall()]


def advance_account(account_id: int, run_seconds: float = RUN_SECONDS) -> bool:
    """Advance an account's automations until nothing is due or the time is up; return True if
    something is left to do.
    """
    ends = time.monotonic() + run_seconds
    return not all(_advance_version(account_id, version_id, ends) for version_id in _live_versions(account_id))


def _live_versions(account_id: int) -> Sequence[int]:
    """Return the versions in which people may move on now. None while the account may not send, or sending is held."""
    if _is_held():
        return []
    with tenancy.account(account_id):
        if not current_account().may_send:
            return []
        rows = AutomationVersion.objects.filter(state__in=LIVE, automation__state=AutomationState.ACTIVE)
        return list(rows.order_by("automation_id", "number").values_list("id", flat=True))


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
            more = run is not None and take_arrivals(run)
        if time.monotonic() > ends:
            return False
    if not is_current and not _move_people(account_id, version_id, ends):
        return False
    with tenancy.account(account_id):
        keys = [step.key for step in sorted(run.steps.values(), key=lambda step: step.number)] if run else []
    return all(_advance_step(account_id, version_id, key, ends) for key in keys) and _end(account_id, version_id)


def _advance_step(account_id: int, version_id: int, key: str, ends: float) -> bool:
    while True:
        if time.monotonic() > ends:
            return False
        with tenancy.account(account_id):
            run = _load(version_id)
            if run is None:
                return True
            step = run.steps[key]
            if step.kind == StepKind.SEND and is_waiting(step):
                return True
            people = take(run, step, BATCH)
            if people:
                act(run, step, people)
        if len(people) < BATCH:
            return True


def wake_account(account_id: int) -> None:
    """Enqueue the job that advances the automations of an account, unless one is waiting."""
    key = f"automations:{account_id}"
    jobs.wake("automations.advance", jobs.JobQueue.PLAN, once=key, lock=key, account_id=account_id)


def _move_people(account_id: int, version_id: int, ends: float) -> bool:
    """Let people of an earlier version go on in the current one, where that was asked for."""
    more = True
    while more:
        if time.monotonic() > ends:
            return False
        with tenancy.account(account_id):
            run = _load(version_id)
            more = run is not None and move_people(run)
    return True


def _end(account_id: int, version_id: int) -> bool:
    """End a version that people were finishing, once no one is under way in it."""
    with tenancy.account(account_id):
        version = (
            AutomationVersion.objects.select_for_update().filter(id=version_id, state=VersionState.FINISHING).first()
        )
        if version is not None and is_empty(version_id):
            version.state = VersionState.OVER
            version.save(update_fields=["state"])
            end_messages(messages_of([version_id]))
    return True
