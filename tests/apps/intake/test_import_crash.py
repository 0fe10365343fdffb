"""A worker that is killed in the midst of a file: every slice is whole or not there, and the next runner goes on."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.intake.actions import import_checks, imports
from mailflatrate.apps.intake.jobs import resume_tasks
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER, tables
from support.customers import Customer
from support.waiting import wait_until

Line = Callable[..., str]
ROWS, SLICE = 2000, 100
WORKER = """
import sys
from mailflatrate.entrypoints.boot import boot
boot()
from mailflatrate.apps.intake.runner import run_import
run_import(int(sys.argv[1]), int(sys.argv[2]), slice_rows=int(sys.argv[3]))
"""


def worker(anna: Customer, job: Import) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {"MAILFLATRATE_DATA_DIR": str(load_settings().data_dir), "MAILFLATRATE_LOG_LEVEL": "ERROR"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(anna.account_id), str(job.id), str(SLICE)], env=environment
    )


def state(anna: Customer, job: Import) -> Import:
    with tenancy.account(anna.account_id):
        return Import.objects.get(id=job.id)


def consistent(anna: Customer, job: Import) -> None:
    """Counters, people, proof and position say the same."""
    now = state(anna, job)
    assert now.rows_read % SLICE == 0
    with tenancy.account(anna.account_id):
        counts = [table.objects.count() for table in (Contact, Subscription, ConsentEvent)]
    assert counts == [now.accepted] * 3
    assert now.accepted == now.rows_read


@pytest.mark.slow
def test_an_import_survives_kill_9_again_and_again(anna: Customer, carla: Customer, line: Line) -> None:
    lines = [line(f"dora{number}x@kunde-{number % 50}.de", ip=f"203.0.113.{number % 250}") for number in range(ROWS)]
    data = "\n".join([HEADER, *lines]).encode()
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)
    kills = 0
    for _ in range(2):
        process, before = worker(anna, job), state(anna, job).rows_read

        def has_begun(process: subprocess.Popen[bytes] = process, before: int = before) -> bool:
            return state(anna, job).rows_read != before or process.poll() is not None

        wait_until(has_begun, "the first slice", pause=0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += process.returncode == -signal.SIGKILL
        _until_unlocked(job)
        consistent(anna, job)
    assert kills, "the worker was too fast to be killed"
    assert state(anna, job).state == ImportState.RUNNING
    resume_tasks(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.run_import'"
            " AND (args->>'task_id')::int = %s",
            [job.id],
        )
        assert cursor.fetchone() == (1,), "the house notices the orphan"
    run_import(anna.account_id, job.id, slice_rows=SLICE)
    done = state(anna, job)
    assert (done.state, done.rows_read, done.accepted) == (ImportState.DONE, ROWS, ROWS)
    consistent(anna, job)
    with tenancy.account(anna.account_id):
        import_checks.check_import(job.id)
    carla.bring(data, slice_rows=SLICE)
    assert _people(anna) == _people(carla), "as if nothing had happened"


def _until_unlocked(job: Import) -> None:
    """PostgreSQL rolls a dead client's transaction back when it notices."""

    def is_free() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [job.id])
            return bool(cursor.fetchone() == (0,))

    wait_until(is_free, "the dead worker's lock")


def _people(place: Customer) -> set[tuple[str, str]]:
    assert tables(place.account_id)["contact"]
    with tenancy.account(place.account_id):
        return set(Subscription.objects.values_list("contact__email", "state"))
