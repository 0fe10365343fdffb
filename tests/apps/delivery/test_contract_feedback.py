"""Bounces of transactional messages suppress their addresses."""

import pytest

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.results.feedback import count_bounces
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import tenancy
from support.cast import per_test
from support.transactional import (
    TransactionalCustomer,
    received,
    transactional_customer,
)

anna = per_test(transactional_customer)
"""Anna, who may send transactional email."""


@pytest.mark.parametrize(("reply", "dead"), [("550 5.1.1 no such user", True), ("552 5.2.2 mailbox full", False)])
def test_a_dead_mailbox_gets_no_further_message(anna: TransactionalCustomer, reply: str, dead: bool) -> None:
    message = anna.send()
    received(anna, message, reply)
    delivery = anna.delivery(message)
    assert delivery.state == DeliveryState.BOUNCED
    count_bounces(anna.account_id, [delivery.id])
    with tenancy.account(anna.account_id):
        found = Suppression.objects.filter(address_key=message.address_key)
        assert found.exists() is dead
    assert (anna.send(message.recipient).refused_by == "contract-allowed") is dead
