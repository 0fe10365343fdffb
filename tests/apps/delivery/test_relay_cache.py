"""The header by which a provider names message and relay in its events."""

import pytest

from mailflatrate.apps.delivery.relays.relay_cache import MOST_TAGGED_RELAY, RelaySpec
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.sending.relays import TAGGED, RelayKind
from mailflatrate.wire.smtp.types import RelayConfig, TlsMode


@pytest.mark.parametrize("kind", RelayKind)
def test_the_tag_names_delivery_and_relay_and_nothing_else(kind: RelayKind) -> None:
    config = RelayConfig("relay.example", 25, "mta.example", TlsMode.NEVER)
    path = f"b+{key_ring().seal(TokenPurpose.VERP, 7, 4711)}@bounce.example"
    line = RelaySpec(12, "one", config, 1, kind=kind).tag(path)
    assert bool(line) == (kind in TAGGED)
    assert key_ring().seal(TokenPurpose.VERP, 7, 4711).encode() not in line
    if line:
        assert key_ring().seal(TokenPurpose.RELAY_EVENT, 7, 4711, 12).encode() in line
    assert RelaySpec(MOST_TAGGED_RELAY + 1, "two", config, 1, kind=kind).tag(path) == b""
    assert RelaySpec(12, "one", config, 1, kind=kind).tag("postmaster@service.example") == b""
