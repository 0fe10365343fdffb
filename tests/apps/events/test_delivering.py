"""Deliveries to an endpoint: signed, each event at least once, withdrawals first, and what a failing one gets."""

from datetime import timedelta

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.events import delivering, queries
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.models import EndpointState, WebhookAttempt
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.webhook_retries import GIVES_UP_AFTER, PAUSES
from support.receiver import Receiver, receiver
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
    with tenancy.account(shop.account_id):
        assert WebhookAttempt.objects.filter(is_last=True).count() == 1
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
    with tenancy.account(shop.account_id):
        endpoints.switch_endpoint(shop.id, is_on=True, by=shop.anna.owner)
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
