"""Which address a request comes from, with our own proxies and with strangers who make things up."""

import pytest
from django.conf import settings
from django.test import RequestFactory

from mailflatrate.entrypoints.client import client_ip
from mailflatrate.settings.schema import SettingsError, read_settings

NONE, ONE = "", "10.0.0.1"
NETWORK = "10.0.0.0/8, fd00::/8"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        (NONE, "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger's word
        (ONE, "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # past the proxy
        (ONE, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (ONE, "10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # what the client wrote before
        (ONE, "10.0.0.1", "203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (NETWORK, "10.0.0.1", "1.2.3.4, 203.0.113.9, 10.7.7.7, fd00::7", "203.0.113.9"),
        (NETWORK, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (NETWORK, "10.0.0.1", "[2001:db8::9]:443", "2001:db8::9"),
        (NETWORK, "::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        (NETWORK, "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),  # nothing is believed past nonsense
        (NETWORK, "10.0.0.1", "", "10.0.0.1"),
        (NETWORK, "10.0.0.1", "'; DROP TABLE contact", "10.0.0.1"),
        (NONE, "", "203.0.113.9", None),
    ],
)
def test_the_client(
    monkeypatch: pytest.MonkeyPatch, proxies: str, peer: str, forwarded: str, client: str | None
) -> None:
    changed = settings.SETTINGS.model_copy(update={"trusted_proxies": proxies})
    monkeypatch.setattr(settings, "SETTINGS", changed)
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR=peer, **headers)) == client


def test_a_malformed_list_stops_the_start() -> None:
    assert read_settings({"MAILFLATRATE_TRUSTED_PROXIES": NETWORK}).trusted_proxies == NETWORK
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        read_settings({"MAILFLATRATE_TRUSTED_PROXIES": "10.0.0.0/8,proxy.example"})
