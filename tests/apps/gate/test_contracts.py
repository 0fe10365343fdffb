"""What the gate knows of a transactional message, and what it stores."""

import pytest

from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.suppression.actions import address_key, suppress
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.suppression import SuppressionReason, stops_contract
from support.cast import per_module
from support.transactional import (
    TransactionalCustomer,
    fresh_recipient,
    transactional_customer,
)

anna = per_module(transactional_customer)
"""Anna, who may send transactional email; every message has a recipient of its own."""


@pytest.mark.parametrize("reason", SuppressionReason)
@pytest.mark.parametrize("everywhere", [False, True])
def test_an_unsubscribe_stops_no_invoice_but_a_complaint_does(
    anna: TransactionalCustomer, reason: SuppressionReason, everywhere: bool
) -> None:
    recipient = fresh_recipient()
    with tenancy.account(anna.account_id):
        suppress(address_key(recipient), reason=reason, source="test", evidence={}, platform=everywhere)
    message = anna.send(recipient)
    assert (message.refused_by == "contract-allowed") is stops_contract(reason, everywhere=everywhere)
    assert message.refused_by in ("", "contract-allowed")
    if message.refused_by:
        assert message.data_sealed == ""


@pytest.mark.parametrize("local", ["info", "office", "abuse", "no-reply"])
def test_role_addresses_are_refused_on_this_path_too(anna: TransactionalCustomer, local: str) -> None:
    assert anna.send(f"{local}@briefkasten-lindenhof.de").refused_by == "contract-address"


def test_every_verdict_is_stored_hits_and_misses(anna: TransactionalCustomer) -> None:
    message = anna.send()
    with tenancy.account(anna.account_id):
        decision = GateDecision.objects.get(id=anna.delivery(message).decision_id)
    assert decision.chain == "contract" and decision.allowed
    assert {finding["key"] for finding in decision.findings} >= {"contract-enabled", "contract-limit", "account-active"}
