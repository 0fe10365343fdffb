"""A new version: people finish the one before, or continue in the new one, and no one gets a step twice."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.models import AutomationVersion, VersionState
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer
from support.scope import rows, within

Step = dict[str, Any]


def begin_version(journey: Journey) -> None:
    within(journey.customer, drafts.begin_version, journey.automation_id, by=journey.customer.owner)


def test_people_who_move_get_no_step_twice(anna: Customer, send: Step, wait: Step, again: Step) -> None:
    journey = Journey.begun(anna, send, wait, again)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    begin_version(journey)
    journey.save(wait, send, again)
    journey.activate(moves_people=True)
    journey.advance()
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        journey.advance()
        journey.advance()
    assert set(journey.at().values()) == {"finished"}
    assert journey.planned() == sorted([(number, name) for number in people for name in "ab"])
    assert not rows(anna, AutomationVersion).filter(state=VersionState.FINISHING).exists()


def test_people_who_stay_finish_their_version_which_then_ends(anna: Customer, send: Step, wait: Step) -> None:
    journey = Journey.begun(anna, wait, send)
    people = journey.contacts()
    journey.arrive(people[0])
    journey.advance()
    old = journey.version()
    begin_version(journey)
    journey.activate()
    journey.arrive(people[1])
    journey.advance()
    assert {row.contact_id: row.version_id == old.id for row in journey.enrolments()} == {
        people[0]: True,
        people[1]: False,
    }
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        journey.advance()
        journey.advance()
    with tenancy.account(anna.account_id):
        assert AutomationVersion.objects.get(id=old.id).state == VersionState.OVER
        states = Campaign.objects.filter(automation_id=journey.automation_id).order_by("id")
        assert [row.automation_over for row in states] == [True, False]
        assert states[1].state == CampaignState.SENDING
