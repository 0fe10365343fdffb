"""What a customer confirmed in the test inbox is no consent any longer once mail leaves the host."""

from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.apps.delivery.test_inbox_consents import end_test_inbox_consents
from mailflatrate.base.tenancy import PlatformReason
from support.forms import customer_with_form, fresh_address
from support.scope import rows, within


def test_what_was_confirmed_there_ends_with_the_first_relay_and_later_ones_stay() -> None:
    here, early, later = customer_with_form(), fresh_address(), fresh_address()
    here.confirm(here.asked(early))
    assert end_test_inbox_consents() == 0
    assert here.state(early) == "confirmed", "nothing is sent to anyone"
    mail = here.asked(later)
    relay = rows(PlatformReason.SETUP, Relay).create(name="far-away", host="relay.example")
    try:
        here.confirm(mail)
        assert end_test_inbox_consents() == 1
        assert here.state(early) == "unsubscribed"
        assert here.events(early)[-1].evidence.details["by"] == "test_inbox"
        assert here.state(later) == "confirmed"
        assert end_test_inbox_consents() == 0
    finally:
        within(PlatformReason.SETUP, relay.delete)
