"""What an account does with its webhooks: create, rotate the secret, replay."""

from datetime import timedelta

import pytest

from mailflatrate.apps.events import delivering
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import EndpointOrder
from mailflatrate.apps.events.errors import WebhookError, WebhookExists
from mailflatrate.base import clock, tenancy
from support.receiver import Receiver
from support.scope import within
from support.webhooks import ERASED, STARTED, Shop


def test_both_secrets_sign_during_a_rotation_and_one_after_it(program: Receiver) -> None:
    shop = Shop(program)
    former = program.secret
    made = within(shop, endpoints.rotate_secret, shop.id, by=shop.anna.owner)
    for secret in (former, made.secret):
        program.secret = secret
        shop.happens(STARTED)
        assert shop.deliver() == 1
    later = endpoints.OLD_SECRET_KEPT + timedelta(hours=1)
    with clock.frozen_at(clock.now() + later), tenancy.account(shop.account_id):
        assert delivering.current_secrets(shop.row) == [made.secret]
    assert program.forged == 0


def test_a_replay_sends_the_same_events_again(program: Receiver) -> None:
    shop = Shop(program)
    since = clock.now()
    shop.happens(ERASED, STARTED)
    shop.deliver()
    with tenancy.account(shop.account_id):
        endpoints.replay(shop.id, since, by=shop.anna.owner)
        with pytest.raises(WebhookError):
            endpoints.replay(shop.id, since - timedelta(days=31), by=shop.anna.owner)
    assert shop.deliver() == 2
    ids = [event["id"] for event in program.taken]
    assert sorted(ids[:2]) == sorted(ids[2:])


def test_one_address_once_and_no_other_schemes(program: Receiver) -> None:
    shop = Shop(program)
    with tenancy.account(shop.account_id):
        for url in ("ftp://x.example/", "https://", "https://a:b@x.example/", "nonsense", "https://x.example/\n"):
            with pytest.raises(WebhookError):
                endpoints.create_endpoint(EndpointOrder(url), by=shop.anna.owner)
        with pytest.raises(WebhookExists):
            endpoints.create_endpoint(EndpointOrder(program.url), by=shop.anna.owner)
        for number in range(endpoints.MOST_ENDPOINTS - 1):
            endpoints.create_endpoint(EndpointOrder(f"https://x.example/{number}"), by=shop.anna.owner)
        with pytest.raises(WebhookError):
            endpoints.create_endpoint(EndpointOrder("https://x.example/more"), by=shop.anna.owner)
