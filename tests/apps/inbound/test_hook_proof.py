"""Posts that are proved, by each provider's own means."""

import pytest

from mailflatrate.apps.inbound.hook_proof import PostUnproved, prove_post
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.provider_events import EVENTS, hooked_relay


@pytest.mark.parametrize("provider", EVENTS)
def test_a_post_of_the_provider_is_proved_and_the_same_post_is_known(provider: str) -> None:
    with hooked_relay(provider) as relay, tenancy.platform(PlatformReason.RELAYS):
        hook = relay.row
        body, headers = relay.signed(EVENTS[provider]("open", "ab" * 20, "dora@people.example"))
        assert prove_post(hook, headers, body).once == prove_post(hook, headers, body).once
        hook.secret_sealed = ""
        with pytest.raises(PostUnproved, match="no key"):
            prove_post(hook, headers, body)


@pytest.mark.parametrize("version", ["1", "2"])
def test_sns_signs_with_either_version(version: str) -> None:
    with hooked_relay("ses") as relay, tenancy.platform(PlatformReason.RELAYS):
        body, headers = relay.signed({"eventType": "Open"}, SignatureVersion=version)
        assert prove_post(relay.row, headers, body).confirm_url == ""
