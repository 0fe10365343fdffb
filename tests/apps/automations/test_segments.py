"""A segment that starts an automation isn't deleted."""

from typing import Any

from mailflatrate.apps.automations.actions import running
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.conditions.uses import uses_of
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer
from support.scope import within


def test_an_automation_names_itself_as_a_use(anna: Customer, wait: dict[str, Any]) -> None:
    segment = within(anna, save_segment, "Kiel", [{"field": "first_name", "op": "equals", "value": "Dora"}])
    journey = Journey.begun(anna, wait, entry={"on": "segment_entered", "segment": segment.id})
    with tenancy.account(anna.account_id):
        assert uses_of(segment.id) == ["the automation “Welcome”"]
        running.end_automation(journey.automation_id, by=anna.owner)
        assert uses_of(segment.id) == []
