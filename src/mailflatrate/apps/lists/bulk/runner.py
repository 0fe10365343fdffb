"""Runs one bulk action: stores its contacts, then goes through them in small transactions, each with its numbers.

After a crash it continues with the first contact whose transaction was not committed. An advisory lock prevents two
runners of the same action.
"""

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from mailflatrate.apps.lists.bulk.selection import fix_selection
from mailflatrate.apps.lists.bulk.steps import GONE, BulkStep, steps_of
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.limits import LIMIT_CHANGED, may_go_on, scope_as_started
from mailflatrate.apps.lists.models import BulkAction, BulkItem, BulkState, ChangeSource
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import long_task
from mailflatrate.base.session_lock import session_lock
from mailflatrate.base.tenancy import PlatformReason

BULK_JOB = "lists.run_bulk"
UNDO_DAYS = 7
_LOCK_SPACE = 0x62756C6B << 32
OUR_ERROR = gettext_noop("An error on our side stopped this. Our team has been notified.")


def run_bulk(account_id: int, action_id: int) -> None:
    """Run or resume a bulk action to its end. Does nothing if it is over or another runner has it."""
    with session_lock(_LOCK_SPACE + action_id) as free:
        if not free or not _begin(account_id, action_id):
            return
        with long_task("bulk action", partial(_fail, account_id, action_id), action_id=action_id):
            while _step(account_id, action_id):
                pass


def _fail(account_id: int, action_id: int) -> None:
    with tenancy.account(account_id):
        action = BulkAction.objects.filter(id=action_id)
        action.update(state=BulkState.FAILED, problem=OUR_ERROR, finished_at=clock.now())


def _begin(account_id: int, action_id: int) -> bool:
    """Fix the action's contacts, once; return whether there is something to run."""
    with tenancy.account(account_id):
        action = BulkAction.objects.select_for_update().filter(id=action_id).first()
        if action is None or not action.is_under_way:
            return False
        if action.state == BulkState.QUEUED and may_go_on(action):
            with scope_as_started(action):
                action.total = fix_selection(action)
            action.state, action.started_at = BulkState.RUNNING, clock.now()
            action.save(update_fields=["total", "state", "started_at"])
        return True


def _step(account_id: int, action_id: int) -> bool:
    """Do the next contacts in one transaction; return whether there may be more."""
    with tenancy.account(account_id):
        rows = BulkAction.objects.select_related("created_by").select_for_update(of=("self",))
        action = rows.get(id=action_id)
        if not action.is_under_way:
            return False
        if not may_go_on(action):
            BulkAction.objects.filter(id=action_id).update(problem=LIMIT_CHANGED)
            return _end(action, BulkState.CANCELLED)
        if action.cancel_requested:
            return _end(action, BulkState.CANCELLED)
        steps = steps_of(action)
        waiting = BulkItem.objects.filter(action=action, contact_id__gt=action.after_id).order_by("contact_id")
        ids = list(waiting.values_list("contact_id", flat=True)[: steps.size])
        if not ids:
            # A person who was erased meanwhile is counted, too.
            _count(action, Counter({GONE: action.total - action.done}), action.total - action.done)
            return _end(action, BulkState.DONE)
        name_author(ChangeAuthor(ChangeSource.BULK, action.created_by_id, f"bulk:{action.id}"))
        with scope_as_started(action):
            step = steps.take(action, ids)
        ids = ids[: step.taken]
        _keep(action, step)
        action.after_id, action.changed = ids[-1], action.changed + len(step.changed)
        _count(action, step.skipped, len(ids))
        if step.stopped:
            left = action.total - action.done
            _count(action, Counter({step.stopped: left}), left)
            return _end(action, BulkState.DONE)
        action.save(update_fields=["after_id", "changed", "done", "skipped"])
        return True


def _count(action: BulkAction, skipped: Counter[str], done: int) -> None:
    action.done += done
    action.skipped = dict(+(Counter(action.skipped) + skipped))


def _end(action: BulkAction, state: BulkState) -> bool:
    action.state, action.finished_at = state, clock.now()
    action.save(update_fields=["state", "finished_at", "after_id", "changed", "done", "skipped"])
    return False


def _keep(action: BulkAction, step: BulkStep) -> None:
    """Note the contacts that the step changed, with the value before."""
    if not step.changed:
        return
    values: list[Any] = [None if before is None else json.dumps(before) for before in step.changed.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE bulk_item i SET is_changed = true, before = t.before::jsonb
            FROM unnest(%s::bigint[], %s::text[]) AS t(contact_id, before)
            WHERE i.account_id = %s AND i.action_id = %s AND i.contact_id = t.contact_id""",
            [list(step.changed), values, action.account_id, action.id],
        )


def sweep_items() -> int:
    """Delete the contact rows of actions that can no longer be undone, in all accounts; return how many."""
    before = clock.now() - timedelta(days=UNDO_DAYS)
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = BulkItem.objects.filter(action__finished_at__lt=before)
        deleted, _by_model = rows.delete()
    return deleted
