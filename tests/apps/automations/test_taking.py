"""People whom another transaction has are passed over, so that two workers never do the same step."""

from typing import Any

import psycopg

from mailflatrate.apps.automations.engine.context import run_of
from mailflatrate.apps.automations.engine.taking import take
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer


def test_who_is_locked_is_left_for_later(anna: Customer, database: str, send: dict[str, Any]) -> None:
    journey = Journey.begun(anna, {"id": "w", "do": "wait", "for": {"minutes": 1}}, send)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    with psycopg.connect(database) as other:
        other.execute("UPDATE enrolment SET due_at = now() - interval '1 minute' WHERE state = 'active'")
        other.commit()
        other.execute("SELECT 1 FROM enrolment WHERE contact_id = %s FOR UPDATE", [people[0]])
        with tenancy.account(anna.account_id):
            run = run_of(journey.version())
            assert [person.contact_id for person in take(run, run.steps["w"], 10)] == people[1:]
