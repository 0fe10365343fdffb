"""A slow program doesn't hold up others: slow ones share a few turns, and have a queue apart from everything else."""

from datetime import datetime

import psycopg

from mailflatrate.apps.events import delivering
from mailflatrate.apps.events.delivering import next_batch
from mailflatrate.apps.events.recording import SentEvent, record_batch
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.workers.worker import WEBHOOKS_AT_ONCE
from mailflatrate.rules.webhook_retries import SLOW_AT_ONCE, SLOW_SECONDS
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url
from mailflatrate.wire.push import PushResult
from support.receiver import Receiver
from support.webhooks import STARTED, Shop


def turns(shop: Shop) -> set[tuple[str, str]]:
    """Queue and lock of the jobs that wait to deliver to the shop; they are gone afterward."""
    with psycopg.connect(owner_url(load_settings())) as owner:
        rows = owner.execute(
            "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'events.deliver'"
            " AND (args ->> 'endpoint_id')::bigint = %s RETURNING queue_name, lock",
            [shop.id],
        ).fetchall()
    return {(queue, lock) for queue, lock in rows}


def answer_after(shop: Shop, seconds: float) -> None:
    """Record a batch that the program took so long for."""
    with tenancy.account(shop.account_id):
        batch = next_batch(shop.id)
        assert batch is not None
        began: datetime = clock.now()
        sent = [SentEvent(event, 0, PushResult(204, "", seconds), began) for event in batch.events]
        record_batch(batch.endpoint, batch.lane, sent, batch.position)


def test_slow_endpoints_share_a_few_turns(program: Receiver) -> None:
    slow = [Shop(program) for _number in range(SLOW_AT_ONCE + 2)]
    for shop in slow:
        shop.happens(STARTED)
        assert turns(shop) == {("webhook", f"webhook-{shop.id}")}
        answer_after(shop, SLOW_SECONDS * 3)
        shop.happens(STARTED)
    shared = [turns(shop) for shop in slow]
    assert len(set().union(*shared)) == SLOW_AT_ONCE < WEBHOOKS_AT_ONCE
    quick = Shop(program)
    quick.happens(STARTED)
    assert turns(quick) == {("webhook", f"webhook-{quick.id}")}


def test_a_job_of_the_other_kind_passes_its_work_on(program: Receiver) -> None:
    """So no two jobs work for an endpoint side by side when it becomes slow, or quick again."""
    shop = Shop(program)
    shop.happens(STARTED)
    answer_after(shop, SLOW_SECONDS * 3)
    shop.happens(STARTED, STARTED)
    turns(shop)
    assert shop.deliver() == 0 and program.taken == []
    assert turns(shop) == {("webhook", f"webhooks-slow-{shop.id % SLOW_AT_ONCE}")}
    assert delivering.deliver(shop.account_id, shop.id, is_slow=True) == 2
    assert not shop.row.is_slow
    shop.happens(STARTED)
    turns(shop)
    assert delivering.deliver(shop.account_id, shop.id, is_slow=True) == 0
    assert turns(shop) == {("webhook", f"webhook-{shop.id}")}
    assert shop.deliver() == 1
