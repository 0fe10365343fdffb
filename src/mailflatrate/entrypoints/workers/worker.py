"""One worker process: Procrastinate on uvloop, and the sender when it works on that queue.

It outlives its database: when that goes away the worker waits and begins again, without a crash loop. SIGTERM and
SIGINT let what is under way finish.
"""

import asyncio
import gc
import signal
from collections.abc import Sequence

import psycopg
import structlog
import uvloop
from procrastinate import App, exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from mailflatrate.apps.delivery.send.sender import close_sender, stop_sender, this_sender
from mailflatrate.base.jobs import Queue
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings

GRACE_SECONDS = 8.0
STALLED_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
POLL_SECONDS = 2.0

log = structlog.get_logger(__name__)


def run_worker(queues: Sequence[str], concurrency: int, name: str = "worker") -> None:
    """Work off the named queues (all when empty) until a signal says stop. Django is set up already."""
    # What is loaded by now stays, and what a letter needs is freed by reference counts: cyclic garbage comes seldom.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    uvloop.run(_Work(list(queues), concurrency, name).run())


class _Work:
    """The life of one worker process."""

    def __init__(self, queues: list[str], concurrency: int, name: str) -> None:
        self._queues = queues or [queue.value for queue in Queue]
        self._concurrency = concurrency
        self._name = name
        self._stopping = asyncio.Event()
        self._worker: Worker | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop)
        pause = FIRST_PAUSE_SECONDS
        try:
            while not self._stopping.is_set():
                try:
                    await self._wait_for_database()
                    pause = FIRST_PAUSE_SECONDS
                    if not self._stopping.is_set():
                        await self._work()
                except (psycopg.Error, exceptions.ConnectorException, OSError) as problem:
                    log.warning("worker_without_database", problem=str(problem)[:200], pause_seconds=pause)
                    await self._sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        finally:
            await close_sender()

    def _stop(self) -> None:
        self._stopping.set()
        stop_sender()
        if self._worker is not None:
            self._worker.shutdown_graceful_timeout = GRACE_SECONDS
            self._worker.stop()  # type: ignore[no-untyped-call]

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _wait_for_database(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                link = await psycopg.AsyncConnection.connect(app_url(load_settings()), connect_timeout=5)
                await link.close()
                return
            except psycopg.OperationalError:
                await self._sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _work(self) -> None:
        """One Procrastinate worker, until a signal or until its database is gone."""
        connector = app.connector
        assert isinstance(connector, DjangoConnector)
        async with app.with_connector(connector.get_worker_connector()).open_async() as working:
            if Queue.SEND in self._queues:
                this_sender()
            options = {
                **working.worker_defaults,
                "queues": self._queues,
                "name": self._name,
                "concurrency": self._concurrency,
                "fetch_job_polling_interval": POLL_SECONDS,
                "delete_jobs": "successful",
                "install_signal_handlers": False,
            }
            self._worker = Worker(app=working, **options)  # type: ignore[arg-type]
            minding = asyncio.create_task(_mind_stalled_jobs(working))
            try:
                await self._worker.run()  # type: ignore[no-untyped-call]
            finally:
                self._worker = None
                minding.cancel()
                await asyncio.gather(minding, return_exceptions=True)


async def _mind_stalled_jobs(working: App) -> None:
    """Jobs of processes that died are taken up again; all of ours bear to be repeated."""
    while True:
        try:
            for job in await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                await _take_up_again(working, job)
        except exceptions.ConnectorException as problem:
            log.warning("stalled_jobs_unknown", problem=str(problem)[:200])
        await asyncio.sleep(STALLED_SECONDS)


async def _take_up_again(working: App, job: Job) -> None:
    try:
        await working.job_manager.retry_job(job)
        log.warning("job_taken_up_again", job=job.task_name, arguments=job.task_kwargs)
    except (exceptions.AlreadyEnqueued, exceptions.UniqueViolation):
        # The same job waits already, so this one has nothing to add.
        await working.job_manager.finish_job(job, Status.FAILED, delete_job=True)
