"""One worker process: Procrastinate on uvloop, and the sender if it serves that queue. It waits for a lost database
without a crash loop; on SIGTERM and SIGINT it finishes current work.
"""

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import structlog
import uvloop
from asgiref.sync import sync_to_async
from django.db import connections
from procrastinate import App, exceptions
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext, JobResult
from procrastinate.jobs import Job, Status
from procrastinate.retry import RetryDecision
from procrastinate.worker import Worker

from mailflatrate.apps.delivery.send.sender import (
    close_sender,
    give_back_chunks,
    sender_is_stuck,
    stop_sender,
    this_sender,
)
from mailflatrate.base.job_connector import JobConnector
from mailflatrate.base.job_database.admission import admit_async
from mailflatrate.base.job_database.base import forget_idle
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.metrics.names import JOB_SECONDS, JOBS, begin_job
from mailflatrate.base.metrics.sharing import share
from mailflatrate.base.tracing.exporting import begin_tracing
from mailflatrate.entrypoints.boot.lifecycle import end_within, report_life
from mailflatrate.entrypoints.boot.withdrawals import mind_withdrawals
from mailflatrate.entrypoints.workers.lifeline import LifeLine
from mailflatrate.settings import links
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings

GRACE_SECONDS = 8.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LASTING_SECONDS = 30.0  # work that lasted this long had its database: the next pause is short again
POLL_SECONDS = 2.0
EXPRESS_AT_ONCE = 4
WEBHOOKS_AT_ONCE = 6
"""Endpoints of which slow ones get few (`events.delivering`), so that others are served beside them."""
FETCHES_AT_ONCE = 4
"""Accounts whose foreign pages are fetched at once; each account has one job at a time (`campaigns.page_fetches`)."""
WRITING_AT_ONCE = 4
"""Accounts whose questions to the language model are asked at once; each account has one job at a time."""
BESIDE = {
    JobQueue.WEBHOOK: WEBHOOKS_AT_ONCE,
    JobQueue.FETCH: FETCHES_AT_ONCE,
    JobQueue.WRITING: WRITING_AT_ONCE,
}
"""Queues whose jobs wait for other servers, and how many run at once: each has a worker beside all other jobs."""

log = structlog.get_logger(__name__)


class PatientWorker(Worker):
    """Drops the retry of a failed job when one with its key is already queued: Procrastinate would leave it marked as
    running, and with a lock it would block all others. Registers as alive before it fetches a job.
    """

    def __init__(self, app: App, life_line: LifeLine, **options: Any) -> None:
        super().__init__(app, **options)
        self._life_line = life_line

    async def _run_loop(self) -> None:
        assert self.worker_id is not None
        await self._life_line.hold(self.worker_id, self.worker_name or "worker", self.queues or list(JobQueue))
        await super()._run_loop()  # type: ignore[no-untyped-call]

    async def _periodic_deferrer(self) -> None:
        """Keep the schedule, unless this worker only sends, calls or fetches: it costs a connection; others keep it."""
        if set(self.queues or JobQueue) <= {JobQueue.SEND, JobQueue.EXPRESS, *BESIDE}:
            await asyncio.Event().wait()
        await super()._periodic_deferrer()  # type: ignore[no-untyped-call]

    async def _persist_job_status(
        self,
        job: Job,
        status: Status,
        retry_decision: RetryDecision | None,
        context: JobContext,
        job_result: JobResult | None,
    ) -> None:
        JOBS.labels(job.task_name, _result(status, retry_decision)).inc()
        if job_result is not None:
            JOB_SECONDS.labels(job.queue).observe(job_result.duration(time.time()) or 0.0)
        try:
            await super()._persist_job_status(job, status, retry_decision, context, job_result)
        except (exceptions.AlreadyEnqueued, exceptions.UniqueViolation):
            await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def _result(status: Status, retry_decision: RetryDecision | None) -> str:
    if retry_decision is not None:
        return "retried"
    return "succeeded" if status is Status.SUCCEEDED else "failed"


def _give_back_connection(call_next: Callable[[], object], _context: JobContext, _worker: Worker) -> object:
    """Give back the connection of a job's thread if a statement outside a transaction left it one."""
    try:
        return call_next()
    finally:
        connections.close_all()


def run_worker(queues: Sequence[str], concurrency: int, name: str = "worker") -> None:
    """Process the named queues (all when empty) until a signal. Django must be set up already."""
    for task in app.tasks.values():
        if not queues or task.queue in queues:
            begin_job(task.name, task.queue)
    share(load_settings().data_dir, name)
    begin_tracing(load_settings(), name)
    if set(queues or JobQueue) - {JobQueue.SEND, JobQueue.EXPRESS}:
        mind_withdrawals(minds_log=not queues or JobQueue.HOUSE in queues)
    # Loaded objects stay, and messages are freed by reference counts, so cyclic garbage is rare.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    uvloop.run(_Work(list(queues), concurrency, name).run())


class _Work:
    def __init__(self, queues: list[str], concurrency: int, name: str) -> None:
        self._queues = queues or [queue.value for queue in JobQueue]
        self._concurrency = concurrency
        self._name = name
        self._stopping = asyncio.Event()
        self._workers: list[Worker] = []
        self._life_line = LifeLine()

    @property
    def _beside(self) -> dict[JobQueue, int]:
        return {queue: most for queue, most in BESIDE.items() if {JobQueue.HOUSE, queue} & set(self._queues)}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        # One thread for each job. Two more look up names and keep the schedule.
        loop.set_default_executor(ThreadPoolExecutor(self._concurrency + sum(self._beside.values()) + 2))
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._stop)
        pause = FIRST_PAUSE_SECONDS
        life = asyncio.create_task(report_life(sender_is_stuck))
        try:
            while not self._stopping.is_set():
                await self._wait_for_database()
                began = loop.time()
                problem = await self._work_while_it_lasts()
                if self._stopping.is_set():
                    return
                if loop.time() - began > LASTING_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
                log.warning("worker_begins_anew", problem=problem, pause_seconds=pause)
                await self._sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        finally:
            life.cancel()
            await close_sender()

    async def _work_while_it_lasts(self) -> str:
        """Work until a signal or until the database is gone; return what ended it, as far as Procrastinate reports."""
        try:
            if not self._stopping.is_set():
                await self._work()
        except (psycopg.Error, exceptions.ConnectorException, OSError) as problem:
            return str(problem)[:200]
        finally:
            # Procrastinate's schedule uses Django's connection of that thread, and Django replaces a dead one only
            # between requests, which a worker does not have.
            await sync_to_async(connections.close_all)()
            forget_idle()
        return ""

    def _stop(self) -> None:
        if not self._stopping.is_set():
            end_within()
        self._stopping.set()
        stop_sender()
        for worker in self._workers:
            worker.shutdown_graceful_timeout = GRACE_SECONDS
            worker.stop()  # type: ignore[no-untyped-call]

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _wait_for_database(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                link = await psycopg.AsyncConnection.connect(app_url(load_settings()))
                await admit_async(link)
                links.note_reached(link)
                await link.close()
                return
            except psycopg.OperationalError:
                await self._sleep(pause)
                pause = min(pause * 2, links.LONGEST_PAUSE_SECONDS)

    async def _work(self) -> None:
        """Where mail is sent, a second worker serves the express lane, because the first may be busy with campaigns.
        Others call webhooks, fetch strangers' pages and ask the language model, which may take long.
        """
        assert isinstance(app.connector, JobConnector)
        connector = app.connector.get_worker_connector()
        self._life_line = LifeLine(connector)
        async with app.with_connector(connector).open_async() as working:
            ordinary = [queue for queue in self._queues if queue not in (JobQueue.EXPRESS, *BESIDE)]
            if ordinary:
                self._workers.append(self._worker(working, ordinary, self._name, self._concurrency))
            if JobQueue.SEND in self._queues or JobQueue.EXPRESS in self._queues:
                this_sender()
                express = self._worker(working, [JobQueue.EXPRESS.value], f"{self._name}-express", EXPRESS_AT_ONCE)
                self._workers.append(express)
            for queue, most in self._beside.items():
                self._workers.append(self._worker(working, [queue.value], f"{self._name}-{queue.value}", most))
            minding = [asyncio.create_task(self._life_line.mind(working))]
            try:
                await self._run_workers()
            finally:
                self._workers = []
                for task in minding:
                    task.cancel()
                await self._life_line.release()
                await asyncio.gather(*minding, return_exceptions=True)

    def _worker(self, working: App, queues: list[str], name: str, concurrency: int) -> Worker:
        options = {
            **working.worker_defaults,
            "queues": queues,
            "name": name,
            "concurrency": concurrency,
            "fetch_job_polling_interval": POLL_SECONDS,
            "delete_jobs": "successful",
            "install_signal_handlers": False,
            "task_middleware": [_give_back_connection],
        }
        return PatientWorker(app=working, life_line=self._life_line, **options)

    async def _run_workers(self) -> None:
        """Run all workers; when one ends, by a signal or a failure, end the others. Raises what ended the first."""
        running = [asyncio.create_task(worker.run()) for worker in self._workers]  # type: ignore[no-untyped-call]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            give_back_chunks()  # a message whose job is canceled between content and reply has an unknown result
            for worker in self._workers:
                worker.shutdown_graceful_timeout = GRACE_SECONDS
                worker.stop()  # type: ignore[no-untyped-call]
            ended = await asyncio.gather(*running, return_exceptions=True)
        finally:
            for task in running:
                task.cancel()
        for problem in ended:
            if isinstance(problem, BaseException):
                raise problem
