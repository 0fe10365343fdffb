"""A worker and its jobs: a failed job does not block the next."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from mailflatrate.base.jobs import JobQueue, TaskFailed, job, wake
from mailflatrate.base.metrics.names import JOBS
from mailflatrate.entrypoints.workers.lifeline import LifeLine
from mailflatrate.entrypoints.workers.worker import PatientWorker

NAME, LANE = "test.fails_once", "test-lane"


@pytest.fixture
def runs(database: str) -> Iterator[list[int]]:
    """A job that fails when it runs first, while the next one with its key and lock waits already."""
    assert database
    begun: list[int] = []

    @job(NAME, JobQueue.IMPORT)
    def fails_once() -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            wake(NAME, JobQueue.IMPORT, once=LANE, lock=LANE)
            connection.close()  # this thread's own
            raise RuntimeError("the database went away")

    yield begun
    del app.tasks[NAME]


def test_a_job_that_failed_gives_way_to_the_one_that_waits(runs: list[int]) -> None:
    wake(NAME, JobQueue.IMPORT, once=LANE, lock=LANE)
    asyncio.run(work_off())
    assert runs == [0, 1], "the lock was let go"
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE task_name = %s", [NAME])
        assert cursor.fetchall() == []


def test_a_long_task_that_failed_counts_as_failed_and_is_not_tried_again(database: str) -> None:
    """A retry would find the task's row closed, succeed, and hide the failure from the alert JobsFail."""
    assert database
    begun: list[int] = []

    @job("test.task_fails", JobQueue.IMPORT)
    def task_fails() -> None:
        begun.append(1)
        connection.close()  # this thread's own
        raise TaskFailed("export failed")

    failed = JOBS.labels("test.task_fails", "failed")
    before = failed._value.get()
    try:
        wake("test.task_fails", JobQueue.IMPORT, once="test-task")
        asyncio.run(work_off())
    finally:
        del app.tasks["test.task_fails"]
    assert begun == [1]
    assert failed._value.get() == before + 1


async def work_off() -> None:
    """Until nothing waits, what earlier tests left behind included. Jobs run in one thread, which ends with this."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    assert isinstance(app.connector, DjangoConnector)
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as working:
        line = LifeLine()
        worker = PatientWorker(
            app=working,
            life_line=line,
            queues=[JobQueue.IMPORT.value],
            wait=False,
            install_signal_handlers=False,
            delete_jobs="successful",
        )
        try:
            await worker.run()
        finally:
            await line.release()
    await asyncio.to_thread(connections.close_all)
