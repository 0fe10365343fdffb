"""The operator's switch."""

import pytest

from mailflatrate.apps.transactional.actions.messages import (
    NoSuchTemplate,
    NotSwitchedOn,
)
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.actions.switch import switch_transactional
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from support.people import operator
from support.transactional import (
    TransactionalCustomer,
    transactional_customer,
)


@pytest.fixture
def anna(database: str) -> TransactionalCustomer:
    """Anna, who may send transactional email."""
    return transactional_customer()


def test_the_desk_says_no_and_nothing_is_taken(database: str) -> None:
    anna = transactional_customer(is_on=False)
    with pytest.raises(NotSwitchedOn):
        anna.send()
    switch_transactional(anna.account_id, is_on=True, by=operator(), reason="Checked.")
    assert anna.send().refused_by == ""
    decide_version(anna.version_id, VersionDecision.WITHDRAW, reviewer=operator(), reason="It advertises.")
    with pytest.raises(NoSuchTemplate):
        anna.send()
    with tenancy.account(anna.account_id):
        assert TransactionalMessage.objects.count() == 1
