"""A customer who can send, and steps that many journeys have."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from support.cast import per_test
from support.customers import sending_customer

SEND: dict[str, Any] = {"id": "a", "do": "send", "campaign": "new"}
WAIT: dict[str, Any] = {"id": "w", "do": "wait", "for": {"days": 2}}
AGAIN: dict[str, Any] = {"id": "b", "do": "send", "campaign": "new"}
anna = per_test(sending_customer)
"""Anna, with three confirmed people."""
send = per_test(dict, SEND)
"""A step that sends a message of its own."""
wait = per_test(dict, WAIT)
"""Two days."""
again = per_test(dict, AGAIN)
"""Another step that sends."""


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(database, autocommit=True) as link:
        yield link
