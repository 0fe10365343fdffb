"""Background jobs on Procrastinate, enqueued in the caller's transaction, so none are lost or duplicated. `defer`
takes a job's name, so that an earlier stage can start work of a later one without importing it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import psycopg
from django.db import IntegrityError, connection, transaction
from procrastinate import RetryDecision, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from structlog.contextvars import bound_contextvars

from mailflatrate.base import job_queue, tenancy, tracing

F = TypeVar("F", bound=Callable[..., Any])


class TaskFailed(Exception):
    """A task ended through an error of ours, and its row says so: no retry, which would find it closed and succeed."""


class _Retries(RetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        return None if isinstance(exception, TaskFailed) else super().get_retry_decision(exception=exception, job=job)


class JobQueue(StrEnum):
    """The job queues; `mailflatrate worker --queues` picks among them."""

    SEND = "send"
    EXPRESS = "express"  # what a person waits for: confirmations and notices, alongside running campaigns
    PLAN = "plan"
    IMPORT = "import"
    INBOUND = "inbound"
    HOUSE = "house"
    WEBHOOK = "webhook"  # calls to customers' programs, which may be slow: beside all other jobs
    FETCH = "fetch"  # visits to strangers' pages that a customer names, which may be slow: beside all other jobs
    WRITING = "writing"  # questions to the operator's language model, which a person waits for: beside all other jobs


def job(
    name: str,
    queue: JobQueue,
    *,
    attempts: int = 5,
    every: str | None = None,
    alone: bool = False,
) -> Callable[[F], F]:
    """`name` is `<app>.<verb_noun>`. `attempts` is how often it is tried when it raises, with growing pauses, except
    TaskFailed. `every` is a cron expression; the function then takes `timestamp: int` (Unix seconds). `alone`: at
    most one job of this name waits at a time.
    """

    def register(function: F) -> F:
        retry = _Retries(max_attempts=attempts, exponential_wait=2)
        lock = name if alone or every else None
        registered = app.task(name=name, queue=queue, retry=retry, queueing_lock=lock)
        task = registered(_observed(name, queue, function))
        if every:
            app.periodic(cron=every)(task)
        return function

    return register


_LOGGED = {"account_id": "account", "campaign_id": "campaign", "chunk_id": "chunk"}
"""Arguments of jobs that appear in every log line written while the job runs, and their names there."""


def _observed(name: str, queue: JobQueue, function: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def context(arguments: dict[str, Any]) -> Iterator[None]:
        brought = tracing.take_up(arguments)
        log_fields = {short: arguments[long] for long, short in _LOGGED.items() if arguments.get(long) is not None}
        with bound_contextvars(job=name, **log_fields), tracing.job_span(name, queue.value, brought, **log_fields):
            yield

    if iscoroutinefunction(function):

        @wraps(function)
        async def run_async(*args: Any, **arguments: Any) -> Any:
            with context(arguments):
                return await function(*args, **arguments)

        return run_async

    @wraps(function)
    def run(*args: Any, **arguments: Any) -> Any:
        with context(arguments):
            return function(*args, **arguments)

    return run


def defer(
    name: str,
    queue: JobQueue,
    *,
    at: datetime | None = None,
    lock: str | None = None,
    once: str | None = None,
    priority: int = 0,
    **arguments: Any,
) -> None:
    """In the running transaction. `at`: not before this aware moment. `lock`: jobs with the same lock run one after
    another. `once`: do nothing if a job with this key waits. `priority`: higher runs first. `arguments`: JSON
    values.
    """
    task = app.configure_task(
        name,
        queue=queue,
        schedule_at=at,
        lock=lock,
        queueing_lock=once,
        priority=priority,
        allow_unknown=True,
    )
    try:
        with transaction.atomic():  # a savepoint: a refused duplicate must not spoil the caller's transaction
            task.defer(**arguments, **tracing.carried(at))
    except AlreadyEnqueued:
        if once is None:
            raise


def defer_all(name: str, queue: JobQueue, arguments: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Enqueue one job `name` for each of these arguments, in the running transaction and in one statement."""
    if arguments:
        task = app.configure_task(name, queue=queue, schedule_at=at, allow_unknown=True)
        task.batch_defer(*({**argument, **tracing.carried(at)} for argument in arguments))


# Its transaction is this one statement, which therefore shows the pass itself; the subquery is volatile and stays.
_KEYS = {"priority": "%(priority)s", "lock": "%(lock)s::text", "once": "%(once)s::text"}
_JOB = job_queue.new_job("%(queue)s", "%(name)s", "%(arguments)s::jsonb", **_KEYS)
_WAKE = f"""
SELECT {job_queue.enqueue(f"ARRAY[{_JOB}]")}
FROM (SELECT set_config(%(setting)s, %(pass)s, true)) AS shown
WHERE NOT {job_queue.is_waiting("%(once)s::text")}
"""  # noqa: S608  # made of constants


def wake(
    name: str, queue: JobQueue, *, once: str, lock: str | None = None, priority: int = 0, **arguments: Any
) -> None:
    """For work recorded in rows, of which one job takes all: one waiting job with the key `once` is enough. It is
    looked for after the commit, which costs no write, and is then sure to see the rows; if the process dies in
    between, the job's sweep enqueues it. Jobs with the same `lock` run one after another.
    """
    parameters = {
        "queue": queue.value,
        "name": name,
        "priority": priority,
        "lock": lock,
        "once": once,
        "arguments": json.dumps(arguments | tracing.carried()),
    }

    def wake_waiting() -> None:
        # Suppressed: the job was woken elsewhere meanwhile. Bound by the server, as the pass is among the values.
        with suppress(IntegrityError), tenancy.job_pass() as (setting, pass_token), connection.wrap_database_errors:
            psycopg.Cursor(connection.connection).execute(_WAKE, {**parameters, "setting": setting, "pass": pass_token})

    wake_waiting.once = once  # type: ignore[attr-defined]
    if not any(getattr(other, "once", None) == once for _, other, *_ in connection.run_on_commit):
        transaction.on_commit(wake_waiting)
