"""A relay that several customers share: one customer's own mail server cannot end its day."""

import pytest

from mailflatrate.apps.delivery.relays import warm_up_limits
from mailflatrate.apps.delivery.relays.relay_cache import PoolKey
from mailflatrate.apps.delivery.send.allowance import Allowance, settle
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.relays import RelayPool

RELAY, DOMAIN = warm_up_limits.relay_key(7_001), warm_up_limits.domain_key(7_001)


@pytest.mark.parametrize(("provider", "stops_relay"), [("other", False), ("google", True)])
def test_deferrals_of_small_servers_count_for_the_domain_alone(database: str, provider: str, stops_relay: bool) -> None:
    with tenancy.platform(PlatformReason.RELAYS):
        for key in (RELAY, DOMAIN):
            warm_up_limits.start(key, by=audit.machine("test"))
    taken = Allowance(caps={7_001: 50}, most=50, warm_ups={RELAY: 50, DOMAIN: 50})
    settle(PoolKey(RelayPool.TRUSTED), taken, {(provider, "deferred"): 20, (provider, "sent"): 30}, {7_001: 0})
    with tenancy.platform(PlatformReason.RELAYS):
        days = warm_up_limits.warming([RELAY, DOMAIN])
    assert days[DOMAIN].is_stopped
    assert days[RELAY].is_stopped is stops_relay
    assert days[RELAY].answered == 50
