"""The cast of these tests. A module that needs another set-up has its own."""

import pytest

from support.api import Program, program_of
from support.customers import Customer, sending_customer
from support.forms import FormCustomer, customer_with_form


@pytest.fixture
def anna(database: str) -> Customer:
    return sending_customer(people=1)


@pytest.fixture(scope="module")
def carla(anna: Customer) -> Program:
    return program_of(sending_customer(people=1))


@pytest.fixture(scope="module")
def home(database: str) -> FormCustomer:
    return customer_with_form()


@pytest.fixture
def shop(anna: Customer) -> Program:
    return program_of(anna)


@pytest.fixture(scope="module")
def unchanged(database: str) -> tuple[Customer, Program]:
    anna = sending_customer(people=0)
    return (anna, program_of(anna))
