"""Messages between an account and the desk: none is lost, and one person can't flood the desk."""

import pytest

from mailflatrate.apps.accounts.actions import messages
from mailflatrate.apps.accounts.actions.messages import LONGEST_MESSAGE, MOST_WAITING
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import AccountStatusChange, DeskMessage, Notice, Side, User
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import NoAccount, PlatformReason
from support.customers import Customer
from support.scope import within


def rows(anna: Customer) -> list[tuple[str, str, bool]]:
    with tenancy.account(anna.account_id):
        found = DeskMessage.objects.order_by("id")
        return [(row.side, row.text, row.handled_at is not None) for row in found]


def write(anna: Customer, text: str, about: AccountStatusChange | None = None) -> None:
    within(anna, messages.write_to_desk, text, by=anna.owner, about=about)


@pytest.mark.parametrize("text", ["", " \n", "x" * (LONGEST_MESSAGE + 1)])
def test_an_empty_or_endless_message_is_refused(anna: Customer, text: str) -> None:
    with pytest.raises(AccountError):
        write(anna, text)
    assert rows(anna) == []


def test_so_many_messages_wait_and_no_more_until_they_are_answered(anna: Customer, otto: User) -> None:
    for number in range(MOST_WAITING):
        write(anna, f" Question {number} ")
    with pytest.raises(AccountError, match="will answer them"):
        write(anna, "One more")
    messages.answer_from_desk(anna.account_id, " All is well. ", by=otto)
    assert {(side, handled) for side, _text, handled in rows(anna)} == {(Side.CUSTOMER, True), (Side.DESK, True)}
    assert rows(anna)[-1] == (Side.DESK, "All is well.", True)
    write(anna, "Thanks")
    assert rows(anna)[-1] == (Side.CUSTOMER, "Thanks", False)


def test_an_answer_is_mailed_to_the_owner_and_settles_only_this_account(anna: Customer, otto: User) -> None:
    carla = Customer.registered("Clausen")
    write(anna, "Why was I paused?")
    write(carla, "Why was I paused?")
    messages.answer_from_desk(anna.account_id, "See the case.", by=otto)
    assert rows(carla) == [(Side.CUSTOMER, "Why was I paused?", False)]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        sent = set(Notice.objects.values_list("recipient", flat=True))
        actions = AuditEntry.objects.filter(account_id=anna.account_id).values_list("action", "reason")
        assert ("message.answered", "See the case.") in set(actions)
    assert anna.owner.email in sent and carla.owner.email not in sent


def test_a_message_can_be_put_away_without_an_answer(anna: Customer, otto: User) -> None:
    write(anna, "Thanks!")
    messages.answer_from_desk(anna.account_id, "  ", by=otto)
    assert rows(anna) == [(Side.CUSTOMER, "Thanks!", True)]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert not Notice.objects.filter(recipient=anna.owner.email).exists()
        assert AuditEntry.objects.filter(account_id=anna.account_id, action="message.put_away").exists()


def test_no_one_writes_without_an_account(anna: Customer) -> None:
    with pytest.raises(NoAccount):
        messages.write_to_desk("Hello", by=anna.owner)
