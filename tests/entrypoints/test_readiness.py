"""`/readyz` says whether the installation can work, `/readyz/web` whether this process can serve pages."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.test import Client, override_settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from entrypoints.test_health import no_database
from mailflatrate.base import jobs
from mailflatrate.base.job_queue import oldest_due_seconds, served_queues
from mailflatrate.base.jobs import JobQueue
from mailflatrate.entrypoints.web import health
from mailflatrate.entrypoints.workers.lifeline import LifeLine


@pytest.fixture(autouse=True)
def asked_anew(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """No test sees what another one found, or jobs that another one left behind."""
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(health, "OLDEST_SECONDS", 86_400.0)
    health.forget()
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_workers")
        owner.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
    return database


def problems(path: str = "/readyz", **extra: str) -> tuple[int, dict[str, str]]:
    answer = Client(**extra).get(path)  # type: ignore[arg-type]
    checks = answer.json().get("checks", {})
    return answer.status_code, {name: text for name, text in checks.items() if text != "ok"}


async def _begin(line: LifeLine, *queues: JobQueue) -> None:
    assert isinstance(app.connector, DjangoConnector)
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as working:
        worker_id = await working.job_manager.register_worker()
    await line.hold(worker_id, "worker-7", [queue.value for queue in queues])


@pytest.fixture
def serving() -> Iterator[None]:
    """Two processes that serve all queues between them."""
    with asyncio.Runner() as runner:
        lines = [LifeLine(), LifeLine()]
        runner.run(_begin(lines[0], JobQueue.SEND, JobQueue.EXPRESS))
        runner.run(_begin(lines[1], *(queue for queue in JobQueue if queue not in (JobQueue.SEND, JobQueue.EXPRESS))))
        yield
        for line in lines:
            runner.run(line.release())


def test_without_workers_pages_are_served_and_nothing_is_ready() -> None:
    assert problems() == (
        503,
        {"workers": "none for send, express, plan, import, inbound, house, webhook, fetch, writing"},
    )
    assert problems("/readyz/web") == (200, {})


@pytest.mark.usefixtures("serving")
def test_ready_when_each_queue_is_served(asked_anew: str) -> None:
    assert problems() == (200, {})
    with psycopg.connect(asked_anew, autocommit=True) as owner:
        found = owner.execute("SELECT name, host <> '', pid > 0, queues FROM worker_process ORDER BY worker_id")
        assert found.fetchone() == ("worker-7", True, True, ["express", "send"])
        owner.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds' WHERE id = "
            "(SELECT max(worker_id) FROM worker_process)"
        )
    assert problems() == (503, {"workers": "none for plan, import, inbound, house, webhook, fetch, writing"})
    assert served_queues()[JobQueue.SEND] == 1


@pytest.mark.usefixtures("serving")
def test_a_worker_that_is_gone_takes_its_row_along(asked_anew: str) -> None:
    with psycopg.connect(asked_anew, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_workers")
        assert owner.execute("SELECT count(*) FROM worker_process").fetchone() == (0,)


@pytest.mark.usefixtures("serving")
def test_a_job_nobody_takes_is_noticed_and_one_for_later_is_not(
    asked_anew: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM procrastinate_jobs")
        (before,) = cursor.fetchone()
    jobs.defer("test.waits", JobQueue.IMPORT)
    with psycopg.connect(asked_anew, autocommit=True) as owner:
        owner.execute("UPDATE procrastinate_events SET at = now() - interval '30 days' WHERE job_id > %s", [before])
    monkeypatch.setattr(health, "OLDEST_SECONDS", 29 * 86_400.0)
    try:
        status, found = problems()
        assert (status, found.keys()) == (503, {"jobs"})
        assert found["jobs"].startswith("due and not taken: import 2592")
        with psycopg.connect(asked_anew, autocommit=True) as owner:
            owner.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE id > %s", [before]
            )
        assert oldest_due_seconds()[JobQueue.IMPORT] < 29 * 86_400
        assert problems() == (200, {})
    finally:
        with psycopg.connect(asked_anew, autocommit=True) as owner:
            owner.execute("DELETE FROM procrastinate_jobs WHERE id > %s AND task_name = 'test.waits'", [before])


def test_a_migration_that_is_missing_is_noticed(asked_anew: str) -> None:
    with psycopg.connect(asked_anew, autocommit=True) as owner:
        owner.execute("DELETE FROM django_migrations WHERE app = 'processes'")
        try:
            assert problems("/readyz/web") == (503, {"migrations": "1 are not applied"})
        finally:
            owner.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('processes', '0001_initial', now())"
            )
    assert problems("/readyz/web") == (200, {})


def test_without_a_database_it_says_so_and_recovers() -> None:
    with no_database():
        assert problems("/readyz/web") == (503, {"database": "OperationalError"})
        assert Client().get("/readyz").status_code == 503
    assert problems("/readyz/web") == (200, {})


@override_settings(ALLOWED_HOSTS=["mail.service.example"])
def test_machines_ask_by_address() -> None:
    by_address = Client(headers={"host": "10.1.2.3:8000"})
    assert by_address.get("/readyz/web").status_code == 200
    assert by_address.get("/readyz").status_code == 503
    assert by_address.post("/readyz").status_code == 405
