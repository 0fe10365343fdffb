"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from support.customers import Customer, sending_customer


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    return sending_customer()
