"""Nothing works by accident of imports: a process that has only booted has every registry full, and runs every job."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mailflatrate
from mailflatrate.apps.lists.actions import fields
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.bulk.selection import BulkSelection
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.apps.segments.models import BulkAction, BulkKind
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.long_task import TaskState
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import load_settings
from support.customers import Customer
from support.forms import DOMAIN, customer_with_form
from support.waiting import wait_until

GROWN = """
import json, pkgutil, sys
from importlib import import_module
from mailflatrate.entrypoints.boot import boot
from mailflatrate.settings.links import ProcessPurpose
boot(ProcessPurpose(sys.argv[1]))
from procrastinate.contrib.django import app
import mailflatrate

def containers():
    for name, module in list(sys.modules.items()):
        if name.startswith("mailflatrate."):
            for variable, value in vars(module).items():
                if isinstance(value, (dict, list, set)) and not variable.startswith("__"):
                    yield f"{name}.{variable}", sorted(map(str, value))
    yield "jobs", sorted(app.tasks)

before = dict(containers())
for module in pkgutil.walk_packages(mailflatrate.__path__, "mailflatrate."):
    if ".migrations" not in module.name:
        import_module(module.name)
after = dict(containers())
print(json.dumps({name: sorted({*after[name]} - {*keys}) for name, keys in before.items() if after[name] != keys}))
"""
"""Prints what each module-level container gains once every other module is loaded."""

RUN_JOBS = """
import inspect, json, sys, time, traceback
from mailflatrate.entrypoints.boot import boot
from mailflatrate.settings.links import ProcessPurpose
boot(ProcessPurpose(sys.argv[1]))
from procrastinate.contrib.django import app
from django.core.exceptions import ObjectDoesNotExist
from django.db import connections

VALUES = {"int": 2**40, "int | None": 2**40, "bool": False, "str": "x", "list": [2**40]}

def value_of(parameter):
    kind = parameter.annotation
    return int(time.time()) if parameter.name == "timestamp" else VALUES[getattr(kind, "__name__", str(kind))]

wrong, ran = {}, []
for name, task in sorted(app.tasks.items()):
    if task.queue != sys.argv[2]:
        continue
    needed = [each for each in inspect.signature(task.func).parameters.values() if each.default is each.empty]
    try:
        task.func(**{each.name: value_of(each) for each in needed})
    except ObjectDoesNotExist:
        pass
    except (LookupError, ImportError, AttributeError, NameError, TypeError):
        wrong[name] = traceback.format_exc()[-900:]
    except Exception as error:  # a row that doesn't exist, or no worker around the job: not about what is loaded
        print(name, repr(error)[:200], file=sys.stderr)
    ran.append(name)
    connections.close_all()
print(json.dumps({"wrong": wrong, "ran": ran}))
"""
"""Runs every job of a queue, those without a schedule for rows that don't exist."""


def environment_of_a_service() -> dict[str, str]:
    return dict(os.environ) | {
        "MAILFLATRATE_APP_DATABASE_URL": app_login(load_settings()),
        "PYTHONPATH": str(Path(mailflatrate.__file__).parents[1]),
    }


def alone(program: str, *arguments: str) -> str:
    """Run a program in a new interpreter with the settings of the tests; return what it printed."""
    environment = environment_of_a_service()
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stderr[-3000:])
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("purpose", list(ProcessPurpose))
def test_registries_are_full_once_a_process_has_booted(database: str, purpose: ProcessPurpose) -> None:
    assert database
    assert json.loads(alone(GROWN, purpose.value)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("queue", list(JobQueue))
def test_every_job_runs_in_a_process_that_has_only_booted(database: str, queue: JobQueue) -> None:
    assert database
    purpose = ProcessPurpose.SENDING if queue is JobQueue.SEND else ProcessPurpose.JOBS
    result = json.loads(alone(RUN_JOBS, purpose.value, queue.value))
    assert result["wrong"] == {}
    assert result["ran"]


@pytest.mark.slow
def test_a_worker_carries_out_every_kind_of_bulk_action(database: str) -> None:
    assert database
    case = customer_with_form()
    case.anna.with_people(3, DOMAIN)
    with tenancy.account(case.anna.account_id):
        key = fields.create_field(FieldDraft("City", "text", "to thank them")).key
    parameters: dict[BulkKind, dict[str, Any]] = {
        BulkKind.ADD_TAG: {"tag": "spring"},
        BulkKind.REMOVE_TAG: {"tag": "spring"},
        BulkKind.SET_FIELD: {"key": key, "value": "Flensburg"},
        BulkKind.UNSUBSCRIBE: {"list": None},
        BulkKind.ASK_AGAIN: {"form": case.form_id},
        BulkKind.ERASE: {},
    }
    command = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "worker", "--queues", "import"]
    worker = subprocess.Popen(command, env=environment_of_a_service())
    try:
        for kind in BulkKind:
            action = _carried_out(case.anna, kind, parameters[kind])
            assert (action.state, action.done) == (TaskState.DONE, action.total), (kind, action.problem)
            assert action.changed >= (0 if kind is BulkKind.ASK_AGAIN else 3), (kind, action.skipped)
    finally:
        worker.terminate()
        worker.wait(30)


def _carried_out(case: Customer, kind: BulkKind, parameters: dict[str, Any]) -> BulkAction:
    def ended() -> BulkAction | None:
        with tenancy.account(case.account_id):
            found = BulkAction.objects.get(id=action_id)
        return None if found.is_under_way else found

    with tenancy.account(case.account_id):
        action_id = bulk.start_bulk(kind, BulkSelection(wanted=ContactFilter()), parameters, by=case.owner).id
    return wait_until(ended, f"the end of {kind}")
