"""Runs bulk actions in small transactions, each with its numbers; resumed after the last committed one."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.models import ChangeSource
from mailflatrate.apps.segments.bulk.selection import fix_selection
from mailflatrate.apps.segments.bulk.steps import GONE, BulkStep, steps_of
from mailflatrate.apps.segments.models import BulkAction, BulkItem
from mailflatrate.base import clock, tenancy
from mailflatrate.base.long_task import TaskRunner, TaskState
from mailflatrate.base.tenancy import PlatformReason

UNDO_DAYS = 7


class BulkRunner(TaskRunner[BulkAction]):
    model = BulkAction

    def prepare(self, task: BulkAction) -> None:
        if task.state == TaskState.QUEUED:
            with task.limited_scope():
                task.total = fix_selection(task)

    def step(self, task: BulkAction) -> bool:
        steps = steps_of(task)
        waiting = BulkItem.objects.filter(action=task, contact_id__gt=task.after_id).order_by("contact_id")
        ids = list(waiting.values_list("contact_id", flat=True)[: steps.size])
        left = task.total - task.done
        if not ids:
            _count(task, Counter({GONE: left}), left)  # a person who was erased meanwhile is counted, too
            return False
        name_author(ChangeAuthor(ChangeSource.BULK, task.created_by_id, f"bulk:{task.id}"))
        with task.limited_scope():
            step = steps.take(task, ids)
        ids = ids[: step.taken]
        _keep(task, step)
        task.after_id, task.changed = ids[-1], task.changed + len(step.changed)
        if step.stopped:
            _count(task, step.skipped + Counter({step.stopped: left - len(ids)}), left)
            return not task.end(TaskState.DONE)
        _count(task, step.skipped, len(ids))
        return True


run_bulk = BulkRunner().run


def _count(action: BulkAction, skipped: Counter[str], done: int) -> None:
    action.done += done
    action.skipped = dict(+(Counter(action.skipped) + skipped))
    action.save(update_fields=["after_id", "changed", "done", "skipped"])


def _keep(action: BulkAction, step: BulkStep) -> None:
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
    before = clock.now() - timedelta(days=UNDO_DAYS)
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = BulkItem.objects.filter(action__finished_at__lt=before)
        deleted, _by_model = rows.delete()
    return deleted
