"""Data go after a day, the log after its period."""

from datetime import timedelta

import pytest

from mailflatrate.apps.delivery.actions.transactional import resend_message
from mailflatrate.apps.transactional.actions.messages import (
    erase_old_messages,
)
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from support.cast import per_test
from support.scope import within
from support.sql import beside_triggers
from support.transactional import (
    TransactionalCustomer,
    transactional_customer,
)

anna = per_test(transactional_customer)
"""Anna, who may send transactional email."""


def test_it_is_resent_for_a_day_and_then_its_data_are_gone(anna: TransactionalCustomer, database: str) -> None:
    message = anna.send()
    again = within(anna, resend_message, message, by=anna.customer.owner)
    assert (again.resent_from, again.refused_by, again.reference) == (message.id, "", "A-4711")
    _age(database, message.id, timedelta(hours=25))
    while erase_old_messages():
        pass
    with tenancy.account(anna.account_id):
        old = TransactionalMessage.objects.select_related("version__template").get(id=message.id)
        assert old.is_sample and old.data_sealed, "reviewers see the first ones of a version for some days"
        with pytest.raises(TransactionalError, match="24 hours"):
            resend_message(old, by=anna.customer.owner)
    _age(database, message.id, timedelta(days=8))
    while erase_old_messages():
        pass
    with tenancy.account(anna.account_id):
        old = TransactionalMessage.objects.select_related("version__template").get(id=message.id)
        assert (old.data_sealed, old.recipient) == ("", message.recipient)
        with pytest.raises(TransactionalError, match="24 hours"):
            resend_message(old, by=anna.customer.owner)
    _age(database, message.id, timedelta(days=91))
    while erase_old_messages():
        pass
    with tenancy.account(anna.account_id):
        assert not TransactionalMessage.objects.filter(id=message.id).exists()
        assert TransactionalMessage.objects.filter(id=again.id).exists()


def _age(database: str, message_id: int, age: timedelta) -> None:
    beside_triggers("UPDATE transactional_message SET created_at = now() - %s WHERE id = %s", [age, message_id])
