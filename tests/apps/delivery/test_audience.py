"""Earlier campaigns as a condition: one query decides who got one when counting, showing, planning and excluding."""

import pytest

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.content.samples import neighbours
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.recipients import count_people, count_recipients
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.queries import count_segment
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Her account, with four people on the list."""
    assert database
    return sending_customer(people=4)


def test_who_got_an_earlier_mailing_is_left_out_of_the_next(anna: Customer) -> None:
    """Delivered, waiting or deferred counts as received. Bounced doesn't, so the next campaign may reach them."""
    first = anna.sending("The first")
    anna.settle(first, DeliveryState.SENT, 1)
    anna.settle(first, DeliveryState.BOUNCED, 1, bounce="soft")
    without = [{"field": "mailing", "op": "not_got", "value": first.id}]
    having = [{"field": "mailing", "op": "got", "value": first.id}]
    with tenancy.account(anna.account_id):
        assert count_segment([anna.list_id], without) == 1
        assert count_segment([anna.list_id], having) == 3
        bounced = Delivery.objects.get(campaign=first, state=DeliveryState.BOUNCED).contact_id
    second = anna.draft("The second", conditions=without)
    with tenancy.account(anna.account_id):
        shown = neighbours(second)
        assert shown is not None
        assert (shown.contact.id, shown.next_id) == (bounced, None)
    planned = anna.sending_of(second)
    with tenancy.account(anna.account_id):
        assert list(Delivery.objects.filter(campaign=planned).values_list("contact_id", flat=True)) == [bounced]
    assert planned.left_out == {"segment": 3}


def test_another_accounts_mailing_says_nothing(anna: Customer) -> None:
    """Carla asks about Anna's campaign: none of her contacts got it, and none of Anna's are counted."""
    first = anna.sending("Anna's alone")
    carla = Customer.registered("Nordstern").account_id
    with tenancy.account(carla):
        assert count_segment([anna.list_id], [{"field": "mailing", "op": "got", "value": first.id}]) == 0


def test_a_mailing_must_be_chosen(anna: Customer) -> None:
    """An empty menu is named, not ignored."""
    with tenancy.account(anna.account_id), pytest.raises(SegmentError):
        count_segment([anna.list_id], [{"field": "mailing", "op": "got", "value": ""}])


def test_lists_segments_and_earlier_recipients_are_left_out(anna: Customer) -> None:
    """Counted before, shown in the preview, not planned, and each reason on its own in the report."""
    first = anna.sending("To everybody")
    anna.settle(first, DeliveryState.BOUNCED, 3, bounce="soft")
    with tenancy.account(anna.account_id):
        got = Delivery.objects.get(campaign=first, state=DeliveryState.PENDING).contact_id
        others = list(Contact.objects.exclude(id=got).order_by("id"))
        staff = create_list("Staff", "Staff", "en")
        Subscription.objects.create(mailing_list=staff, contact=others[0], state="quarantined")
        Subscription.objects.create(mailing_list=staff, contact=others[2], state="unsubscribed")
        Contact.objects.filter(id=others[1].id).update(first_name="Zoë")
    zoe = [{"field": "first_name", "op": "equals", "value": "zoë"}]
    draft = anna.draft(
        "To the rest",
        excluded_list_ids=[staff.id],
        excluded_mailing_ids=[first.id],
        excluded_segments=[{"id": 1, "name": "Zoë", "conditions": zoe}],
    )
    with tenancy.account(anna.account_id):
        counted = count_recipients(draft)
        assert (counted.recipients, counted.excluded) == (1, 3)
        shown = neighbours(draft)
        assert shown is not None
        assert (shown.contact.id, shown.next_id) == (others[2].id, None)
        assert check_campaign(draft.id)
        assert audience_facts(draft).recipients == 1
    planned = anna.sending_of(draft)
    with tenancy.account(anna.account_id):
        assert list(Delivery.objects.filter(campaign=planned).values_list("contact_id", flat=True)) == [others[2].id]
    assert planned.left_out == {"excluded_list": 1, "excluded_segment": 1, "excluded_mailing": 1}


def test_whom_one_leaves_out_is_part_of_what_was_ticked(anna: Customer) -> None:
    """Another audience makes it another campaign: the policy must be confirmed again (R-04)."""
    draft = anna.ticked(anna.draft("Ticked"))
    with tenancy.account(anna.account_id):
        before = content_hash(draft, newest_imprint())
        changed = drafts.update_campaign(draft.id, {"excluded_list_ids": [anna.list_id]})
        assert content_hash(changed, newest_imprint()) != before == draft.policy_hash
        back = drafts.update_campaign(draft.id, {"excluded_list_ids": []})
        assert content_hash(back, newest_imprint()) == before


def test_faulty_excluded_conditions_are_refused(anna: Customer) -> None:
    faulty = Audience([anna.list_id], excluded_segments=[[{"field": "nonsense"}]])
    with tenancy.account(anna.account_id), pytest.raises(SegmentError):
        count_people(faulty, clock.now())
