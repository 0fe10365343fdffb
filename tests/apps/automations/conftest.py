"""A customer who can send, and steps that many journeys have."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from support.customers import Customer, sending_customer

SEND: dict[str, Any] = {"id": "a", "do": "send", "campaign": "new"}
WAIT: dict[str, Any] = {"id": "w", "do": "wait", "for": {"days": 2}}
AGAIN: dict[str, Any] = {"id": "b", "do": "send", "campaign": "new"}


@pytest.fixture
def anna(database: str) -> Customer:
    """Anna, with three confirmed people."""
    return sending_customer()


@pytest.fixture
def send() -> dict[str, Any]:
    """A step that sends a message of its own."""
    return dict(SEND)


@pytest.fixture
def wait() -> dict[str, Any]:
    """Two days."""
    return dict(WAIT)


@pytest.fixture
def again() -> dict[str, Any]:
    """Another step that sends."""
    return dict(AGAIN)


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(database, autocommit=True) as link:
        yield link
