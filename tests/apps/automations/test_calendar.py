"""What the calendar shows of automations."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailflatrate.apps.automations.calendar import activations, people_due
from mailflatrate.apps.automations.models import Automation, AutomationState
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer

Step = dict[str, Any]
AUCKLAND = ZoneInfo("Pacific/Auckland")


def test_people_are_counted_on_the_day_of_their_next_step_while_it_runs(anna: Customer, send: Step, wait: Step) -> None:
    journey = Journey.begun(anna, send, wait)
    journey.arrive(*journey.contacts())
    journey.advance()
    begin, end = clock.now() - timedelta(days=1), clock.now() + timedelta(days=60)
    with tenancy.account(anna.account_id):
        due = journey.enrolments()[0].due_at
        (found,) = people_due(begin, end, AUCKLAND.key)
        assert (found.automation_id, found.people) == (journey.automation_id, 3)
        assert found.day == due.astimezone(AUCKLAND).date()
        assert people_due(begin, due, "UTC") == []
        assert [row.automation_id for row in activations(begin, end)] == [journey.automation_id]
        Automation.objects.update(state=AutomationState.PAUSED)
        assert people_due(begin, end, "UTC") == []
    with tenancy.account(Customer.registered("Carla's Cafe").account_id):
        assert people_due(begin, end, "UTC") == []
        assert activations(begin, end) == []
