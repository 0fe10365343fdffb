"""Long tasks: rows that a worker carries through. A worker that dies leaves its task RUNNING; `resume_tasks` enqueues
it again, and it continues after its last committed step. A session lock prevents two runners of the same task.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Generic, Self, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.jobs import JobQueue, TaskFailed, defer, job
from mailflatrate.base.session_lock import session_lock
from mailflatrate.base.storage.interface import StorageFailed
from mailflatrate.base.tenancy import PlatformReason, TenantModel
from mailflatrate.base.toned_choices import TonedChoices

OUR_ERROR = gettext_noop("An error on our side stopped this. Our team has been notified.")
log = structlog.get_logger(__name__)


class TaskState(TonedChoices):
    """The state of a long task."""

    QUEUED = "queued", "primary", _("Waiting")
    RUNNING = "running", "primary", _("Running")
    DONE = "done", "success", _("Done")
    FAILED = "failed", "error", _("Failed")
    CANCELLED = "cancelled", "", _("Canceled")


UNDER_WAY = (TaskState.QUEUED, TaskState.RUNNING)


class TaskCanceled(Exception):
    """Raised by the work when it has to stop; the message says why, if no one canceled."""


class TaskOvertaken(Exception):
    """Raised by the work when another runner has it, or when no one waits for it any longer."""


class LongTask(TenantModel):
    """A task of one account. `problem` says in English, or in the language of the work, why it ended early."""

    JOB: ClassVar[str]
    QUEUE: ClassVar[JobQueue] = JobQueue.IMPORT
    STATES: ClassVar[type[TonedChoices]] = TaskState
    NOUN: ClassVar[str] = ""
    PROGRESS: ClassVar[tuple[str, ...]] = ()
    """The columns that have what is done, and what there is to do; empty for a task without them."""
    WAITING: ClassVar[tuple[str, ...]] = (TaskState.QUEUED,)
    """States in which it is canceled at once."""

    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.QUEUED)
    problem = models.TextField(blank=True, db_default="")
    cancel_requested = models.BooleanField(default=False)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def percent(self) -> int:
        done, total = (getattr(self, name) for name in self.PROGRESS)
        return min(100, 100 * done // total) if total else 0

    @property
    def tone(self) -> str:
        return self.STATES(self.state).tone

    @property
    def details(self) -> Mapping[str, Any]:
        return {}

    @classmethod
    def under_way(cls) -> models.QuerySet[Self]:
        return cls.objects.filter(state__in=UNDER_WAY)

    @classmethod
    def locked(cls, task_id: int) -> Self | None:
        return cls.objects.select_for_update().filter(pk=task_id).first()

    def obstacle(self) -> str:
        """Return why the task may not go on, as a message id; empty if it may."""
        return ""

    def enqueue(self, **options: Any) -> None:
        defer(self.JOB, self.QUEUE, account_id=self.account_id, task_id=self.pk, **options)

    def cancel(self) -> bool:
        """Cancel the task, whose row is locked, before its next step; return whether that changed anything."""
        if self.state in self.WAITING:
            self.state, self.finished_at = TaskState.CANCELLED, clock.now()
        elif self.state == TaskState.RUNNING and not self.cancel_requested:
            self.cancel_requested = True
        else:
            audit.nothing_changed()
            return False
        self.save(update_fields=["state", "finished_at", "cancel_requested"])
        return True

    def record(self, what: str, by: Any, source: str = "") -> None:
        """Add a line to the audit log. `by` is a user, or None for `source` or the job."""
        audit.record(
            f"{self.NOUN}.{what}",
            by=audit.person(by) if by is not None else audit.machine(source or self.JOB),
            account_id=self.account_id,
            subject=f"{self.NOUN}:{self.pk}",
            details=self.details,
        )

    @contextmanager
    def step(self) -> Iterator[Self]:
        """Open a transaction with the row locked and as it is now. Raises TaskCanceled."""
        with tenancy.account(self.account_id):
            task = type(self).locked(self.pk)
            if task is None or task.state != TaskState.RUNNING or task.cancel_requested:
                raise TaskCanceled
            if obstacle := task.obstacle():
                raise TaskCanceled(obstacle)
            yield task

    def end(self, state: str, problem: str = "", **values: Any) -> bool:
        """End the task with these values, once; return False if it was over. An earlier problem is kept without one."""
        values.setdefault("finished_at", clock.now())
        if problem:
            values["problem"] = problem
        with tenancy.account(self.account_id):
            rows = type(self).objects.filter(pk=self.pk, state__in=UNDER_WAY)
            return bool(rows.update(state=state, **values))


T = TypeVar("T", bound=LongTask)


class TaskRunner(Generic[T]):
    """Carries out the tasks of one model. A subclass has a `step`, or a `work` that is more than steps."""

    model: type[T]
    refusals: tuple[type[Exception], ...] = ()
    """Errors that aren't ours: their text becomes the problem of the task."""

    def run(self, account_id: int, task_id: int) -> None:
        """Run or resume; nothing if it is over or another runner has it. A lost database or storage is raised, so that
        the job is retried; after any other error of ours the task is FAILED, and TaskFailed is raised.
        """
        name = self.model.JOB
        with session_lock((zlib.crc32(name.encode()) >> 1 << 32) + task_id) as is_free:
            task = self.begin(account_id, task_id) if is_free else None
            if task is None:
                return
            with ends_on_error(name, partial(self.end, task, TaskState.FAILED, OUR_ERROR), task_id=task_id):
                try:
                    self.work(task)
                except TaskOvertaken:
                    return
                except TaskCanceled as canceled:
                    self.end(task, TaskState.CANCELLED, str(canceled))
                except self.refusals as problem:
                    self.end(task, TaskState.FAILED, str(problem))
                else:
                    self.end(task, TaskState.DONE)

    def begin(self, account_id: int, task_id: int) -> T | None:
        """Mark a task as running; None if it is over, unknown or may not go on."""
        with tenancy.account(account_id):
            task = self.model.locked(task_id)
            if task is None or not task.is_under_way:
                return None
            if obstacle := task.obstacle():
                self.end(task, TaskState.CANCELLED, obstacle)
                return None
            self.prepare(task)
            task.state, task.started_at = TaskState.RUNNING, task.started_at or clock.now()
            task.save(update_fields=["state", "started_at", *task.PROGRESS])
            return task

    def prepare(self, task: T) -> None:
        """Set the progress of a task that begins, or begins again, in the transaction that marks it as running."""

    def work(self, task: T) -> None:
        """Do the work, outside any transaction. Raises TaskCanceled, TaskOvertaken, or one of `refusals`."""
        while self.take_step(task):
            pass

    def take_step(self, task: T) -> bool:
        """Take one step in a transaction of its own; return whether there may be more. Raises TaskCanceled."""
        with task.step() as current:
            return self.step(current)

    def step(self, task: T) -> bool:
        """Do the next part of the work in the running transaction; return whether there may be more."""
        raise NotImplementedError

    def end(self, task: T, state: TaskState, problem: str = "") -> None:
        with tenancy.account(task.account_id):
            if task.end(state, problem):
                self.clean_up(task, state)

    def clean_up(self, task: T, state: TaskState) -> None:
        """Do what follows the end of a task, in the same transaction."""


@contextmanager
def ends_on_error(name: str, end: Callable[[], object], **logged: int) -> Iterator[None]:
    """Raises TaskFailed after `end` for any error but a lost database or storage, which is raised as it is, so that
    the job is retried. What others cause (a file, a foreign server) the work catches itself.
    """
    try:
        yield
    except (OperationalError, InterfaceError, StorageFailed):
        raise
    except Exception as error:
        log.exception("long_task_failed", task=name, **logged)
        end()
        raise TaskFailed(name) from error


def resume_tasks(*kinds: type[LongTask]) -> None:
    """Enqueue tasks of all accounts whose worker died. Harmless for running ones: only one runner gets the lock."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        for model in kinds:
            for task in model.objects.filter(state=TaskState.RUNNING).only("account_id"):
                task.enqueue(once=f"resume:{model.JOB}:{task.pk}")


def fail_lost(model: type[LongTask], before: datetime, **values: Any) -> None:
    """Fail the tasks of all accounts that are older than a moment and not over: no job works for them."""
    lost = model.under_way().filter(created_at__lt=before)
    lost.update(state=TaskState.FAILED, problem=OUR_ERROR, finished_at=clock.now(), **values)


def register_jobs(*runners: TaskRunner[Any]) -> None:
    for runner in runners:
        job(runner.model.JOB, runner.model.QUEUE)(runner.run)
