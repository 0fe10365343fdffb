"""A customer reads on which days a campaign is sent, and why, before it's released and while it's sent."""

from collections.abc import Iterator

import pytest

from mailflatrate.apps.delivery.models import WarmUp
from mailflatrate.apps.delivery.relays import warm_up_limits
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer, sending_customer
from support.people import browser

OTTO = audit.machine("tests.warm_up")


@pytest.fixture
def anna(database: str) -> Iterator[Customer]:
    assert database
    with tenancy.platform(PlatformReason.RELAYS):
        relay = add_relay(RelayDraft("new", "mta.example.net"), by=OTTO)
        warm_up_limits.start(warm_up_limits.relay_key(relay.id), by=OTTO)
    yield sending_customer(people=200)
    with tenancy.platform(PlatformReason.RELAYS):
        Relay.objects.all().delete()
        WarmUp.objects.all().delete()


def read(of: Customer, address: str, language: str = "en") -> str:
    return of.client.get(address, headers={"Accept-Language": language}).content.decode()


def test_the_days_stand_beside_the_checks_and_in_the_report(anna: Customer) -> None:
    draft = anna.draft("Winter")
    page = read(anna, f"/studio/campaigns/{draft.id}/edit/")
    for text in (
        "This campaign takes 3 days",
        "sent from new IP addresses",
        "confirmed most recently",
        ">50<",
        ">100<",
    ):
        assert text in page
    sent = anna.sending_of(draft)
    page = read(anna, f"/studio/campaigns/{sent.id}/")
    assert "This campaign takes 3 days" in page
    anna.owner.language = "de"
    anna.owner.save(update_fields=["language"])
    anna.client.force_login(anna.owner)
    assert "Dieses Mailing dauert 3 Tage" in read(anna, f"/studio/campaigns/{sent.id}/", "de")


def test_nothing_is_said_where_nothing_is_held_back_and_to_a_stranger(anna: Customer) -> None:
    sent = anna.sending_of(anna.draft("Winter"))
    carla = sending_customer(people=3)
    assert "takes 3 days" not in read(carla, f"/studio/campaigns/{sent.id}/")
    small = carla.draft("Small")
    assert 'id="warm-up"' not in read(carla, f"/studio/campaigns/{small.id}/edit/")
    assert browser(carla.owner).get(f"/studio/campaigns/{sent.id}/").status_code == 404
