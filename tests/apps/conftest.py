"""The database, accounts of Anna and Carla, and files to import."""

from collections.abc import Callable

import pytest

from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import clock, ids
from mailflatrate.mail.address import canonical_key
from support.cast import per_test
from support.customers import NUMBERS, customer_with_list

anna = per_test(customer_with_list, "Anna")
carla = per_test(customer_with_list, "Carla")
key_of = per_test(lambda: lambda email: ids.key_ring().suppression_key(canonical_key(email)))


@pytest.fixture(autouse=True)
def in_the_database(database: str) -> None:
    """What apps do, they do to rows: no test here asks for a database that it doesn't name."""


@pytest.fixture
def otto() -> User:
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
