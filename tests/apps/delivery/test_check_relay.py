"""Testing a relay's connection ends in time, whatever hangs."""

import socket
import threading
import time

import pytest

from mailflatrate.apps.delivery import transmit
from mailflatrate.apps.delivery.transmit import check_relay
from mailflatrate.wire.smtp_types import RelayConfig, RelayUnavailable


def test_hanging_name_lookup_does_not_outlast_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        answer.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(transmit, "LOOK_SECONDS", 0.2)
    began = time.monotonic()
    try:
        with pytest.raises(RelayUnavailable, match="no answer"):
            check_relay(RelayConfig(host="relay.example", port=25, helo_name="mail.example"), "postmaster@mail.example")
        assert time.monotonic() - began < 3
    finally:
        answer.set()
