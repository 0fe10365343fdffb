"""Accounts of Anna and Carla, and files to import."""

from collections.abc import Callable

import pytest

from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import clock, ids
from mailflatrate.mail.address import canonical_key
from support.customers import NUMBERS, Customer, customer_with_list


@pytest.fixture
def anna(database: str) -> Customer:
    return customer_with_list("Anna")


@pytest.fixture
def carla(database: str) -> Customer:
    return customer_with_list("Carla")


@pytest.fixture
def otto(database: str) -> User:
    return create_user(
        f"otto{next(NUMBERS)}@mailflatrate.example", name="Otto", password="correct horse", is_staff=True
    )


@pytest.fixture
def line() -> Callable[..., str]:
    """A row with full evidence, a few weeks old."""
    day = (clock.now().date()).replace(day=1).isoformat()

    def make(email: str, first: str = "Dora", **changed: str) -> str:
        cells = {
            "first": first,
            "last": "Klein",
            "signup": f"{day}T00:00:00+01:00",
            "ip": "203.0.113.9",
            "confirmed": f"{day}T00:05:00+01:00",
            "source": "https://anna.example/news",
            "city": "Kiel",
        } | changed
        return ";".join([email, *cells.values()])

    return make


@pytest.fixture
def key_of() -> Callable[[str], bytes]:
    return lambda email: ids.key_ring().suppression_key(canonical_key(email))
