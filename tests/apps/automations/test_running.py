"""A pause, its end, and what came meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.accounts.rights import NotPermitted
from mailflatrate.apps.automations.actions import running
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer
from support.people import person
from support.scope import within

Step = dict[str, Any]


def test_who_came_during_a_pause_enters_when_it_ends_and_late_steps_are_skipped(
    anna: Customer, wait: Step, again: Step
) -> None:
    journey = Journey.begun(anna, wait, again, late="skip")
    people = journey.contacts()
    journey.arrive(people[0])
    journey.advance()
    with tenancy.account(anna.account_id):
        running.pause_automation(journey.automation_id, by=anna.owner)
        assert Campaign.objects.get(automation_id=journey.automation_id).state == CampaignState.PAUSED
    journey.arrive(people[1])
    with clock.frozen_at(clock.now() + timedelta(days=10)):
        journey.advance()
        assert journey.at() == {people[0]: "w"}
        within(anna, running.resume_automation, journey.automation_id, by=anna.owner)
        journey.advance()
        assert journey.planned() == []
        assert journey.at() == {people[0]: "finished", people[1]: "w"}


def test_late_steps_send_or_end_as_the_author_says(anna: Customer, wait: Step, again: Step) -> None:
    sends, ends = (Journey.begun(anna, dict(wait), dict(again), late=rule) for rule in ("send", "end"))
    for journey in (sends, ends):
        journey.arrive(*journey.contacts())
    sends.advance()
    with clock.frozen_at(clock.now() + timedelta(days=10)):
        sends.advance()
    assert len(sends.planned()) == 3 and set(sends.at().values()) == {"finished"}
    assert ends.planned() == [] and set(ends.at().values()) == {"late"}


def test_the_end_stops_everyone_for_good(anna: Customer, send: Step, wait: Step) -> None:
    journey = Journey.begun(anna, send, wait)
    journey.arrive(*journey.contacts())
    journey.advance()
    with tenancy.account(anna.account_id):
        running.end_automation(journey.automation_id, by=anna.owner)
        assert Campaign.objects.get(automation_id=journey.automation_id).state == CampaignState.CANCELLED
    assert set(journey.at().values()) == {"stopped"}
    journey.arrive(*journey.contacts())
    journey.advance()
    assert set(journey.at().values()) == {"stopped"}
    with tenancy.account(anna.account_id), pytest.raises(AutomationError):
        running.resume_automation(journey.automation_id, by=anna.owner)


def test_a_viewer_changes_nothing(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    viewer = person(anna.account_id, "Vera", Role.VIEWER)
    with tenancy.account(anna.account_id):
        for act in (running.pause_automation, running.resume_automation, running.end_automation):
            with pytest.raises(NotPermitted):
                act(journey.automation_id, by=viewer)
