"""The operator's switch."""

import pytest

from mailflatrate.apps.transactional.actions.messages import (
    NoSuchTemplate,
    NotSwitchedOn,
)
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.actions.switch import switch_transactional
from mailflatrate.apps.transactional.models import TransactionalMessage
from support.cast import per_test
from support.people import operator
from support.scope import rows
from support.transactional import (
    transactional_customer,
)

anna = per_test(transactional_customer)
"""Anna, who may send transactional email."""


def test_the_desk_says_no_and_nothing_is_taken() -> None:
    anna = transactional_customer(is_on=False)
    with pytest.raises(NotSwitchedOn):
        anna.send()
    switch_transactional(anna.account_id, is_on=True, by=operator(), reason="Checked.")
    assert anna.send().refused_by == ""
    decide_version(anna.version_id, VersionDecision.WITHDRAW, reviewer=operator(), reason="It advertises.")
    with pytest.raises(NoSuchTemplate):
        anna.send()
    assert rows(anna, TransactionalMessage).count() == 1
