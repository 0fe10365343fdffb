"""Test lists: colleagues who get test messages together, and no way to reach anyone else."""

import pytest
from django.db import IntegrityError, connection, transaction

from mailflatrate.apps.accounts.actions.people import add_member, remove_member
from mailflatrate.apps.accounts.models import Membership, Notice, NoticeKind, Role, User
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.models import TestList
from mailflatrate.apps.domains.models import Mailbox
from mailflatrate.apps.gate import test_send
from mailflatrate.apps.gate.test_lists import MOST_ADDRESSES, addresses_of, save_test_list
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.people import followed, person
from support.scope import rows, within

anna = per_test(sending_customer, people=1)


def test_a_list_reaches_only_people_who_agreed_whenever_it_was_saved(anna: Customer) -> None:
    """A colleague who left stays on the list and gets nothing; a stranger and a shared address never get on it."""
    info, ben = "info@lindenhof.example", person(anna.account_id, "Ben", Role.EDITOR)
    User.objects.filter(id=ben.id).update(last_login=clock.now())
    box = rows(anna, Mailbox).create(email=info)
    rows(PlatformReason.PUBLIC_PAGE, Mailbox).filter(id=box.id).update(proved_at=clock.now())
    posted = {"name": "Reviewers", "addresses": [anna.owner.email, ben.email]}
    page = followed(anna.client, "/studio/test-lists/", posted)
    assert "“Reviewers” was saved" in page
    with tenancy.account(anna.account_id):
        contact = Contact.objects.values_list("email", flat=True)[0]
        for stranger in (contact, info, "carla@elsewhere.example"):
            with pytest.raises(CampaignInputError, match="can't be on a test list"):
                save_test_list("Strangers", [stranger], by=anna.owner)
        for many in ([], [f"p{n}@lindenhof.example" for n in range(MOST_ADDRESSES + 1)]):
            with pytest.raises(CampaignInputError, match="Choose one to 10"):
                save_test_list("Many", many, by=anna.owner)
        with pytest.raises(IntegrityError), transaction.atomic():
            TestList.objects.update(addresses=[f"p{n}@lindenhof.example" for n in range(MOST_ADDRESSES + 1)])
        row = TestList.objects.get()
        # Raw SQL grants nothing either: who may get a test is asked each time.
        TestList.objects.update(addresses=[*row.addresses, contact, info])
        assert addresses_of([row.id]) == [anna.owner.email.lower(), ben.email.lower()]
        with tenancy.access():
            User.objects.filter(id=ben.id).update(is_active=False)
    assert "gets no tests any longer" in anna.page("test-lists/")
    draft = anna.draft()
    followed(anna.client, f"/studio/campaigns/{draft.id}/edit/test/", {"lists": [row.id]})
    with tenancy.account(anna.account_id):
        sent = list(Notice.objects.filter(kind=NoticeKind.TEST).values_list("recipient", flat=True))
        assert sent == [anna.owner.email.lower()]
        assert [notice.recipient for notice in test_send.last_tests(draft.id)] == sent
    assert "Last tests" in anna.page(f"campaigns/{draft.id}/edit/")
    assert "has been deleted" in followed(anna.client, f"/studio/test-lists/{row.id}/delete/", {})


def test_another_customers_list_reaches_no_one(anna: Customer) -> None:
    carla, draft = sending_customer(people=0), anna.draft()
    hers = within(carla, save_test_list, "Hers", [carla.owner.email], by=carla.owner)
    assert anna.client.post(f"/studio/test-lists/{hers.id}/delete/").status_code == 404
    assert anna.client.get(f"/studio/test-lists/?list={hers.id}").status_code == 404
    page = followed(anna.client, f"/studio/campaigns/{draft.id}/edit/test/", {"lists": [hers.id]})
    assert "Choose at least one address" in page
    with tenancy.account(anna.account_id):
        assert addresses_of([hers.id]) == []
        assert not Notice.objects.filter(kind=NoticeKind.TEST).exists()


def test_the_address_of_a_colleague_who_leaves_goes_from_the_lists(anna: Customer) -> None:
    """Also with raw SQL. A confirmed mailbox stays, and lists of other customers stay as they are."""
    ben = person(anna.account_id, "Ben", Role.EDITOR)
    carla = sending_customer(people=0)
    add_member(carla.account_id, ben)
    with tenancy.access():
        User.objects.filter(id=ben.id).update(last_login=clock.now(), email=ben.email.upper())
    within(carla, save_test_list, "Hers", [ben.email], by=carla.owner)
    with tenancy.account(anna.account_id):
        both = save_test_list("Both", [anna.owner.email, ben.email], by=anna.owner)
        save_test_list("Ben", [ben.email], by=anna.owner)
        membership = Membership.objects.get(user=ben)
    remove_member(anna.account_id, membership.id, by=anna.owner)
    assert list(rows(anna, TestList).values_list("id", "addresses")) == [(both.id, [anna.owner.email.lower()])]
    with tenancy.account(carla.account_id):
        assert TestList.objects.get().addresses == [ben.email.lower()]
        hers = Mailbox.objects.create(email=ben.email.lower())
    rows(PlatformReason.PUBLIC_PAGE, Mailbox).filter(id=hers.id).update(proved_at=clock.now())
    with tenancy.account(carla.account_id):
        with tenancy.access(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM membership WHERE account_id = %s AND user_id = %s", [carla.account_id, ben.id])
        assert TestList.objects.get().addresses == [ben.email.lower()]
