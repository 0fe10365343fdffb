"""What a batch of people has in common."""

from typing import Any

from mailflatrate.apps.automations.engine.context import run_of
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer


def test_a_run_knows_its_steps_and_where_people_begin(anna: Customer, wait: dict[str, Any]) -> None:
    journey = Journey.begun(anna, wait, {"id": "z", "do": "end"})
    with tenancy.account(anna.account_id):
        run = run_of(journey.version())
    assert (run.first.key, set(run.steps), run.home) == ("w", {"w", "z"}, "Europe/Berlin")
