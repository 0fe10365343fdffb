"""What a sender makes of a transactional message: only what we compiled, with the data of its own row."""

import dkim

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.send.chunk_composer import MESSAGE_FAILED
from mailflatrate.base import tenancy
from support.cast import per_test
from support.sql import beside_triggers
from support.transactional import (
    DATA,
    TransactionalCustomer,
    received,
    sent,
    transactional_customer,
)

anna = per_test(transactional_customer)
"""Anna, who may send transactional email."""


def test_data_that_was_moved_from_another_message_is_not_sent(anna: TransactionalCustomer) -> None:
    """ADR 0010: someone with the application's password copies the sealed data of one row into another."""
    message, other = anna.send(), anna.send(data={**DATA, "first_name": "Eve"})
    beside_triggers("UPDATE transactional_message SET data_sealed = %s WHERE id = %s", [other.data_sealed, message.id])
    assert received(anna, message) == []
    delivery = anna.delivery(message)
    assert (delivery.state, delivery.reason) == (DeliveryState.WITHHELD, MESSAGE_FAILED)


def test_an_edition_that_another_program_wrote_is_not_sent(anna: TransactionalCustomer) -> None:
    message = anna.send()
    beside_triggers("UPDATE template_edition SET html = 'Buy now' WHERE id = %s", [message.edition_id])
    assert received(anna, message) == []


def test_the_customers_domain_signs_it(anna: TransactionalCustomer) -> None:
    raw = sent(anna.account_id, anna.delivery(anna.send()).chunk_id)[0]
    with tenancy.account(anna.account_id):
        key = anna.version().sender.domain.keys.get()  # type: ignore[union-attr]
    assert dkim.verify(raw, dnsfunc=lambda _name, timeout=5: key.public_record.encode())
    assert b"d=service.lindenhof.example" in raw
