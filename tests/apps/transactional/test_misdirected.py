"""Readers who say that it wasn't them."""

from pathlib import Path

from mailflatrate.apps.privacy.withdrawals.log import FolderLog
from mailflatrate.apps.privacy.withdrawals.log_lines import read_line
from mailflatrate.apps.privacy.withdrawals.log_writer import log_waiting, withdrawals_since
from mailflatrate.apps.privacy.withdrawals.replay import mark, replay
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.models import MisdirectedAddress
from mailflatrate.base import clock
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_test
from support.scope import rows
from support.transactional import (
    TransactionalCustomer,
    fresh_recipient,
    transactional_customer,
)

anna = per_test(transactional_customer)
"""Anna, who may send transactional email."""


def test_it_survives_a_restored_backup(anna: TransactionalCustomer, tmp_path: Path) -> None:
    """The log brings it back into a database that lost it; what a replica has lifted itself stays lifted."""
    before, recipient = clock.now(), fresh_recipient()
    message = anna.send(recipient)
    report_misdirected(anna.account_id, message.id)
    log_waiting(FolderLog(tmp_path))
    texts = [text for text in FolderLog(tmp_path).read(before) if read_line(text).account_id == anna.account_id]
    assert [read_line(text).kind for text in texts] == [WithdrawalKind.MISDIRECTED]
    assert recipient not in "".join(texts)
    known = {mark(line) for line in withdrawals_since(before)}
    assert not +replay(texts, before, known) and not +replay(texts, before), "the tables know it"
    rows(PlatformReason.OPERATOR_DESK, MisdirectedAddress).filter(account_id=anna.account_id).delete()
    assert not +replay(texts, before, known), "a replica lifted it itself"
    assert anna.send(recipient).refused_by == ""
    assert +replay(texts, before) == {"misdirected": 1}
    assert anna.send(recipient).refused_by == "contract-misdirected"


def test_this_was_not_me_counts_once_and_for_this_account_only(anna: TransactionalCustomer) -> None:
    recipient = fresh_recipient()
    message = anna.send(recipient)
    carla = transactional_customer()
    assert report_misdirected(anna.account_id, message.id)
    assert report_misdirected(anna.account_id, message.id)
    assert not report_misdirected(carla.account_id, message.id)
    assert rows(anna, MisdirectedAddress).count() == 1
    assert anna.send(recipient).refused_by == "contract-misdirected"
    assert carla.send(recipient).refused_by == ""
