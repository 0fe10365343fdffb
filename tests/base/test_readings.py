"""Readings that one page or check takes once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.base import tenancy
from support.customers import customer_with_list

pytestmark = pytest.mark.usefixtures("database")


@contextmanager
def accounts_read(number: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as asked:
        yield
    assert sum('FROM "account"' in row["sql"] for row in asked) == number


def test_a_block_reads_once_and_shows_nothing_of_another_account() -> None:
    anna, carla = (customer_with_list(name).account_id for name in ("Anna", "Carla"))
    with accounts_read(2), tenancy.reading_once():
        for account_id in (anna, carla, anna, carla):
            with tenancy.account(account_id), tenancy.reading_once():
                assert current_account().id == account_id


def test_what_is_read_after_the_block_is_new() -> None:
    anna = customer_with_list("Anna").account_id
    with tenancy.account(anna), tenancy.reading_once():
        assert current_account().language == current_account().language
    people.change_settings(anna, language="fr", time_zone="Europe/Berlin")
    with tenancy.account(anna), accounts_read(2):
        assert [current_account().language for _ in range(2)] == ["fr", "fr"]


def test_what_decides_reads_anew_even_inside_a_block() -> None:
    anna = customer_with_list("Anna").account_id
    with tenancy.account(anna), accounts_read(2), tenancy.reading_once():
        first = current_account()
        with tenancy.reading_once(anew=True):
            assert current_account() is not first
        assert current_account() is first
