"""SQL of an attacker under the application role has the workers do nothing, resets no limit and forges no audit line.

Like test_access_sql.py; here are the tables that belong to no account.
"""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.periodic import PeriodicDeferrer
from psycopg import errors

from mailflatrate.apps.forms.actions.request_limits import count_answer, count_asked, forget_tallies
from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.models import (
    AskingTally,
    ConfirmationMark,
    ConfirmationRequestKind,
    SignupCounter,
    SignupRequest,
)
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.roles import APP_ROLE, ERASER_ROLE, LIMITED_ROLE, PLATFORM_ROLE
from support.customers import Customer, sending_customer
from support.people import operator

ROLES = (APP_ROLE, PLATFORM_ROLE, ERASER_ROLE, LIMITED_ROLE)
_JOB = (
    "INSERT INTO procrastinate_jobs (queue_name, task_name, args{more}) VALUES ('inbound', '{name}', '{args}'{value})"
)
_LINE = (
    "INSERT INTO audit_entry (at, actor_kind, actor_id, actor, action, account_id, subject, reason, details)"
    " VALUES (now(), '{kind}', {id}, '{actor}', 'account.activated', {{account}}, '', 'Eve was here', '{{{{}}}}')"
)


@pytest.fixture(scope="module")
def values(anna: Customer) -> dict[str, object]:
    """Rows for each statement to touch, and their names."""
    otto = operator()
    today = clock.now().date()
    with tenancy.account(anna.account_id):
        AskingTally.objects.create(day=today, asked=10, confirmed=3, denied=2, unknown=1)
    count([b"0123456789abcdef"], clock.now() + timedelta(hours=1))
    count([b"0123456789abcdef"], clock.now() + timedelta(hours=1))
    ConfirmationMark.objects.create(mailbox_key=b"m" * 32, at=clock.now())
    cache.set("tries", 5, 600)
    jobs.defer("intake.sweep_uploads", jobs.JobQueue.HOUSE, at=clock.now() + timedelta(days=300))
    asyncio.run(_as_worker("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    asyncio.run(_as_worker("INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp) VALUES ('a.b', 1)"))
    return {"account": anna.account_id, "otto": otto.id, "otto_email": otto.email, "anna": anna.owner.id}


async def _as_worker(statement: LiteralString) -> None:
    """Over the pool of a worker process, which shows the pass for as long as it lives."""
    assert isinstance(app.connector, DjangoConnector)
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as working:
        await working.connector.execute_query_async(statement)


DEEDS = {
    "have a contact bounce": _JOB.format(
        name="delivery.count_bounces", args='{{"account_id": {account}, "delivery_ids": []}}', more="", value=""
    ),
    "have a password mailed": _JOB.format(name="accounts.send_password_reset", args='{{"user": 1}}', more="", value=""),
    "wipe early": _JOB.format(name="privacy.wipe_late", args='{{"timestamp": 1}}', more="", value=""),
    "hold up a job of others by its key": _JOB.format(
        name="a.b",
        args='{{"account_id": {account}}}',
        more=", queueing_lock, scheduled_at",
        value=", 'consent.seal_ledger', now() + interval '99 years'",
    ),
    "ask by the library's function": "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('house', 'privacy.wipe_late', 0,"
    " NULL, NULL, '{{}}', NULL)::procrastinate_job_to_defer_v1])",
    "ask by the library's schedule": "SELECT procrastinate_defer_periodic_job_v2('house', NULL, NULL,"
    " 'privacy.wipe_late', 0, '', 17, '{{\"timestamp\": 17}}')",
    "make a job another": "UPDATE procrastinate_jobs SET task_name = 'privacy.wipe_late'",
    "put jobs off": "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '99 years'",
    "drop jobs": "DELETE FROM procrastinate_jobs WHERE task_name = 'intake.sweep_uploads'",
    "drop the history": "DELETE FROM procrastinate_events",
    "say a schedule was served": "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp)"
    " VALUES ('consent.seal_ledger', 99999999999)",
    "drop the schedule": "DELETE FROM procrastinate_periodic_defers",
    "drop workers": "DELETE FROM procrastinate_workers",
    "pretend to be a worker": "INSERT INTO worker_process (worker_id, name, host, pid, queues)"
    " SELECT max(id), 'eve', 'eve', 1, ARRAY['send', 'house'] FROM procrastinate_workers",
    "forget who was asked": "DELETE FROM asking_tally WHERE account_id = {account}",
    "lower who was asked": "UPDATE asking_tally SET asked = 3 WHERE account_id = {account}",
    "lower who confirmed": "UPDATE asking_tally SET confirmed = 0 WHERE account_id = {account}",
    "confirm more than were asked": "UPDATE asking_tally SET confirmed = 11 WHERE account_id = {account}",
    "move a tally": "UPDATE asking_tally SET day = '2000-01-01' WHERE account_id = {account}",
    "book a tally on a key": "UPDATE asking_tally SET key_id = 1 WHERE account_id = {account}",
    "write like staff": _LINE.format(kind="Staff", id="{otto}", actor="{otto_email}"),
    "write like staff with a space": _LINE.format(kind="staff ", id="{anna}", actor="Otto"),
    "write as a customer who is staff": _LINE.format(kind="customer", id="{otto}", actor="Otto"),
    "write as a job with the address of staff": _LINE.format(kind="machine", id="NULL", actor="{otto_email}"),
    "have a migration run again": "DELETE FROM django_migrations",
    "rename anybody": "UPDATE user_account SET name = 'Eve' WHERE id = {otto}",
    "forget tries": "DELETE FROM shared_entry",
    "lower tries": "UPDATE shared_entry SET value = '0'",
    "let tries expire": "UPDATE shared_entry SET expires_at = now()",
    "forget sign-ups": "DELETE FROM signup_counter",
    "lower sign-ups": "UPDATE signup_counter SET count = 0",
    "let sign-ups expire": "UPDATE signup_counter SET expires_at = now()",
    "forget confirmation mails": "DELETE FROM confirmation_mark",
    "age confirmation mails": "UPDATE confirmation_mark SET at = '2000-01-01'",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("deed", DEEDS)
def test_raw_sql_is_refused(values: dict[str, object], attacker: psycopg.Connection, role: str, deed: str) -> None:
    try:
        with attacker.transaction():
            tenancy.enter_account(attacker, int(str(values["account"])))
            attacker.execute(f"SET LOCAL ROLE {role}")
            touched = attacker.execute(DEEDS[deed].format(**values)).rowcount
    except (errors.InsufficientPrivilege, errors.CheckViolation, errors.RaiseException):
        touched = 0
    assert touched == 0, "neither refused nor hidden from this role"


def test_the_same_statements_touch_rows_where_nobody_holds_them(values: dict[str, object], database: str) -> None:
    """Without it, the test above would prove nothing: triggers don't fire for the owner. Constraints still do."""
    with psycopg.connect(database) as owner:
        owner.execute("SET session_replication_role = replica")
        for deed, statement in DEEDS.items():
            try:
                with owner.transaction(force_rollback=True):
                    # A job that waits under the same key would refuse the row as a double.
                    owner.execute("UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE status = 'todo'")
                    assert owner.execute(statement.format(**values)).rowcount > 0, deed
            except errors.CheckViolation:
                assert deed in {"confirm more than were asked", "write like staff", "write like staff with a space"}


def in_account(anna: Customer) -> AbstractContextManager[None]:
    return tenancy.account(anna.account_id)


def in_platform(_anna: Customer) -> AbstractContextManager[None]:
    return tenancy.platform(PlatformReason.HOUSEKEEPING)


def nowhere(_anna: Customer) -> AbstractContextManager[None]:
    return nullcontext()


@pytest.mark.parametrize("scope", [in_account, in_platform, nowhere])
def test_the_application_asks_for_jobs_and_takes_its_pass_back(
    anna: Customer, scope: Callable[[Customer], AbstractContextManager[None]]
) -> None:
    name = f"test.{uuid.uuid4().hex}"
    with scope(anna):
        jobs.defer(name, jobs.JobQueue.HOUSE, once=name, account_id=anna.account_id)
        jobs.defer(name, jobs.JobQueue.HOUSE, once=name, account_id=anna.account_id)
        with transaction.atomic():
            jobs.wake(name, jobs.JobQueue.HOUSE, once=name + "woken", lock=name, account_id=anna.account_id)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT public.job_open()")
            assert cursor.fetchone() == (False,)
    waiting = ProcrastinateJob.objects.filter(task_name=name)
    assert sorted(waiting.values_list("queueing_lock", flat=True)) == [name, name + "woken"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.job_open()")
        assert cursor.fetchone() == (False,)


def test_the_pass_for_jobs_is_not_in_the_text_of_a_statement(anna: Customer, attacker: psycopg.Connection) -> None:
    with tenancy.account(anna.account_id), tenancy.deferring():
        row = attacker.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [connection.connection.info.backend_pid]
        ).fetchone()
        with tenancy.job_pass() as (_setting, shown):
            pass
    assert row is not None
    assert "set_config" in row[0]
    assert shown not in row[0]


def test_the_schedule_still_runs(database: str) -> None:
    """Procrastinate's own deferrer, over Django's connection, outside of any scope."""
    deferrer = PeriodicDeferrer(registry=app.periodic_registry)
    task = next(each for each in app.periodic_registry.periodic_tasks.values() if each.task.name == "forms.forget_old")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'forms.forget_old'")
        moment = 4_000_000_000 + uuid.uuid4().int % 1_000_000
        asyncio.run(deferrer.defer_jobs([(task, moment)]))
        args = owner.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'forms.forget_old'").fetchall()
        owner.execute("DELETE FROM procrastinate_periodic_defers WHERE defer_timestamp = %s", [moment])
        owner.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'forms.forget_old'")
    assert args == [({"timestamp": moment},)]


def test_an_account_withdraws_its_own_jobs_alone(anna: Customer, attacker: psycopg.Connection) -> None:
    carla = sending_customer()
    name = f"test.{uuid.uuid4().hex}"
    for account_id in (anna.account_id, carla.account_id):
        jobs.defer(name, jobs.JobQueue.HOUSE, account_id=account_id)
    drop = "DELETE FROM procrastinate_jobs WHERE task_name = %s AND args ->> 'account_id' = %s"
    with attacker.transaction():
        tenancy.enter_account(attacker, carla.account_id)
        with pytest.raises(errors.InsufficientPrivilege), attacker.transaction():
            attacker.execute(drop, [name, str(anna.account_id)])
        assert attacker.execute(drop, [name, str(carla.account_id)]).rowcount == 1


def test_the_application_counts_and_forgets(anna: Customer, values: dict[str, object]) -> None:
    key = uuid.uuid4().bytes
    assert count([key], clock.now()) == {key: 1}
    assert count([key], clock.now()) == {key: 2}
    with tenancy.account(anna.account_id):
        at = clock.now() - timedelta(days=2)
        request = SignupRequest(kind=ConfirmationRequestKind.API, requested_at=at)
        count_answer(request, yes=True)  # asked before anybody counted: the yes is taken, the share does not rise
        assert AskingTally.objects.get(day=at.date()).confirmed == 0
        count_asked(None, at)
        count_answer(request, yes=True)
        assert AskingTally.objects.get(day=at.date()).confirmed == 1
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        assert SignupCounter.objects.filter(key=key).delete()[0] == 1
        AskingTally.objects.create(account_id=anna.account_id, day=at.date() - timedelta(days=100), asked=1)
        forget_tallies()
        assert not AskingTally.objects.filter(day__lt=at.date() - timedelta(days=99)).exists()
    name = uuid.uuid4().hex
    assert cache.add(name, 1, 60)
    assert not cache.add(name, 2, 60)
    cache.set(name, 3, 60)
    assert cache.get(name) == 3
    assert cache.delete(name)
    anna.owner.name = "Anna B."
    anna.owner.save(update_fields=["name"])
