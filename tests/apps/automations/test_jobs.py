"""The sweep wakes accounts that have something to do, once."""

from typing import Any

from django.db import connection

from mailflatrate.apps.automations import jobs
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer

_WAITING = """
SELECT count(*) FROM procrastinate_jobs
WHERE task_name = 'automations.advance' AND status = 'todo' AND (args->>'account_id')::bigint = %s
"""


def waiting(account_id: int) -> int:
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(_WAITING, [account_id])
        return int(cursor.fetchone()[0])


def test_the_sweep_wakes_an_account_once(anna: Customer, wait: dict[str, Any]) -> None:
    journey = Journey.begun(anna, wait)
    jobs.advance(anna.account_id)
    before = waiting(anna.account_id)
    journey.arrive(*journey.contacts())
    jobs.sweep(0)
    jobs.sweep(60)
    assert waiting(anna.account_id) == max(before, 1)
    jobs.advance(anna.account_id)
    assert set(journey.at().values()) == {"w"}
