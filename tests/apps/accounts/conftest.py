"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from mailflatrate.apps.accounts.models import User
from support.customers import Customer
from support.people import operator


@pytest.fixture
def anna(database: str) -> Customer:
    return Customer.registered("Lindenhof")


@pytest.fixture(scope="module")
def otto(database: str) -> User:
    return operator()
