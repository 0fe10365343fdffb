"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from support.customers import Customer, sending_customer
from support.desk import Desk, desk


@pytest.fixture
def anna(database: str) -> Customer:
    return sending_customer(people=0)


@pytest.fixture
def otto(database: str) -> Desk:
    return desk()
