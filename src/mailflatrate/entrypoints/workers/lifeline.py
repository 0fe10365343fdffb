"""Which workers are alive: each process holds a database lock for each, over one connection, which its host closes
when the process dies. So work resumes within seconds, and a slow process is never taken for dead. A host that
disappears is detected by the heartbeat.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from procrastinate import App, exceptions
from procrastinate.jobs import Job, Status

from mailflatrate.base import job_queue, tenancy
from mailflatrate.base.job_connector import WorkerConnector
from mailflatrate.settings.links import cut
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings

CHECK_SECONDS = 2.0
AGAIN_SECONDS = 0.5
GONE_SECONDS = 4.0
HEARTBEAT_SECONDS = 30.0
LOCKS = 0x6D66
"""The first half of the keys of our locks; the second is a worker's id, which begins at 1."""
MINDER = 0

log = structlog.get_logger(__name__)


class LifeLine:
    """Its connection is its own or a worker's `connector`, which lives as long. Also recovers dead processes' jobs."""

    def __init__(self, connector: WorkerConnector | None = None) -> None:
        self._connector = connector
        self._link: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._held: dict[int, tuple[str, frozenset[str]]] = {}
        self._unheld_since: dict[int, float] = {}
        self._one_at_a_time = asyncio.Lock()

    async def hold(self, worker_id: int, name: str = "worker", queues: Iterable[str] = ()) -> None:
        """Call it before the worker fetches its first job. Raises psycopg.Error."""
        async with self._one_at_a_time:
            self._held[worker_id] = name, frozenset(queues)
            await self._lock(await self._connection(), worker_id)

    async def mind(self, working: App) -> None:
        while True:
            pause = CHECK_SECONDS
            try:
                async with self._one_at_a_time:
                    await self._watch(working)
            except (psycopg.Error, exceptions.ConnectorException, OSError) as problem:
                log.warning("stalled_jobs_unknown", problem=str(problem)[:200])
                await self.release()
                pause = AGAIN_SECONDS
            await asyncio.sleep(pause)

    async def release(self) -> None:
        """Close the connection, and with it the locks; the next check acquires them again."""
        link, self._link = self._link, None
        if link is not None and self._connector is None:
            cut(link)  # whatever waits for it, fails at once, also when the server is gone
            with suppress(psycopg.Error, OSError):
                await link.close()

    async def _connection(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._link is None:
            if self._connector is not None:
                link = self._connector.link
            else:
                link = await psycopg.AsyncConnection.connect(app_url(load_settings()), autocommit=True)
                await tenancy.enter_jobs_async(link, for_session=True)
            for worker_id in self._held:
                await self._lock(link, worker_id)
            self._link = link
        return self._link

    async def _lock(self, link: psycopg.AsyncConnection[tuple[Any, ...]], worker_id: int) -> None:
        # Shared, so that it never waits: a connection that died a moment ago may still hold its own.
        await link.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCKS, worker_id])
        name, queues = self._held[worker_id]
        await job_queue.register_worker(link, worker_id, name=name, queues=queues)

    async def _watch(self, working: App) -> None:
        """Take over what dead processes left. One process at a time, so that no job is taken over twice."""
        link = await self._connection()
        if not await _value(link, "SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, MINDER]):
            return
        try:
            await self._bury(link)
            for job in await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=HEARTBEAT_SECONDS):
                await _take_up_again(working, job)
        finally:
            await link.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, MINDER])

    async def _bury(self, link: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        """Forget workers without a lock for some seconds; one whose connection broke soon takes it again."""
        now = asyncio.get_running_loop().time()
        unheld = await job_queue.workers_without_lock(link, LOCKS)
        self._unheld_since = {worker_id: self._unheld_since.get(worker_id, now) for worker_id in unheld}
        gone = [worker_id for worker_id, since in self._unheld_since.items() if now - since >= GONE_SECONDS]
        if gone:  # no one owns their jobs from then on
            await job_queue.remove_workers(link, gone)
            log.warning("workers_died", workers=gone)


async def _value(link: psycopg.AsyncConnection[tuple[Any, ...]], question: str, parameters: list[int]) -> bool:
    row = await (await link.execute(question, parameters)).fetchone()
    return bool(row and row[0])


async def _take_up_again(working: App, job: Job) -> None:
    """Retry a job, which is safe because all our jobs are idempotent."""
    try:
        await working.job_manager.retry_job(job)
        log.warning("job_taken_up_again", job=job.task_name, arguments=job.task_kwargs)
    except (exceptions.AlreadyEnqueued, exceptions.UniqueViolation):
        # The same job waits already, so this one has nothing to add.
        await working.job_manager.finish_job(job, Status.FAILED, delete_job=True)
