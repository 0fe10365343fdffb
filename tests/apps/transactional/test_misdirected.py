"""Readers who say that it wasn't them."""

import pytest

from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.models import MisdirectedAddress
from mailflatrate.base import tenancy
from support.transactional import (
    TransactionalCustomer,
    fresh_recipient,
    transactional_customer,
)


@pytest.fixture
def anna(database: str) -> TransactionalCustomer:
    """Anna, who may send transactional email."""
    return transactional_customer()


def test_this_was_not_me_counts_once_and_for_this_account_only(anna: TransactionalCustomer) -> None:
    recipient = fresh_recipient()
    message = anna.send(recipient)
    carla = transactional_customer()
    assert report_misdirected(anna.account_id, message.id)
    assert report_misdirected(anna.account_id, message.id)
    assert not report_misdirected(carla.account_id, message.id)
    with tenancy.account(anna.account_id):
        assert MisdirectedAddress.objects.count() == 1
    assert anna.send(recipient).refused_by == "contract-misdirected"
    assert carla.send(recipient).refused_by == ""
