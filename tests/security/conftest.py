"""The cast of these tests. A module that needs another set-up has its own."""

from collections.abc import Iterator

import psycopg
import pytest

from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.desk import Desk, desk
from support.forms import FormCustomer, customer_with_form


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    return sending_customer()


@pytest.fixture
def attacker(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def home(database: str) -> FormCustomer:
    return customer_with_form()


@pytest.fixture(scope="module")
def otto(database: str) -> Desk:
    return desk()
