"""A reviewer's decisions: by an operator, with a reason, once."""

import pytest

from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.errors import TemplateStateError, TransactionalError
from support.people import operator
from support.transactional import TransactionalCustomer


@pytest.mark.parametrize("decision", [VersionDecision.APPROVE, VersionDecision.RETURN])
def test_a_version_is_decided_once(anna: TransactionalCustomer, decision: VersionDecision) -> None:
    with pytest.raises(TemplateStateError):
        decide_version(anna.version_id, decision, reviewer=operator(), reason="Again.")


def test_only_an_operator_decides_and_says_why(anna: TransactionalCustomer) -> None:
    with pytest.raises(TransactionalError, match="reviewer"):
        decide_version(anna.version_id, VersionDecision.WITHDRAW, reviewer=anna.customer.owner, reason="Mine.")
    with pytest.raises(TransactionalError, match="reason"):
        decide_version(anna.version_id, VersionDecision.WITHDRAW, reviewer=operator(), reason=" ")
    assert anna.version().state == "approved"
