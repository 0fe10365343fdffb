"""A program that receives webhooks, in a network that the operator opened for them."""

from collections.abc import Iterator

import pytest

from mailflatrate.settings import load_settings
from support.receiver import Receiver, receiver


@pytest.fixture
def opened(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MAILFLATRATE_WEBHOOK_NETWORKS", "127.0.0.0/8")
    load_settings.cache_clear()
    yield
    monkeypatch.undo()
    load_settings.cache_clear()


@pytest.fixture
def program(opened: None) -> Iterator[Receiver]:
    with receiver() as found:
        yield found
