"""How many connections a worker and a sender have, and that one connection is enough to hear of new jobs at once."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from procrastinate.contrib.django import app

import mailflatrate
from copies import Copies
from estate import build_estate, release
from mailflatrate.base.job_connector import JobConnector
from mailflatrate.base.job_queue import served_queues
from mailflatrate.base.jobs import JobQueue, defer, job
from mailflatrate.entrypoints.workers.lifeline import LifeLine
from mailflatrate.entrypoints.workers.worker import PatientWorker
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import load_settings
from support.waiting import stays, wait_until, wait_until_async

NAME = "test.heard_of"
OPEN = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE %s"
MOST = {"sending": 4, "jobs": 3}
PATIENCE_SECONDS = 60.0


@pytest.fixture(autouse=True)
def no_jobs(database: str) -> None:
    """A worker that finds work of other tests is not idle."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


@pytest.fixture
def processes(no_jobs: None, copies: Copies) -> Iterator[list[str]]:
    """A sender and a worker of the service, as systemd would start them; the kinds of connections they have."""
    environment = dict(os.environ) | {
        "MAILFLATRATE_APP_DATABASE_URL": app_login(load_settings()),
        "MAILFLATRATE_RELAY_PORT": "9",
    }
    running = [
        copies.start("worker", "--queues", queues, purpose=purpose, environment=environment)
        for queues, purpose in (("send", "sending"), ("plan,import,inbound,house", "jobs"))
    ]
    yield ["mailflatrate sending", "mailflatrate sender", "mailflatrate watch", "mailflatrate jobs"]
    for process in running:
        process.terminate()
    for process in running:
        process.wait(20)


def open_now(owner: psycopg.Connection[tuple[object, ...]], kinds: list[str]) -> Counter[str]:
    found = Counter[str]()
    for (name,) in owner.execute(OPEN, ["mailflatrate %"]).fetchall():
        if name in kinds:
            found["jobs" if name == "mailflatrate jobs" else "sending"] += 1
    return found


@pytest.mark.slow
def test_a_sender_has_four_connections_and_a_worker_three(database: str, processes: list[str]) -> None:
    """This holds even while a campaign waits for its relay and the `house` queue does what is due."""
    with psycopg.connect(database, autocommit=True) as owner:
        wait_until(
            lambda: set(open_now(owner, processes)) == set(MOST),
            lambda: f"a connection of each kind beside {open_now(owner, processes)}",
        )
        # Webhooks and strangers' pages are served beside all other jobs, by workers of their own.
        wait_until(lambda: served_queues().keys() == set(JobQueue), lambda: f"every queue, not {served_queues()}")
        beside = owner.execute("SELECT queues FROM worker_process WHERE name IN ('worker-fetch', 'worker-webhook')")
        assert sorted(beside.fetchall()) == [(["fetch"],), (["webhook"],)]
        release(build_estate(20))
        connections.close_all()
        most: Counter[str] = Counter()

        def within_limits() -> bool:
            now = open_now(owner, processes)
            nonlocal most
            most |= now
            return all(now[kind] <= MOST[kind] for kind in MOST)

        stays(within_limits, lambda: f"at most {MOST} connections, not {dict(most)}", seconds=10, pause=0.1)
    print(f"at most {dict(most)}")
    assert most["sending"] > 0 and most["jobs"] > 0, most


BUSY = """
from mailflatrate.entrypoints.boot import boot
from mailflatrate.settings.links import ProcessPurpose
boot(ProcessPurpose.JOBS)
import time
from django.db import connection
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.session_lock import session_lock
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.workers.worker import run_worker

@job("test.busy", JobQueue.IMPORT)
def busy(number):
    with session_lock(4711 + number) as is_free:
        assert is_free
        for _ in range(40):
            with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.02)")
            time.sleep(0.005)

run_worker(["import"], 4)
"""


BUSY_NOW = """
SELECT count(*) FILTER (WHERE status = 'doing'), count(*) FROM procrastinate_jobs WHERE task_name = 'test.busy'
"""


@pytest.mark.slow
def test_four_busy_jobs_share_two_connections(database: str) -> None:
    """Each holds a lock of a session all the time, as an import does, and all of them run at once."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
        for number in range(8):
            defer("test.busy", JobQueue.IMPORT, number=number)
        connections.close_all()
        environment = dict(os.environ) | {
            "MAILFLATRATE_APP_DATABASE_URL": app_login(load_settings()),
            "PYTHONPATH": str(Path(mailflatrate.__file__).parents[1]),
        }
        environment.pop("MAILFLATRATE_TEST_DATA_DIR", None)
        running = subprocess.Popen([sys.executable, "-c", BUSY], env=environment, stderr=subprocess.DEVNULL)
        most = most_at_once = 0

        def are_done() -> bool:
            nonlocal most, most_at_once
            most = max(most, open_now(owner, ["mailflatrate jobs"])["jobs"])
            row = owner.execute(BUSY_NOW).fetchone()
            at_once, left = row or (0, 0)
            most_at_once = max(most_at_once, at_once)
            return not left

        try:
            wait_until(are_done, "the end of all jobs, which must not wait for each other")
        finally:
            running.terminate()
            running.wait(20)
    assert most_at_once == 4
    assert 0 < most <= MOST["jobs"]


def test_a_job_is_heard_of_at_once_over_the_one_connection(database: str) -> None:
    """Without a notification it would begin with the next poll, which is far away here."""
    assert database
    begun: list[float] = []

    @job(NAME, JobQueue.IMPORT)
    def heard_of() -> None:
        begun.append(time.monotonic())

    async def work() -> list[float]:
        assert isinstance(app.connector, JobConnector)
        connector = app.connector.get_worker_connector()
        asked = []
        async with app.with_connector(connector).open_async() as working:
            line = LifeLine(connector)
            workers = [
                PatientWorker(
                    app=working,
                    life_line=line,
                    queues=[queue.value],
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=60.0,
                )
                for queue in (JobQueue.IMPORT, JobQueue.EXPRESS)
            ]
            running = [asyncio.create_task(worker.run()) for worker in workers]

            def are_idle() -> bool:
                return all(worker._new_job_event._waiters for worker in workers)  # type: ignore[attr-defined]

            for _ in range(3):
                await wait_until_async(are_idle, "workers that wait for a notification")
                asked.append(time.monotonic())
                await asyncio.to_thread(defer, NAME, JobQueue.IMPORT)
                await wait_until_async(lambda: len(begun) == len(asked), "the job", seconds=10)
            for worker in workers:
                worker.stop()
            await asyncio.gather(*running)
        await asyncio.to_thread(connections.close_all)
        return asked

    try:
        asked = asyncio.run(work())
    finally:
        del app.tasks[NAME]
    assert len(begun) == 3
    assert max(start - question for start, question in zip(begun, asked, strict=True)) < 3.0
