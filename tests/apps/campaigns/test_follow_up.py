"""A follow-up: once, to those who got the campaign and have not done what it asked for, through the whole release."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from mailflatrate.apps.campaigns.actions.drafts import copy_campaign
from mailflatrate.apps.campaigns.actions.follow_up import FollowUpGoal, create_follow_up
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.actions.events import ReportedEvent, record_events
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer
from support.people import browser
from support.scope import within

ORDER = FollowUpGoal(event="order.placed")


@pytest.fixture(scope="module")
def anna() -> Customer:
    """Her account, with six people on the list; an order was placed before."""
    made = sending_customer(people=6)
    with tenancy.account(made.account_id):
        record_events([ReportedEvent("order.placed", Contact.objects.order_by("id").values_list("id", flat=True)[0])])
    return made


def sent(anna: Customer, name: str, *, links: str = "[Bulbs](https://lindenhof.example/bulbs)") -> Campaign:
    """Five people got it, and the sixth person's message bounced."""
    campaign = anna.sending_of(anna.draft(name, content=f"# Hello\n\n{links}\n"))
    anna.settle(campaign, DeliveryState.SENT, 5)
    anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="soft")
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, started_at=clock.now())
    return anna.again(campaign)


def people_of(anna: Customer, campaign: Campaign) -> list[int]:
    with tenancy.account(anna.account_id):
        rows = Delivery.objects.filter(campaign=campaign, state=DeliveryState.SENT).order_by("contact_id")
        return [contact_id for contact_id in rows.values_list("contact_id", flat=True) if contact_id]


def follow_up(anna: Customer, campaign: Campaign, goal: FollowUpGoal) -> Campaign:
    return within(anna, create_follow_up, campaign.id, goal, by=anna.owner)


def planned_of(anna: Customer, campaign: Campaign) -> set[int | None]:
    with tenancy.account(anna.account_id):
        return set(Delivery.objects.filter(campaign=campaign).values_list("contact_id", flat=True))


def test_who_did_it_or_left_in_between_is_not_mailed() -> None:
    anna = sending_customer(people=6)
    with tenancy.account(anna.account_id):
        early = list(Contact.objects.order_by("id").values_list("id", flat=True))
        record_events([ReportedEvent("order.placed", early[0])])
    campaign = sent(anna, "Order now")
    got = people_of(anna, campaign)
    assert got[0] == early[0], "an order from before the campaign doesn't count"
    draft = follow_up(anna, campaign, ORDER)
    assert (draft.state, draft.policy_hash, draft.subject) == (CampaignState.DRAFT, "", campaign.subject)
    assert draft.mailing_id != campaign.mailing_id
    with tenancy.account(anna.account_id):
        assert not check_campaign(draft.id).allowed, "the policy is ticked anew"
        counted = count_recipients(draft)
        assert (counted.recipients, counted.excluded) == (5, 1)
        record_events([ReportedEvent("order.placed", got[1])])
        unsubscribe(got[2], list_id=None, by="recipient", source="test")
    out = anna.sending_of(draft)
    assert planned_of(anna, out) == {got[0], got[3], got[4]}
    assert out.left_out == {"not_sent_first": 1, "goal_reached": 1, "unsubscribed": 1}


def test_clicks_count_only_of_people_who_agreed_to_be_recorded(anna: Customer) -> None:
    links = "[Bulbs](https://lindenhof.example/bulbs) [Terms](https://lindenhof.example/terms)"
    first, second = (sent(anna, name, links=links) for name in ("Any link", "One link"))
    got = people_of(anna, first)
    with tenancy.account(anna.account_id):
        for contact_id in got[:3]:
            event = Subscription.objects.filter(contact_id=contact_id).values_list("consent_event_id", flat=True)[0]
            Contact.objects.filter(id=contact_id).update(tracking_event_id=event)
        for campaign in (first, second):
            edition = Edition.objects.get(campaign=campaign)
            for contact_id, link in ((got[0], "terms"), (got[1], "bulbs"), (got[3], "bulbs")):
                number = next(each["number"] for each in edition.links if each["url"].endswith(link))
                delivery = Delivery.objects.get(campaign=campaign, contact_id=contact_id)
                Click.objects.create(
                    campaign=campaign, edition_id=edition.id, link_number=number, delivery_id=delivery.id, machine=False
                )
    any_link = anna.sending_of(follow_up(anna, first, FollowUpGoal()))
    assert planned_of(anna, any_link) == {got[2]}
    assert any_link.left_out == {"not_sent_first": 1, "goal_unknown": 2, "goal_reached": 2}
    one_link = anna.sending_of(follow_up(anna, second, FollowUpGoal(link="https://lindenhof.example/bulbs")))
    assert planned_of(anna, one_link) == {got[0], got[2]}


def test_there_is_one_follow_up_for_a_recent_sent_campaign_and_none_for_it(anna: Customer) -> None:
    campaign = sent(anna, "Once")
    draft = follow_up(anna, campaign, ORDER)
    with pytest.raises(CampaignError, match="already has a follow-up"):
        follow_up(anna, campaign, ORDER)
    with pytest.raises(CampaignError, match="that has been sent"):
        follow_up(anna, draft, ORDER)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=draft.id).update(state=CampaignState.DRAFT)
        with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE campaign SET follow_up_of = NULL, follow_up_goal = NULL WHERE id = %s", [draft.id])
        copy = copy_campaign(draft.id, by=anna.owner)
        assert copy.follow_up_of is None
        for values in ({"follow_up_of": draft.id, "follow_up_goal": {}}, {"follow_up_of": campaign.id}):
            with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
                Campaign.objects.create(name="By hand", mailing_id="X", **values)
    other = sent(anna, "Not yet")
    with pytest.raises(CampaignInputError, match="no event of this name"):
        follow_up(anna, other, FollowUpGoal(event="never.heard"))
    with clock.frozen_at(clock.now() + timedelta(days=61)), pytest.raises(CampaignError, match="60 days old"):
        follow_up(anna, other, ORDER)


def test_the_page_offers_what_can_be_a_goal_and_a_stranger_finds_nothing(anna: Customer) -> None:
    campaign = sent(anna, "By page")
    url = f"/studio/campaigns/{campaign.id}/follow-up/"
    page = anna.client.get(url).content.decode()
    assert "https://lindenhof.example/bulbs" in page
    assert "order.placed" in page
    assert url in anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert anna.client.post(url, {"goal": "event", "event": "someone.elses"}).status_code == 422
    carla = browser(Customer.registered("Carla's Cafe").owner)
    assert (carla.get(url).status_code, carla.post(url, {"goal": "any"}).status_code) == (404, 404)
    made = anna.client.post(url, {"goal": "event", "event": "order.placed"})
    assert made.status_code == 303
    edited = anna.client.get(made.headers["Location"]).content.decode()
    assert "Follow-up to “By page”" in edited
    assert anna.client.post(url, {"goal": "any"}).status_code == 409
    draft = anna.draft("Never sent")
    assert (
        "Only a campaign that has been sent"
        in anna.client.get(f"/studio/campaigns/{draft.id}/follow-up/").content.decode()
    )
