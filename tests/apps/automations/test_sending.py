"""The step that sends: quiet hours, a message that is held or canceled, and people who may not be mailed."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.actions.campaigns import cancel_campaign, pause_campaign, resume_campaign
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.automations import Journey
from support.customers import Customer
from support.scope import within

Step = dict[str, Any]


def test_no_message_is_planned_in_quiet_hours(anna: Customer, send: Step) -> None:
    night = (clock.now() + timedelta(days=1)).replace(hour=22)
    journey = Journey.begun(anna, send, quiet={"from": "21:00", "to": "08:00"})
    journey.arrive(*journey.contacts())
    with clock.frozen_at(night):
        journey.advance()
        assert journey.planned() == []
    with clock.frozen_at(night + timedelta(hours=10)):
        journey.advance()
    assert len(journey.planned()) == 3


def test_people_wait_for_a_message_that_is_paused_and_pass_one_that_was_canceled(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    with tenancy.account(anna.account_id):
        message = Campaign.objects.get(automation_id=journey.automation_id)
        pause_campaign(message.id)
    people = journey.contacts()
    journey.arrive(people[0])
    journey.advance()
    assert journey.at() == {people[0]: "a"}
    within(anna, resume_campaign, message.id, by=CampaignMover.MEMBER)
    journey.advance()
    assert journey.planned() == [(people[0], "a")]
    within(anna, cancel_campaign, message.id)
    journey.arrive(people[1])
    journey.advance()
    assert journey.at()[people[1]] == "finished" and len(journey.planned()) == 1


def test_who_is_suppressed_leaves_at_once(anna: Customer, wait: Step, again: Step) -> None:
    journey = Journey.begun(anna, wait, again)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    with tenancy.account(anna.account_id):
        key = bytes(Contact.objects.get(id=people[0]).address_key)
        suppression.suppress(key, reason=SuppressionReason.COMPLAINT, source="test", evidence={})
        assert journey.at()[people[0]] == "suppressed"
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        journey.advance()
    assert [number for number, _name in journey.planned()] == people[1:]
