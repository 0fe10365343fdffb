"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from support.transactional import TransactionalCustomer, transactional_customer


@pytest.fixture(scope="module")
def anna(database: str) -> TransactionalCustomer:
    return transactional_customer()
