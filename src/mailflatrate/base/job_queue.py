"""Procrastinate's tables and SQL functions, which no other module names (ADR 0040): jobs enqueued inside a larger
statement, backlogs, running workers. Review this module after an upgrade of the library.
"""

import os
import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import psycopg
from django.db import connection

ALIVE_SECONDS: Final = 30
"""A worker's heartbeat is renewed every ten seconds."""
NAME_CHARACTERS: Final = 80

Link: TypeAlias = psycopg.AsyncConnection[Any]

# -- SQL that enqueues; every argument is SQL itself -------------------------------------------------------------------


def new_job(
    queue: str,
    name: str,
    arguments: str,
    *,
    priority: str = "0",
    lock: str = "NULL",
    once: str = "NULL",
    at: str = "NULL",
) -> str:
    """Return SQL that describes one job, for `enqueue`."""
    return f"ROW({queue}, {name}, {priority}, {lock}, {once}, {arguments}, {at})::procrastinate_job_to_defer_v1"


def enqueue(jobs: str) -> str:
    """Return SQL that enqueues every job of an array. Its transaction shows the pass for jobs (ADR 0010)."""
    return f"procrastinate_defer_jobs_v1({jobs})"


def is_waiting(once: str) -> str:
    """Return an SQL condition: a job with this key is waiting."""
    return f"""EXISTS (
        SELECT 1 FROM procrastinate_jobs waiting WHERE waiting.queueing_lock = {once} AND waiting.status = 'todo')"""  # noqa: S608  # made of constants


# -- backlogs ----------------------------------------------------------------------------------------------------------

JOBS_BY_QUEUE_AND_STATE: Final = """
SELECT queue_name, status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
GROUP BY 1, 2
"""
_BACKLOGS = """
SELECT queue_name, count(*) FILTER (WHERE status = 'todo'),
    count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
    count(*) FILTER (WHERE status = 'doing'), count(*) FILTER (WHERE status = 'failed')
FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1
"""
# A job that was asked for at once has no time of its own: the oldest of them has the lowest id and its first event.
_OLDEST = """
WITH due AS (
    SELECT queue_name, min(id) FILTER (WHERE scheduled_at IS NULL) AS first, min(scheduled_at) AS planned
    FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) GROUP BY 1
)
SELECT queue_name, extract(epoch FROM now() - least(
    planned, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = first)))::float8
FROM due
"""
_OVERDUE = """
SELECT j.queue_name, count(*) FROM procrastinate_jobs j WHERE j.status = 'todo'
    AND coalesce(j.scheduled_at, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id))
        < now() - make_interval(mins => %s)
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class JobBacklog:
    """The jobs of one queue: waiting (of which some are due), running, and failed permanently."""

    waiting: int = 0
    due: int = 0
    running: int = 0
    failed: int = 0


def backlogs() -> Mapping[str, JobBacklog]:
    """Return the backlog of each queue that has jobs; other queues map to an empty backlog."""
    by_queue = {name: JobBacklog(*numbers) for name, *numbers in _rows(_BACKLOGS)}
    return defaultdict(JobBacklog, by_queue)


def oldest_due_seconds() -> Mapping[str, float]:
    """0 if no job is due. It reads an index, or only due jobs, however many are scheduled."""
    by_queue = {name: max(0.0, seconds) for name, seconds in _rows(_OLDEST) if seconds is not None}
    return defaultdict(float, by_queue)


def overdue(minutes: int) -> dict[str, int]:
    return dict(_rows(_OVERDUE, minutes))


# -- workers -----------------------------------------------------------------------------------------------------------

_WORKERS = """
SELECT p.name, p.host, p.pid, p.queues, p.started_at, extract(epoch FROM now() - w.last_heartbeat)::float8
FROM worker_process p JOIN procrastinate_workers w ON w.id = p.worker_id ORDER BY p.host, p.name, p.worker_id
"""
# A worker that was declared dead meanwhile has no row to belong to; it registers again when it begins anew.
_REGISTER = """
INSERT INTO worker_process (worker_id, name, host, pid, queues)
SELECT w.id, %(name)s, %(host)s, %(pid)s, %(queues)s::varchar[]
FROM procrastinate_workers w WHERE w.id = %(worker_id)s
ON CONFLICT (worker_id) DO NOTHING
"""
_UNLOCKED = """
SELECT w.id FROM procrastinate_workers w
WHERE NOT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
      AND l.classid = %s AND l.objid = w.id AND l.objsubid = 2)
"""


@dataclass(frozen=True, slots=True)
class RegisteredWorker:
    name: str
    host: str
    pid: int
    queues: list[str]
    started_at: datetime
    heartbeat_seconds: float


def workers(alive_within_seconds: float | None = None) -> list[RegisteredWorker]:
    registered = [RegisteredWorker(*row) for row in _rows(_WORKERS)]
    return [
        worker
        for worker in registered
        if alive_within_seconds is None or worker.heartbeat_seconds < alive_within_seconds
    ]


def served_queues() -> Counter[str]:
    return Counter(queue for worker in workers(ALIVE_SECONDS) for queue in worker.queues)


async def register_worker(link: Link, worker_id: int, *, name: str, queues: Iterable[str]) -> None:
    """Record which queues a worker of this process serves. `link` shows the pass for jobs (ADR 0010)."""
    await link.execute(
        _REGISTER,
        {
            "worker_id": worker_id,
            "name": name[:NAME_CHARACTERS],
            "host": socket.gethostname()[:NAME_CHARACTERS],
            "pid": os.getpid(),
            "queues": sorted(queues),
        },
    )


async def workers_without_lock(link: Link, lock_class: int) -> list[int]:
    """Return the ids of workers whose advisory lock (`lock_class`, id) is not held by any connection."""
    return [int(row[0]) for row in await (await link.execute(_UNLOCKED, [lock_class])).fetchall()]


async def remove_workers(link: Link, worker_ids: list[int]) -> None:
    await link.execute("DELETE FROM procrastinate_workers WHERE id = ANY(%s)", [worker_ids])


def _rows(statement: str, *values: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
