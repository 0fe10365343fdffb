"""Pages of a campaign's recipients: everyone once, whichever chunks hold them and however few match.

Earlier campaigns as a condition: one query decides who got one when counting, showing, planning and excluding.
"""

import pytest
from django.db.models import Count

from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.content.samples import neighbours
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.recipients import count_people, count_recipients
from mailflatrate.apps.delivery.models import Delivery, DeliveryState, Tally
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, all_recipients, recipients
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.queries import count_segment
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import Customer, sending_customer
from support.scope import rows, within

PEOPLE = 60


@pytest.fixture(scope="module")
def planned() -> tuple[Estate, int]:
    """A campaign in chunks of ten, in which every seventh bounced, a third of those hard."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 10}))
        patched.setattr(plan, "SLICE_CONTACTS", 25)
        estate = build_estate(PEOPLE)
        campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        for number, row in enumerate(Delivery.objects.filter(campaign_id=campaign_id).order_by("contact_id")):
            if number % 5:
                bounce = "" if number % 7 else "hard" if number % 3 else "soft"
                state = DeliveryState.BOUNCED if bounce else DeliveryState.SENT
                Delivery.objects.filter(id=row.id).update(state=state, bounce=bounce)
        counted = Delivery.objects.filter(campaign_id=campaign_id).exclude(state=DeliveryState.PENDING)
        for chunk, state, bounce, count in counted.values_list("chunk_id", "state", "bounce").annotate(Count("id")):
            Tally.objects.create(chunk_id=chunk, campaign_id=campaign_id, state=state, detail=bounce, count=count)
    return estate, campaign_id


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        RecipientFilter(),
        RecipientFilter(DeliveryState.SENT),
        RecipientFilter(DeliveryState.BOUNCED),
        RecipientFilter(DeliveryState.BOUNCED, "hard"),
        RecipientFilter(DeliveryState.PENDING),
        RecipientFilter(DeliveryState.WITHHELD),
        RecipientFilter(search="1"),
        RecipientFilter(DeliveryState.SENT, search="1"),
    ],
    ids=lambda wanted: f"{wanted.state or 'all'} {wanted.detail}{wanted.search}".strip(),
)
def test_pages_of_any_size_show_every_match_once(planned: tuple[Estate, int], wanted: RecipientFilter) -> None:
    estate, campaign_id = planned
    with tenancy.account(estate.account_id):
        matching = Delivery.objects.filter(campaign_id=campaign_id)
        if wanted.state:
            matching = matching.filter(state=wanted.state)
        if wanted.detail:
            matching = matching.filter(bounce=wanted.detail)
        if wanted.search:
            matching = matching.filter(contact__email__contains=wanted.search)
        expected = set(matching.values_list("id", flat=True))
        for most in (1, 7, PEOPLE + 1):
            shown: list[int] = []
            while page := recipients(campaign_id, wanted, after=shown[-1] if shown else 0, most=most):
                assert len(page) <= most
                shown += [row.id for row in page]
            assert len(shown) == len(expected) and set(shown) == expected, most
    assert [row.id for row in all_recipients(estate.account_id, campaign_id, wanted)] == shown
    assert bool(expected) == (wanted.state != DeliveryState.WITHHELD)


def test_another_customer_sees_none_of_them(planned: tuple[Estate, int]) -> None:
    with tenancy.account(build_estate(1).account_id):
        assert recipients(planned[1], RecipientFilter()) == []


anna = per_module(sending_customer, people=4)
"""Her account, with four people on the list."""


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
    assert list(rows(anna, Delivery).filter(campaign=planned).values_list("contact_id", flat=True)) == [bounced]
    assert planned.left_out == {"segment": 3}


def test_another_accounts_mailing_says_nothing(anna: Customer) -> None:
    """Carla asks about Anna's campaign: none of her contacts got it, and none of Anna's are counted."""
    first = anna.sending("Anna's alone")
    carla = Customer.registered("Nordstern").account_id
    assert within(carla, count_segment, [anna.list_id], [{"field": "mailing", "op": "got", "value": first.id}]) == 0


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
    assert list(rows(anna, Delivery).filter(campaign=planned).values_list("contact_id", flat=True)) == [others[2].id]
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
