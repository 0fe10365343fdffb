"""Approval by a second person: only owners switch it, never without someone who could approve, and all are told."""

import pytest

from mailflatrate.apps.accounts.actions import approval
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, FourEyesSwitch, Notice, NoticeKind, Role
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.people import person
from support.scope import rows


def is_on(anna: Customer) -> bool:
    return rows(anna, Account).get(id=anna.account_id).four_eyes


def notices_to(email: str) -> list[str]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(Notice.objects.filter(recipient=email, kind=NoticeKind.TEAM).values_list("subject", flat=True))


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_switch_it(anna: Customer, role: Role) -> None:
    ben = person(anna.account_id, "Ben", role)
    with pytest.raises(AccountError, match="Only owners"):
        approval.switch_four_eyes(anna.account_id, True, by=ben)
    assert not is_on(anna)


def test_a_stranger_switches_nothing(anna: Customer) -> None:
    carla = Customer.registered("Clausen")
    with pytest.raises(AccountError, match="Only owners"):
        approval.switch_four_eyes(anna.account_id, True, by=carla.owner)
    assert not is_on(anna)


def test_it_needs_a_second_person_who_can_approve(anna: Customer) -> None:
    person(anna.account_id, "Ben", Role.VIEWER)
    with pytest.raises(AccountError, match="No one else can approve"):
        approval.switch_four_eyes(anna.account_id, True, by=anna.owner)
    assert not is_on(anna)


def test_every_switch_is_on_record_and_everyone_else_who_writes_is_told(anna: Customer) -> None:
    ben, vera = person(anna.account_id, "Ben", Role.EDITOR), person(anna.account_id, "Vera", Role.VIEWER)
    for wanted in (True, True, False):  # the second changes nothing
        approval.switch_four_eyes(anna.account_id, wanted, by=anna.owner)
        assert is_on(anna) is wanted
    with tenancy.account(anna.account_id):
        switches = FourEyesSwitch.objects.order_by("id").values_list("wanted", "switched_by_id")
        assert list(switches) == [(True, anna.owner.id), (False, anna.owner.id)]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(account_id=anna.account_id, action="four_eyes.switched").order_by("id")
        assert [line.details["wanted"] for line in lines] == [True, False]
    assert len(notices_to(ben.email)) == 2
    assert notices_to(anna.owner.email) == notices_to(vera.email) == []
