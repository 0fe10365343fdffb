"""Long tasks: how each error ends one, who may run it, and what is enqueued again after a crash."""

from typing import Any

import pytest
from django.db import OperationalError, connection

from mailflatrate.apps.intake.models import SuppressionFile
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import TaskFailed
from mailflatrate.base.long_task import OUR_ERROR, TaskCanceled, TaskOvertaken, TaskRunner, TaskState, resume_tasks
from support.cast import per_test
from support.customers import Customer, customer_with_list
from support.scope import within

anna = per_test(customer_with_list, "Lindenhof")


class Runner(TaskRunner[SuppressionFile]):
    """Raises an error, or takes steps of one row."""

    model = SuppressionFile
    refusals = (ImportProblem,)

    def __init__(self, error: BaseException | None = None, rows: int = 3) -> None:
        self.error, self.rows = error, rows

    def step(self, task: SuppressionFile) -> bool:
        if self.error is not None:
            raise self.error
        task.rows_read += 1
        task.save(update_fields=["rows_read"])
        return task.rows_read < self.rows


def task_of(anna: Customer, **values: Any) -> SuppressionFile:
    with tenancy.account(anna.account_id):
        return SuppressionFile.objects.create(file_bytes=0, **values)


def state(task: SuppressionFile) -> tuple[str, str, bool]:
    within(task, task.refresh_from_db)
    return task.state, task.problem, task.finished_at is not None


def test_steps_are_taken_until_there_are_no_more(anna: Customer) -> None:
    task = task_of(anna)
    Runner().run(anna.account_id, task.id)
    assert state(task) == ("done", "", True)
    assert task.rows_read == 3
    Runner().run(anna.account_id, task.id)
    assert task.rows_read == 3, "it is over"


def test_a_lost_database_leaves_the_task_to_a_retry(anna: Customer) -> None:
    task = task_of(anna)
    with pytest.raises(OperationalError):
        Runner(OperationalError("gone")).run(anna.account_id, task.id)
    assert state(task) == ("running", "", False)
    Runner().run(anna.account_id, task.id)
    assert state(task) == ("done", "", True)


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (ImportProblem("no table"), ("failed", "no table", True)),
        (TaskCanceled(), ("cancelled", "", True)),
        (TaskCanceled("other lists"), ("cancelled", "other lists", True)),
        (TaskOvertaken(), ("running", "", False)),
    ],
)
def test_an_expected_error_ends_the_task_with_its_reason(
    anna: Customer, error: Exception, ended: tuple[str, str, bool]
) -> None:
    task = task_of(anna)
    Runner(error).run(anna.account_id, task.id)
    assert state(task) == ended


def test_an_error_of_ours_fails_the_task_and_its_job(anna: Customer) -> None:
    task = task_of(anna)
    with pytest.raises(TaskFailed):
        Runner(ZeroDivisionError()).run(anna.account_id, task.id)
    assert state(task) == ("failed", OUR_ERROR, True)


def test_a_canceled_task_stops_at_once_or_before_its_next_step(anna: Customer) -> None:
    waiting, running = task_of(anna), task_of(anna, state=TaskState.RUNNING)
    with tenancy.account(anna.account_id):
        assert waiting.cancel()
        assert running.cancel()
        assert not running.cancel()
    assert state(waiting) == ("cancelled", "", True)
    assert state(running) == ("running", "", False)
    Runner().run(anna.account_id, running.id)
    assert state(running) == ("cancelled", "", True)
    assert running.rows_read == 0


def test_only_running_tasks_are_enqueued_again_and_once(anna: Customer) -> None:
    task_of(anna)
    task_of(anna, state=TaskState.DONE)
    running = task_of(anna, state=TaskState.RUNNING)
    resume_tasks(SuppressionFile)
    resume_tasks(SuppressionFile)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (args->>'task_id')::int FROM procrastinate_jobs"
            " WHERE task_name = %s AND (args->>'account_id')::int = %s",
            [SuppressionFile.JOB, anna.account_id],
        )
        assert cursor.fetchall() == [(running.id,)]
