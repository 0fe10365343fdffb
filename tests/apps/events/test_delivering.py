"""Deliveries to an endpoint: signed, each event at least once, withdrawals first, and what a failing one gets.

A slow program doesn't hold up others: slow ones share a few turns, and have a queue apart from everything else.
"""

from datetime import datetime, timedelta

import psycopg

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.events import delivering, queries
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.delivering import next_batch
from mailflatrate.apps.events.models import EndpointState, WebhookAttempt
from mailflatrate.apps.events.recording import SentEvent, record_batch
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.workers.worker import WEBHOOKS_AT_ONCE
from mailflatrate.rules.webhook_retries import GIVES_UP_AFTER, PAUSES, SLOW_AT_ONCE, SLOW_SECONDS
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url
from mailflatrate.wire.push import PushResult
from support.receiver import Receiver, receiver
from support.scope import rows, within
from support.webhooks import COMPLAINED, ERASED, STARTED, Shop


def test_events_come_signed_once_and_withdrawals_first(program: Receiver) -> None:
    shop = Shop(program)
    shop.happens(STARTED, STARTED, ERASED)
    assert shop.deliver() == 3
    assert program.types == ["contact.erased", "campaign.started", "campaign.started"]
    assert program.taken[0]["must_be_obeyed"] and not program.taken[1]["must_be_obeyed"]
    assert program.forged == 0
    assert shop.deliver() == 0
    with tenancy.account(shop.account_id):
        pace = queries.pace(shop.row)
        assert pace is not None and pace.events == 1 and pace.longest < 60
        assert queries.backlog(shop.row) == 0


def test_only_chosen_types_come(program: Receiver) -> None:
    shop = Shop(program, ERASED)
    shop.happens(STARTED, ERASED, COMPLAINED)
    assert shop.deliver() == 1
    assert program.types == ["contact.erased"]


def test_a_refused_event_waits_while_others_go_on(program: Receiver) -> None:
    shop = Shop(program)
    program.answers["campaign.started"] = 422
    shop.happens(STARTED, COMPLAINED)
    assert shop.deliver() == 1
    assert program.types == ["complaint.received"]
    assert shop.waiting() == 1
    program.answers.clear()
    assert shop.deliver() == 0, "not yet"
    assert shop.deliver(PAUSES[0] * 2) == 1
    assert program.types[-1] == "campaign.started" and shop.waiting() == 0
    assert (422, 1) in shop.attempts() and (204, 2) in shop.attempts()


def test_a_refused_event_is_given_up_within_a_day(program: Receiver) -> None:
    shop, later = Shop(program), timedelta()
    program.status = 400
    shop.happens(STARTED)
    shop.deliver()
    for pause in PAUSES:
        later += pause + timedelta(seconds=1)
        shop.deliver(later)
    assert later < timedelta(hours=24)
    assert shop.waiting() == 0
    assert rows(shop, WebhookAttempt).filter(is_last=True).count() == 1
    assert len(shop.attempts()) == 1 + len(PAUSES)


def test_an_endpoint_that_is_down_is_left_alone_and_misses_nothing(program: Receiver) -> None:
    shop = Shop(program)
    program.status = 503
    shop.happens(*[STARTED] * 300)
    assert shop.deliver() == 0
    tried = len(shop.attempts())
    assert tried <= delivering.CONNECTIONS
    assert shop.deliver() == 0 and len(shop.attempts()) == tried, "its pause lasts"
    assert shop.row.failures == 1 and shop.waiting() == 0
    program.status = 204
    assert shop.deliver(timedelta(minutes=1)) == 300
    assert len({event["id"] for event in program.taken}) == 300
    assert shop.row.failing_since is None


def test_after_five_days_it_is_switched_off_and_the_owners_are_told(program: Receiver) -> None:
    shop = Shop(program)
    program.status = 500
    shop.happens(STARTED)
    shop.deliver()
    shop.deliver(GIVES_UP_AFTER + timedelta(hours=1))
    assert shop.row.state == EndpointState.FAILING
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Notice.objects.filter(recipient=shop.anna.owner.email, subject__contains="webhook").count() == 1
    program.status = 204
    within(shop, endpoints.switch_endpoint, shop.id, is_on=True, by=shop.anna.owner)
    assert shop.deliver() == 1


def test_an_event_that_breaks_the_endpoint_does_not_hold_up_others(program: Receiver) -> None:
    shop = Shop(program)
    program.answers["campaign.started"] = 500
    shop.happens(STARTED)
    assert shop.deliver() == 0
    shop.happens(COMPLAINED)
    assert shop.deliver(timedelta(minutes=1)) == 1
    assert program.types == ["complaint.received"] and shop.waiting() == 1


def test_what_waits_outlasts_an_endpoint_that_is_down_for_days(program: Receiver) -> None:
    shop = Shop(program)
    program.answers["campaign.started"] = 422
    shop.happens(STARTED)
    shop.deliver()
    program.status, program.answers = 503, {}
    for hours in (1, 30, 60, 90):
        shop.deliver(timedelta(hours=hours))
    assert shop.waiting() == 1
    program.status = 204
    assert shop.deliver(timedelta(hours=95)) == 1
    assert shop.waiting() == 0


def test_410_ends_it(program: Receiver) -> None:
    shop = Shop(program)
    program.status = 410
    shop.happens(STARTED)
    shop.deliver()
    assert shop.row.state == EndpointState.GONE
    shop.happens(STARTED)
    shop.deliver(timedelta(days=1))
    assert len(shop.attempts()) == 1


def test_a_redirect_is_not_followed(program: Receiver) -> None:
    shop = Shop(program)
    with receiver() as other:
        program.status, program.headers = 307, {"Location": other.url}
        shop.happens(ERASED)
        assert shop.deliver() == 0
        assert other.taken == []
    assert shop.attempts() == [(307, 1)]


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
