"""Testing a relay's connection ends in time, whatever hangs."""

import contextlib
import gc
import socket
import threading
import time
import warnings

import pytest

from mailflatrate.apps.delivery import transmit
from mailflatrate.apps.delivery.transmit import check_relay
from mailflatrate.wire.smtp.types import RelayConfig, RelayUnavailable
from support.fake_relay import ANY, HANG, FakeRelay, Step, delayed


def test_hanging_name_lookup_does_not_outlast_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        answer.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(transmit, "CHECK_SECONDS", 0.2)
    began = time.monotonic()
    try:
        with pytest.raises(RelayUnavailable, match="no answer"):
            check_relay(RelayConfig(host="relay.example", port=25, helo_name="mail.example"), "postmaster@mail.example")
        assert time.monotonic() - began < 8
    finally:
        answer.set()


@pytest.mark.parametrize("reply", ["250 2.1.0 ok", "550 5.7.1 you are not allowed"])
@pytest.mark.parametrize("hangs", [False, True])
def test_no_connection_outlives_the_check(monkeypatch: pytest.MonkeyPatch, reply: str, hangs: bool) -> None:
    """Whatever the relay says to our sender, and whether it answers QUIT late or never."""
    monkeypatch.setattr(transmit, "CHECK_SECONDS", 0.5)
    with FakeRelay().run_in_thread() as relay, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        relay.on(Step.MAIL, ANY, reply)
        relay.on(Step.QUIT, ANY, delayed(0.1, HANG if hangs else None))
        config = RelayConfig(host="127.0.0.1", port=relay.port, helo_name="mail.example")
        began = time.monotonic()
        with contextlib.suppress(RelayUnavailable):
            check_relay(config, "postmaster@mail.example")
        assert time.monotonic() - began < 30
        gc.collect()
    left = [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)]
    # The connection of a thread that an earlier test started can be found by any later search for garbage.
    assert [each for each in left if "psycopg.Connection" not in each] == []
