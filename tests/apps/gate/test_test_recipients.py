"""Who gets test messages of an account: no one of another account, and no one who said no."""

import pytest

from mailflatrate.apps.accounts.actions.people import remove_member
from mailflatrate.apps.accounts.models import Applicant, Membership, Notice, NoticeKind, Role, User
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import TestList
from mailflatrate.apps.delivery.jobs import queue_notice
from mailflatrate.apps.delivery.models import Delivery, DeliveryRecord
from mailflatrate.apps.gate.notices import notice_decision
from mailflatrate.apps.gate.test_lists import addresses_of, save_test_list
from mailflatrate.apps.gate.test_recipients import checked_recipients, test_addresses
from mailflatrate.apps.inbound.actions.stop_requests import complain
from mailflatrate.apps.suppression.actions import address_key, suppress
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.customers import Customer, sending_customer
from support.people import person
from support.scope import rows, within

test_addresses.__test__ = False  # type: ignore[attr-defined]  # the name says what it is


def colleague(anna: Customer, name: str) -> User:
    ben = person(anna.account_id, name, Role.EDITOR)
    User.objects.filter(id=ben.id).update(last_login=clock.now())
    return ben


def may_leave(notice: Notice) -> bool:
    return bool(notice_decision(notice).allowed)


def test_users_of_other_accounts_and_people_who_left_get_no_test_that_waits() -> None:
    """Raw SQL: notices made by hand, and one that was queued before a colleague left."""
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    ben = colleague(anna, "Ben")
    User.objects.filter(id=carla.owner.id).update(last_login=clock.now())
    Applicant.objects.create(email="applicant@briefkasten-lindenhof.de", asked_at=clock.now())
    with tenancy.account(anna.account_id):
        made = [
            Notice.objects.create(kind=NoticeKind.TEST, recipient=address)
            for address in (ben.email, carla.owner.email, "applicant@briefkasten-lindenhof.de")
        ]
        assert [may_leave(notice) for notice in made] == [True, False, False]
        membership = Membership.objects.get(user=ben)
    remove_member(anna.account_id, membership.id, by=anna.owner)
    assert not within(anna, may_leave, made[0])


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_suppressed_address_gets_no_test_and_says_why(everywhere: bool) -> None:
    anna = sending_customer(people=0).signed_in()
    me, ben = anna.owner.email.lower(), colleague(anna, "Ben").email
    with tenancy.account(anna.account_id):
        row = save_test_list("Both", [me, ben], by=anna.owner)
        waiting = Notice.objects.create(kind=NoticeKind.TEST, recipient=ben)
        reason = SuppressionReason.COMPLAINT if everywhere else SuppressionReason.UNSUBSCRIBE
        suppress(address_key(ben), reason=reason, source="test", evidence={}, platform=everywhere)
        assert addresses_of([row.id]) == [me] and not may_leave(waiting)
        with pytest.raises(CampaignInputError, match="because the address is suppressed"):
            checked_recipients([ben])
    assert "because the address is suppressed" in anna.page(f"campaigns/{anna.draft().id}/edit/")


def test_a_complaint_about_a_test_stops_tests() -> None:
    anna = sending_customer(people=0)
    ben = colleague(anna, "Ben")
    notices = [rows(anna, Notice).create(kind=kind, recipient=ben.email, text_sealed="") for kind in ("team", "test")]
    for notice, left in zip(notices, ([ben.email], []), strict=True):
        queue_notice(anna.account_id, notice.id)
        with tenancy.account(anna.account_id):
            row = DeliveryRecord.objects.get(id=Delivery.objects.get(notice=notice).id)
            complain(row, source="test", platform=False, evidence={})
            assert [each for each, _name in test_addresses() if each == ben.email] == left


def test_the_lists_follow_a_changed_address() -> None:
    anna = sending_customer(people=0)
    me, ben = anna.owner.email.lower(), colleague(anna, "Ben")
    both = within(anna, save_test_list, "Both", [ben.email, me], by=anna.owner)
    ben.email = "B.Neu@briefkasten-lindenhof.de"
    ben.save()
    assert rows(anna, TestList).get(id=both.id).addresses == ["b.neu@briefkasten-lindenhof.de", me]
