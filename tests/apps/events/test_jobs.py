"""The jobs of webhooks: woken with the change itself, by the sweep, and the log that is forgotten."""

from datetime import timedelta

import psycopg

from mailflatrate.apps.events import jobs
from mailflatrate.base import clock
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url
from support.receiver import Receiver
from support.webhooks import STARTED, Shop


def queued(shop: Shop) -> int:
    with psycopg.connect(owner_url(load_settings())) as owner:
        row = owner.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'events.deliver'"
            " AND (args ->> 'endpoint_id')::bigint = %s",
            [shop.id],
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_one_transaction_enqueues_one_job(program: Receiver) -> None:
    shop = Shop(program)
    shop.happens(STARTED, STARTED, STARTED)
    assert queued(shop) == 1
    shop.happens(STARTED)
    assert queued(shop) == 2
    other = Shop(Receiver(url="https://crm.lindenhof.example/"), STARTED)
    assert queued(other) == 0


def test_the_sweep_wakes_who_has_something_to_get(program: Receiver) -> None:
    shop = Shop(program)
    shop.happens(STARTED)
    before = queued(shop)
    jobs.sweep(0)
    assert queued(shop) == before + 1
    shop.deliver()
    idle = Shop(Receiver(url="https://crm.lindenhof.example/"))
    jobs.sweep(0)
    assert queued(idle) == 0


def test_the_test_button_sends_one_event(program: Receiver) -> None:
    shop = Shop(program)
    jobs.send_test(shop.account_id, shop.id)
    assert program.types == ["webhook.test"]
    assert shop.attempts() == [(204, 1)]


def test_the_log_is_forgotten_after_its_time(program: Receiver) -> None:
    shop = Shop(program)
    shop.happens(STARTED)
    shop.deliver()
    with clock.frozen_at(clock.now() + jobs.TAKEN_KEPT + timedelta(hours=1)):
        jobs.forget_attempts(0)
    assert shop.attempts() == []
