"""A worker that is killed: what it had in hand is taken up within seconds, once, and nobody who lives is disturbed."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from copies import Copies, Copy
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.workers.lifeline import GONE_SECONDS, LifeLine
from support.returned_mail import LOOP, SentCampaign, desk, sent_campaign
from support.waiting import stays_async, wait_until, wait_until_async

PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    assert database
    return sent_campaign(people=4)


@contextmanager
def ending(workers: list[Copy]) -> Iterator[None]:
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(20)


def one(question: str, *parameters: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def until(question: str, wanted: object, *parameters: object) -> None:
    wait_until(
        lambda: one(question, *parameters) == wanted,
        lambda: f"{wanted} as the answer to {question}, not {one(question, *parameters)}",
        seconds=PATIENCE_SECONDS,
    )


def is_handled(raw_mail_id: int) -> bool:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return RawMail.objects.filter(id=raw_mail_id, state=RawMailState.HANDLED).exists()


@pytest.mark.slow
def test_a_lane_goes_on_seconds_after_its_worker_was_killed(case: SentCampaign, database: str, copies: Copies) -> None:
    """The lane's lock belongs to a job that no one works on any longer; the message is acted on once.

    The dead worker's heartbeat is kept fresh, so only the loss of its locks can show that it is dead, however long
    that takes on a busy machine.
    """
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        RawMail.objects.filter(state=RawMailState.NEW).update(state=RawMailState.HANDLED)
    running = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'inbound.read_new' AND status = 'doing'"
    workers = [copies.start_worker("inbound")]
    with ending(workers), psycopg.connect(database) as owner:
        until("SELECT count(*) > 0 FROM procrastinate_workers", True)
        dead = one("SELECT max(id) FROM procrastinate_workers")
        owner.execute("LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE")
        (raw_mail_id,) = intake.store([Arrival("smtp", LOOP, "fbl@provider.example", desk("fbl"), case.report(0))])
        until(running, 1)
        workers[0].kill()
        owner.rollback()
        killed = time.monotonic()
        workers.append(copies.start_worker("inbound"))  # what a supervisor does

        def is_done() -> bool:
            owner.execute("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %s", [dead])
            owner.commit()
            return is_handled(raw_mail_id)

        wait_until(is_done, "the end of the dead worker's job", seconds=PATIENCE_SECONDS, pause=0.05)
        took = time.monotonic() - killed
    print(f"seconds from the kill to the end of the work: {took:.1f}")
    assert one("SELECT count(*) FROM procrastinate_workers WHERE id = %s", dead) == 0, "its row went with its locks"
    assert case.feedback(0) == ["complaint"]
    assert case.suppressions(0) == [("complaint", False)]


@pytest.mark.slow
def test_who_lives_keeps_his_job_and_who_died_loses_it(database: str) -> None:
    """By locks alone: both heartbeats are fresh."""
    asyncio.run(_two_workers(database))


async def _two_workers(database: str) -> None:
    assert isinstance(app.connector, DjangoConnector)
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as working:
        manager = working.job_manager
        living, dead = await manager.register_worker(), await manager.register_worker()
        jobs = {}
        with psycopg.connect(database, autocommit=True) as owner:
            for worker_id in (living, dead):
                row = owner.execute(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, args)"
                    " VALUES ('nobody-works-here', 'inbound.sweep', 'doing', %s, '{}') RETURNING id",
                    [worker_id],
                ).fetchone()
                assert row is not None
                jobs[worker_id] = row[0]
            theirs, ours, others = LifeLine(), LifeLine(), LifeLine()
            await theirs.hold(living)
            await ours.hold(dead)
            minding = [asyncio.create_task(line.mind(working)) for line in (theirs, others)]

            def are(state_of_the_dead: str) -> bool:
                return states(owner, jobs) == {living: "doing", dead: state_of_the_dead}

            await stays_async(lambda: are("doing"), "both jobs run", seconds=GONE_SECONDS + 3, pause=0.1)
            await ours.release()  # what the death of a process does to its connection
            await wait_until_async(lambda: are("todo"), "the job of the dead in the queue", seconds=PATIENCE_SECONDS)
            # Another check might take the living for dead, or resume the job again.
            await stays_async(lambda: are("todo"), "only the dead lost its job", seconds=GONE_SECONDS, pause=0.1)
            assert attempts(owner, jobs[dead]) == 1, "resumed once, however many check"
            for task in minding:
                task.cancel()
            await asyncio.gather(*minding, return_exceptions=True)
            await theirs.release()
            await others.release()
            owner.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [list(jobs.values())])
            owner.execute("DELETE FROM procrastinate_workers WHERE id = ANY(%s)", [[living, dead]])


def states(owner: psycopg.Connection[tuple[object, ...]], jobs: dict[int, int]) -> dict[int, object]:
    found = dict(owner.execute("SELECT id, status FROM procrastinate_jobs WHERE id = ANY(%s)", [list(jobs.values())]))
    return {worker_id: found[job_id] for worker_id, job_id in jobs.items()}


def attempts(owner: psycopg.Connection[tuple[object, ...]], job_id: int) -> object:
    row = owner.execute("SELECT attempts FROM procrastinate_jobs WHERE id = %s", [job_id]).fetchone()
    assert row is not None
    return row[0]
