"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from estate import Estate, build_estate
from support.cast import per_module
from support.customers import sending_customer

anna = per_module(sending_customer)


@pytest.fixture(scope="module")
def estate(database: str, request: pytest.FixtureRequest) -> Estate:
    return build_estate(request.module.PEOPLE)
