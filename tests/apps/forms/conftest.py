"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from support.forms import FormCustomer, customer_with_form


@pytest.fixture
def lindenhof(database: str) -> FormCustomer:
    return customer_with_form()
